import type http from 'node:http';
import { Server } from 'socket.io';
import type { Ack } from '#contract/errors.ts';
import { type AckData, type ClientEventName, type ClientPayload, clientEvents } from '#contract/events.ts';
import type { PresenceConfirmation, PresenceStored } from '#contract/presence.ts';
import type { LiveQuestion } from '#contract/quiz.ts';
import { isOwnOrigin } from '../accounts/origin.ts';
import { authorise, isAction, type Target } from '../accounts/policy.ts';
import type { Principal } from '../accounts/principal.ts';
import { batchesOf } from '../batches.ts';
import { AppError, isOverload } from '../errors.ts';
import { parse } from '../http.ts';
import { createSeldom } from '../seldom.ts';
import type { Services } from '../services.ts';
import type { AudienceQuestions } from './audience-questions.ts';
import { createBus, dialFor } from './bus/bus.ts';
import { createCountPacing } from './count-pacing.ts';
import { createLettingGo } from './letting-go.ts';
import { shareLongPolling } from './long-polling.ts';
import { forgetRequest, type Io, type RoomSocket } from './room-socket.ts';
import type { LiveService } from './service.ts';
import { createShownRevisions } from './shown-revisions.ts';
import { createSlices } from './slices.ts';
import * as textParser from './text-parser.ts';
import { type Ticket, verifyTicket } from './ticket.ts';
import { ANNOUNCE_MS, createViewers } from './viewers.ts';

type Answers = { [E in ClientEventName]: (socket: RoomSocket, payload: ClientPayload<E>) => Promise<AckData[E]> };

export interface GatewayNeeds {
  live: LiveService;
  questions: Pick<AudienceQuestions, 'ask'>;
  principalFromCookies(cookie: string | undefined): Promise<Principal>;
  /** Another worker has ended these. */
  hearOfEnded(loginIds: string[]): void;
  /** Those that ended while other workers were not heard go as if this one had ended them. */
  readEndedAgain(): Promise<void>;
  locateSession(sessionId: string): Promise<Target | null>;
  setPeakDevices(sessionId: string, devices: number): Promise<void>;
  /** Resolves to whether that is settled as long as neither changes. */
  adaptDelivery(sessionId: string, devices: number): Promise<boolean>;
  answerQuestion(answer: {
    sessionId: string;
    liveQuestionId: string;
    personId: string;
    unitId: string;
    connId: string;
    choice: number[];
  }): Promise<{ stored: true }>;
  confirmPresence(ticket: Ticket, confirmation: PresenceConfirmation): Promise<PresenceStored>;
  liveQuestion(liveQuestionId: string): Promise<LiveQuestion | null>;
}

export interface Gateway {
  /** Whether other workers are heard. */
  busListening(): boolean;
  /** Tells everybody to move, so many a second as others bear, at moments drawn at random. Settles when they have, or the time is over. */
  move(): Promise<void>;
  /** Tells everybody who is left to move at once, and lets go. */
  close(): Promise<void>;
}

/** How soon a socket is noticed whose other end is gone, ms: asked after each interval, and cut when it does not answer in time. */
export interface Heartbeat {
  pingInterval: number;
  pingTimeout: number;
}

const HEARTBEAT: Heartbeat = { pingInterval: 25_000, pingTimeout: 20_000 };
/** Largest message a browser sends: fifty beats. */
const MAX_MESSAGE_BYTES = 64 * 1_024;
const IDS_A_MESSAGE = 100;
/** In how long a worker's people go to others: at once, all the same, when everything ends; so many a second when it is replaced, as others bear beside their own. */
const DRAIN_WITHIN_MS = 5_000;
const MOVES_PER_SECOND = 200;

/** Sockets: rooms of learners, and of those who watch from a console. */
export function createGateway(
  services: Services,
  servers: { publicHttp: http.Server; privateHttp: http.Server },
  worker: { number: number; siblings: () => number[]; heartbeat?: Heartbeat },
  needs: GatewayNeeds,
): Gateway {
  const { clock, config, secrets, logger, signals, metrics } = services;
  const { live } = needs;
  const viewers = createViewers(clock);
  const pacing = createCountPacing(clock);
  const shown = createShownRevisions();
  const lettingGo = createLettingGo(services, viewers);
  const seldom = createSeldom(clock);
  /** The room's revision and devices for which its delivery was looked at last. */
  const adapted = new Map<string, string>();
  /** The most devices of each session that were noted by this worker. */
  const peaks = new Map<string, number>();
  const workerId = `${process.pid}.${worker.number}.${clock()}`;

  const bus = createBus(dialFor(config), services);
  const io: Io = new Server(servers.publicHttp, {
    adapter: bus.adapter,
    serveClient: false,
    parser: textParser,
    httpCompression: false,
    perMessageDeflate: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    ...(worker.heartbeat ?? HEARTBEAT),
    allowRequest: (req, done) => done(null, isOwnOrigin(req.headers, config.publicUrl)),
  });
  const sendToRoom = createSlices(io);
  shareLongPolling(io, servers.publicHttp, servers.privateHttp, worker, metrics);
  tellOfSockets();

  const answers: Answers = {
    async 'room:join'(socket, { ticket: token }) {
      const ticket = verifyTicket(secrets.ticket, token, clock());
      if (!ticket) throw new AppError('bad-ticket');
      await live.checkStillIn(ticket);
      const room = await live.rooms.snapshot(ticket.sessionId);
      await enterRoom(socket, ticket);
      shown.toOne(ticket.sessionId, room.revision);
      return { room, viewers: viewers.total(ticket.sessionId) };
    },
    async 'beat:send'(socket, { beats }) {
      const ticket = ticketOf(socket);
      const stored = await live.storeBeats(ticket, beats, socket.data.playbackGivenAt);
      if (stored.playbackToken) socket.data.playbackGivenAt = clock();
      return stored;
    },
    async 'question:ask'(socket, payload) {
      const question = await needs.questions.ask(personOf(socket), payload);
      io.to(consoleRoom(question.sessionId)).emit('question:asked', question);
      return { id: question.id };
    },
    async 'quiz:answer'(socket, { liveQuestionId, choice }) {
      const { sessionId, personId, unitId, connId } = personOf(socket);
      return needs.answerQuestion({ sessionId, liveQuestionId, personId, unitId, connId, choice });
    },
    async 'presence:confirm'(socket, confirmation) {
      return needs.confirmPresence(personOf(socket), confirmation);
    },
    async 'console:join'(socket, { sessionId }) {
      const principal = await needs.principalFromCookies(socket.data.cookie);
      const target = await needs.locateSession(sessionId);
      await authorise(principal, 'room:watch', target ?? {});
      if (!target) throw new AppError('not-found');
      await leaveConsole(socket);
      socket.data.watched = sessionId;
      await socket.join([sessionRoom(sessionId), consoleRoom(sessionId)]);
      if (principal.loginId) await socket.join(loginRoom(principal.loginId));
      const room = await live.rooms.snapshot(sessionId);
      shown.toOne(sessionId, room.revision);
      return { room, viewers: viewers.total(sessionId) };
    },
  };
  for (const [event, { action }] of Object.entries(clientEvents)) {
    if (!isAction(action)) throw new Error(`${event} names the action ${action}, which the policy table does not have`);
  }

  io.on('connection', (socket) => {
    lettingGo.opened(socket);
    socket.data.cookie = socket.handshake.headers.cookie;
    forgetRequest(socket);
    // One listener for all: one for each event would cost every socket memory, and an unknown event nothing.
    socket.onAny((event: string, payload: unknown, ack?: unknown) => hear(socket, event, payload, ack));
    socket.on('disconnect', () => leave(socket));
  });

  function hear(socket: RoomSocket, event: string, payload: unknown, ack: unknown): void {
    const reply = typeof ack === 'function' ? (ack as (answer: Ack<unknown>) => void) : () => undefined;
    const heard = lettingGo.heard(socket);
    if (heard === 'refused') reply({ ok: false, error: { code: 'rate-limited' } });
    else if (heard === 'heard' && isClientEvent(event)) void answer(socket, event, payload, reply);
  }

  /** Validates, answers and acks a request. */
  async function answer<E extends ClientEventName>(
    socket: RoomSocket,
    event: E,
    payload: unknown,
    reply: (answer: Ack<AckData[E]>) => void,
  ): Promise<void> {
    const begun = performance.now();
    const took = () => (performance.now() - begun) / 1_000;
    try {
      const data = await answers[event](socket, parse(clientEvents[event].payload, payload) as ClientPayload<E>);
      reply({ ok: true, data });
      metrics.socketRequest(event, took());
    } catch (error) {
      const shown = shownError(error, event);
      reply({ ok: false, error: shown });
      metrics.socketRequest(event, took(), shown.code);
    }
  }

  function shownError(error: unknown, event: string) {
    if (error instanceof AppError) return { code: error.code, params: error.params };
    const overloaded = isOverload(error);
    const code = overloaded ? ('busy' as const) : ('internal' as const);
    const leftOut = seldom(`${event} ${code}`);
    if (leftOut !== null) {
      const words = overloaded ? 'the database is overloaded' : 'socket request failed';
      logger[overloaded ? 'warn' : 'error']({ err: error, event, leftOut }, words);
    }
    return { code };
  }

  /** Counted as they are asked for: a counter on each socket would cost every one of them memory. */
  function tellOfSockets(): void {
    metrics.gauge('anke_viewers', 'Devices in rooms, of this worker', [], () => [[{}, viewers.here().devices]]);
    metrics.gauge('anke_rooms', 'Sessions with somebody in their room, of this worker', [], () => [
      [{}, viewers.here().rooms],
    ]);
    metrics.gauge('anke_sockets', 'Open sockets by transport', ['transport'], () => {
      const by = { websocket: 0, polling: 0 };
      for (const { conn } of io.sockets.sockets.values())
        by[conn.transport.name === 'polling' ? 'polling' : 'websocket'] += 1;
      return Object.entries(by).map(([transport, count]) => [{ transport }, count]);
    });
    metrics.gauge('anke_bus_workers_heard', 'Other workers, of all hosts, heard on the bus within 7 s', [], () => [
      [{}, viewers.others()],
    ]);
  }

  /** Counts before it waits for anything: of several joins that are sent at once each follows a whole one. */
  async function enterRoom(socket: RoomSocket, ticket: Ticket): Promise<void> {
    const { ticket: before } = socket.data;
    leave(socket);
    lettingGo.mayEnter(ticket);
    socket.data.ticket = ticket;
    if (socket.connected) {
      viewers.join(ticket);
      socket.data.counted = true;
    }
    const left = before ? roomsOf(before).map((room) => socket.leave(room)) : [];
    await Promise.all([...left, socket.join(roomsOf(ticket))]);
  }

  async function leaveConsole(socket: RoomSocket): Promise<void> {
    const { watched } = socket.data;
    if (watched) for (const room of [sessionRoom(watched), consoleRoom(watched)]) await socket.leave(room);
  }

  function leave(socket: RoomSocket): void {
    const { ticket, counted } = socket.data;
    if (!ticket || !counted) return;
    socket.data.counted = false;
    viewers.leave(ticket);
  }

  async function showRoom(sessionId: string): Promise<void> {
    live.rooms.forget(sessionId);
    if (!io.sockets.adapter.rooms.has(sessionRoom(sessionId))) return;
    const room = await live.rooms.snapshot(sessionId);
    shown.toEverybody(sessionId, room.revision);
    await sendToRoom(sessionRoom(sessionId), 'room:changed', room);
  }

  /** Rooms are read again and told where they have changed; a console is told in any case, and reads its lists again. */
  async function catchUp(): Promise<void> {
    metrics.busMissed();
    await needs.readEndedAgain();
    for (const name of [...io.sockets.adapter.rooms.keys()]) {
      const sessionId = sessionOf(name);
      if (sessionId === null) continue;
      live.rooms.forget(sessionId);
      const room = await live.rooms.snapshot(sessionId);
      if (shown.isBehind(sessionId, room.revision)) await showRoom(sessionId);
      else io.local.to(consoleRoom(sessionId)).emit('room:changed', room);
    }
  }

  /** What one was shown a moment too early, or nobody was told of, is shown now. */
  async function showIfBehind(sessionId: string): Promise<void> {
    const { revision } = await live.rooms.snapshot(sessionId);
    if (shown.isBehind(sessionId, revision)) await showRoom(sessionId);
  }

  /** Asks only when the room or its devices have changed since it was settled. */
  async function adapt(sessionId: string, devices: number): Promise<void> {
    const { revision } = await live.rooms.snapshot(sessionId);
    const seen = `${revision} ${devices}`;
    if (adapted.get(sessionId) === seen) return;
    // Also while it is asked, which may take longer than until the next time.
    adapted.set(sessionId, seen);
    let settled = false;
    try {
      settled = await needs.adaptDelivery(sessionId, devices);
    } finally {
      if (!settled) adapted.delete(sessionId);
    }
  }

  function notePeak(sessionId: string, devices: number): void {
    const before = peaks.get(sessionId) ?? 0;
    if (devices <= before) return;
    peaks.set(sessionId, devices);
    needs.setPeakDevices(sessionId, devices).catch((error: unknown) => {
      peaks.set(sessionId, before);
      logger.warn({ err: error }, 'a peak was not noted');
    });
  }

  function changed(sessionId: string): void {
    showRoom(sessionId).catch((error: unknown) =>
      logger.warn({ err: error, sessionId }, 'a room was not told of its change'),
    );
  }

  /** Who is excluded loses their logins, too. */
  function disconnect(loginIds: string[]): void {
    if (loginIds.length > 0) io.local.in(loginIds.map(loginRoom)).disconnectSockets(true);
  }

  io.on('room-changed', changed);
  io.on('viewers', (from, counts) => viewers.heard(from, counts));
  io.on('logins-revoked', (loginIds) => {
    needs.hearOfEnded(loginIds);
    disconnect(loginIds);
  });
  bus.onMissed(catchUp);
  io.sockets.adapter.on('delete-room', (room: string) => {
    const sessionId = sessionOf(room);
    if (sessionId !== null) shown.forget(sessionId);
  });

  const onChanged = (sessionId: string) => {
    changed(sessionId);
    io.serverSideEmit('room-changed', sessionId);
  };
  const onRevoked = (loginIds: string[]) => {
    disconnect(loginIds);
    for (const some of batchesOf(loginIds, IDS_A_MESSAGE)) io.serverSideEmit('logins-revoked', some);
  };
  const onAnswered = ({ liveQuestionId, sessionId }: { liveQuestionId: string; sessionId: string }) => {
    needs
      .liveQuestion(liveQuestionId)
      .then((question) => question && io.to(consoleRoom(sessionId)).emit('quiz:tally', question))
      .catch((error: unknown) => logger.warn({ err: error }, 'a tally was not shown'));
  };
  async function drain(withinMs: number): Promise<void> {
    if (io.engine.clientsCount === 0) return;
    io.local.emit('server:draining', { withinMs });
    const over = performance.now() + withinMs;
    while (io.engine.clientsCount > 0 && performance.now() < over)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }

  signals.on('room-changed', onChanged);
  signals.on('logins-revoked', onRevoked);
  signals.on('live-question-answered', onAnswered);

  const announcing = setInterval(() => {
    lettingGo.look(io.sockets.sockets.values());
    const own = viewers.own();
    io.serverSideEmit('viewers', workerId, own);
    for (const room of io.sockets.adapter.rooms.keys()) {
      const sessionId = sessionOf(room);
      if (sessionId === null) continue;
      const devices = viewers.total(sessionId);
      showIfBehind(sessionId).catch((error: unknown) =>
        logger.warn({ err: error, sessionId }, 'a room was not looked at'),
      );
      adapt(sessionId, devices).catch((error: unknown) =>
        logger.warn({ err: error, sessionId }, 'delivery was not adapted'),
      );
      const { isNew, toEverybody } = pacing.next(sessionId, devices, io.sockets.adapter.rooms.get(room)?.size ?? 0);
      if (toEverybody) void sendToRoom(room, 'room:viewers', { sessionId, devices });
      else if (isNew) io.local.to(consoleRoom(sessionId)).emit('room:viewers', { sessionId, devices });
      notePeak(sessionId, viewers.surely(sessionId));
    }
  }, ANNOUNCE_MS);
  announcing.unref();

  return {
    busListening: bus.listening,
    move: () => drain(Math.max(DRAIN_WITHIN_MS, (io.engine.clientsCount / MOVES_PER_SECOND) * 1_000)),
    async close() {
      clearInterval(announcing);
      signals.off('room-changed', onChanged);
      signals.off('logins-revoked', onRevoked);
      signals.off('live-question-answered', onAnswered);
      await drain(DRAIN_WITHIN_MS);
      await io.close();
      io.serverSideEmit('viewers', workerId, {});
      await bus.close();
    },
  };
}

const ROOM = 'session:';
const sessionRoom = (sessionId: string) => `${ROOM}${sessionId}`;
const consoleRoom = (sessionId: string) => `console:${sessionId}`;
const loginRoom = (loginId: string) => `login:${loginId}`;

const roomsOf = ({ sessionId, loginId }: Ticket) => [sessionRoom(sessionId), loginRoom(loginId)];

function sessionOf(room: string): string | null {
  return room.startsWith(ROOM) ? room.slice(ROOM.length) : null;
}

function isClientEvent(event: string): event is ClientEventName {
  return Object.hasOwn(clientEvents, event);
}

/** A shared screen asks and answers nothing: nobody knows who of the room it would be. */
function personOf(socket: RoomSocket): Ticket {
  const ticket = ticketOf(socket);
  if (ticket.isScreen) throw new AppError('forbidden');
  return ticket;
}

function ticketOf(socket: RoomSocket): Ticket {
  const { ticket } = socket.data;
  if (!ticket) throw new AppError('not-joined');
  return ticket;
}
