import { createHmac, randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import type { Broadcast } from '#contract/media.ts';
import { srtStreamId, streamKeyOfSrt } from '#contract/srt.ts';
import type { Authorisation } from '../authorisation.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { SrtConnection } from './connection.ts';
import {
  CONCLUSION,
  conclusionAnswer,
  fingerprint,
  HANDSHAKE_PACKET,
  type Handshake,
  INDUCTION,
  inductionAnswer,
  parseHandshake,
  REJECT,
  rejection,
} from './handshake.ts';
import { openKeyMaterial, type StreamKeys } from './keys.ts';
import { controlPacket, destinationOf, HANDSHAKE, HEADER, MAX_PAYLOAD, parsePacket } from './packet.ts';
import type { SrtPublication } from './publication.ts';
import { WINDOW } from './receive-window.ts';
import { type Refusal, Refusals } from './refusals.ts';
import { Salts } from './salts.ts';
import { type Waiting, WaitingRoom } from './waiting-room.ts';

export interface SrtServerOptions {
  host: string;
  /** UDP. 0: any free one. */
  port: number;
  /** Opens stream ids. */
  secret: string;
  /** Keeps what callers used, so that it serves nobody else. */
  dataDir: string;
  logger: Logger;
  clock: Clock;
  authorise(streamKey: string, remoteAddress: string): Promise<Authorisation>;
  onPublish(publication: SrtPublication, broadcast: Broadcast): void;
  /** Somebody who was allowed in is not there any more. */
  onAbandoned(broadcast: Broadcast): void;
  /** Without a frame from a publisher, ms. */
  dataMs?: number;
  /** Until a publisher is cut off whose codec is not taken, ms. */
  unsupportedMs?: number;
}

export interface SrtServer {
  /** The port. @throws when it is taken. */
  listen(): Promise<number>;
  /** Disconnects every publisher. */
  close(): Promise<void>;
  readonly connections: number;
}

const TICK_MS = 10;
const DATA_MS = 20_000;
/** A district has a handful of classes at a time. */
const MAX_CONNECTIONS = 64;
/** Handshakes of each kind that are looked at in one tick: a flood of them leaves time for those who are in. */
const MAX_HANDSHAKES = 50;
/** Until then whoever still sends is told that it is over. */
const LINGER_MS = 3_000;
/** A cookie is good for this long, or a little longer. */
const COOKIE_MS = 60_000;
/** At least, for a caller on the same desk; at most, lest one makes us keep what comes behind a hole for ever. */
const LEAST_LATENCY = 120;
const MOST_LATENCY = 8_000;
const MTU = 1_500;
/** Asked of the system, which has its own limit: so much comes while we are busy for a moment. */
const SOCKET_BUFFER = 4 * 1024 * 1024;

/** What a caller shows to be let in. */
interface Credentials {
  streamKey: string;
  streamId: string;
  keyMaterial: Buffer;
}

/** A caller that has not been answered yet. */
interface Calling extends Credentials {
  asked: Handshake;
  from: dgram.RemoteInfo;
  name: string;
  waiting: Waiting;
}

interface Caller {
  connection: SrtConnection;
  /** `address:port/socket`, as the caller has it. */
  name: string;
  address: string;
  port: number;
  /** What it was answered, for when that did not arrive. */
  answer: Buffer;
}

/**
 * Takes SRT publishers (draft-sharabayko-srt-01), any number on one UDP port: live mode, encrypted, the session named by the
 * stream id. What is no part of that is turned away in the handshake. Nothing is kept of whoever has not shown by a
 * cookie that its address is its own.
 */
export function createSrtServer(options: SrtServerOptions): SrtServer {
  const { host, port, secret, logger, clock, authorise, onPublish, onAbandoned } = options;
  const socket = dgram.createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  const callers = new Map<number, Caller>();
  const cookieSecret = randomBytes(32);
  const now = () => performance.now();
  const waitingRoom = new WaitingRoom(now);
  const refusals = new Refusals(logger, now);
  const salts = new Salts(options.dataDir, logger);
  const handshakes = { [INDUCTION]: 0, [CONCLUSION]: 0 };
  let closing = false;
  const ticking = setInterval(() => {
    handshakes[INDUCTION] = 0;
    handshakes[CONCLUSION] = 0;
    for (const { connection } of callers.values()) connection.tick();
  }, TICK_MS);

  socket.on('message', (bytes, from) => {
    try {
      take(bytes, from);
    } catch (error) {
      logger.error({ err: error, remoteAddress: from.address }, 'an SRT packet could not be taken');
    }
  });

  function take(bytes: Buffer, from: dgram.RemoteInfo): void {
    // Nothing can be sent to port 0, and nobody can send from it.
    if (bytes.length < HEADER || bytes.length > HEADER + MAX_PAYLOAD || from.port === 0) return;
    const destination = destinationOf(bytes);
    if (destination === 0) {
      takeHandshake(bytes, from);
      return;
    }
    const caller = callers.get(destination);
    if (!caller || caller.address !== from.address || caller.port !== from.port) return;
    if (caller.connection.ended) caller.connection.sayGoodbye();
    else caller.connection.receive(bytes);
  }

  function takeHandshake(bytes: Buffer, from: dgram.RemoteInfo): void {
    const packet = parsePacket(bytes);
    if (packet?.kind !== 'control' || packet.type !== HANDSHAKE || closing) return;
    const asked = parseHandshake(Buffer.from(packet.content));
    if (!asked || (asked.type !== INDUCTION && asked.type !== CONCLUSION)) return;
    handshakes[asked.type] += 1;
    if (handshakes[asked.type] > MAX_HANDSHAKES) return;
    if (asked.type === INDUCTION) reply(from, asked, inductionAnswer(asked, cookieOf(from, clock())));
    else if (isOurs(asked.cookie, from)) takeConclusion(asked, fingerprint(packet.content), from);
  }

  function takeConclusion(asked: Handshake, handshake: string, from: dgram.RemoteInfo): void {
    const name = `${from.address}:${from.port}/${asked.socketId}`;
    const known = [...callers.values()].find((caller) => caller.name === name);
    if (known) {
      if (!known.connection.ended) send(from, known.answer);
      return;
    }
    // First of all: what somebody else says after it counts against a caller no more.
    if (waitingRoom.hear(name)) return;
    const before = refusals.of(from.address, handshake);
    if (before) {
      reply(from, asked, rejection(asked, before.code));
      return;
    }
    const refuse = (refusal: Refusal) => {
      refusals.add(from.address, handshake, refusal);
      reply(from, asked, rejection(asked, refusal.code));
    };
    const credentials = credentialsOf(asked);
    if ('code' in credentials) {
      refuse(credentials);
      return;
    }
    const waiting = waitingRoom.enter(name, from.address);
    if (!waiting) return;
    void takeCaller({ asked, from, name, waiting, ...credentials }, refuse)
      .catch((error: unknown) => logger.error({ err: error }, 'an SRT caller could not be taken'))
      .finally(() => waitingRoom.leave(name, waiting));
  }

  /** What can be said without deriving a key or asking anybody. */
  function credentialsOf(asked: Handshake): Refusal | Credentials {
    const strange = strangeness(asked);
    if (strange) return strange;
    const { streamId, keyMaterial } = asked.extensions;
    const streamKey = streamKeyOfSrt(secret, streamId ?? '');
    if (streamKey === null || refusals.isUnknown(streamKey)) return UNKNOWN_KEY;
    if (!keyMaterial) return { reason: 'not encrypted', code: REJECT.unencrypted };
    return { streamKey, streamId: srtStreamId(secret, streamKey), keyMaterial };
  }

  async function takeCaller(caller: Calling, refuse: (refusal: Refusal) => void): Promise<void> {
    const { from, name, waiting, streamKey, streamId, keyMaterial } = caller;
    const keys = await openKeyMaterial(keyMaterial, streamKey);
    if (!keys) return refuse({ reason: 'wrong passphrase', code: REJECT.badSecret });
    if (!salts.use(streamId, keys.salt, name)) return refuse({ reason: 'used before', code: REJECT.unauthorised });
    if ([...callers.values()].filter(({ connection }) => !connection.ended).length >= MAX_CONNECTIONS)
      return refuse({ reason: 'too many connections', code: REJECT.overload });
    const answer = await ask(streamKey, from.address);
    if (!answer.allowed) {
      if (answer.reason === 'unknown-key') refusals.addUnknown(streamKey);
      return refuse({ reason: answer.reason, code: CODES[answer.reason] });
    }
    if (waitingRoom.isGone(waiting)) return onAbandoned(answer.broadcast);
    salts.spend(streamId, keys.salt);
    welcome(caller, keys, answer.broadcast);
  }

  async function ask(streamKey: string, remoteAddress: string) {
    try {
      return await authorise(streamKey, remoteAddress);
    } catch (error) {
      logger.error({ err: error }, 'a publisher could not be authorised');
      return { allowed: false, reason: 'unavailable' } as const;
    }
  }

  function welcome(caller: Calling, keys: StreamKeys, broadcast: Broadcast): void {
    const { asked, from, name, streamKey, streamId, keyMaterial } = caller;
    const { receiver, sender } = asked.extensions.latency ?? { receiver: 0, sender: 0 };
    const latency = Math.min(MOST_LATENCY, Math.max(LEAST_LATENCY, sender));
    const socketId = freeSocketId();
    const agreed = { socketId, latency, peerLatency: Math.max(LEAST_LATENCY, receiver) };
    const connection = new SrtConnection({
      keys,
      keyMaterial,
      passphrase: streamKey,
      takeSalt: (salt) => salts.use(streamId, salt, null),
      logger,
      clock,
      dataMs: options.dataMs ?? DATA_MS,
      unsupportedMs: options.unsupportedMs,
      now,
      latency,
      remoteAddress: from.address,
      peerSocketId: asked.socketId,
      initialSequence: asked.initialSequence,
      send: (packet) => send(from, packet),
    });
    const response = conclusionAnswer(
      { ...asked, mtu: Math.min(MTU, asked.mtu), flowWindow: WINDOW },
      { ...agreed, keyMaterial },
    );
    const answer = controlPacket({ ...HANDSHAKE_PACKET, content: response }, 0, asked.socketId);
    callers.set(socketId, { connection, name, address: from.address, port: from.port, answer });
    connection.onEnd(() => setTimeout(() => callers.delete(socketId), LINGER_MS).unref());
    send(from, answer);
    try {
      onPublish(connection.publication, broadcast);
    } catch (error) {
      logger.error({ err: error }, 'a publisher could not be taken in');
      connection.end('the server failed');
    }
    if (closing) connection.end('the server is closing');
  }

  function freeSocketId(): number {
    for (;;) {
      const id = randomInt(1, 0x3fffffff);
      if (!callers.has(id)) return id;
    }
  }

  function isOurs(cookie: number, from: dgram.RemoteInfo): boolean {
    return cookie === cookieOf(from, clock()) || cookie === cookieOf(from, clock() - COOKIE_MS);
  }

  function cookieOf({ address, port }: dgram.RemoteInfo, at: number): number {
    const text = `${address}:${port} ${Math.floor(at / COOKIE_MS)}`;
    return createHmac('sha256', cookieSecret).update(text).digest().readUInt32BE(0);
  }

  function reply(to: dgram.RemoteInfo, asked: Handshake, content: Buffer): void {
    send(to, controlPacket({ ...HANDSHAKE_PACKET, content }, 0, asked.socketId));
  }

  function send({ address, port }: dgram.RemoteInfo, packet: Buffer): void {
    // What does not leave is asked for again.
    if (!closed) socket.send(packet, port, address, () => undefined);
  }

  let closed = false;
  return {
    get connections() {
      return [...callers.values()].filter(({ connection }) => !connection.ended).length;
    },
    async listen() {
      socket.bind(port, host);
      await once(socket, 'listening');
      socket.on('error', (error) => logger.error({ err: error }, 'SRT server'));
      try {
        socket.setRecvBufferSize(SOCKET_BUFFER);
      } catch (error) {
        logger.warn({ err: error }, 'SRT has the usual small buffer');
      }
      return socket.address().port;
    },
    async close() {
      closing = true;
      for (const { connection } of callers.values()) connection.end('the server is closing');
      clearInterval(ticking);
      // Behind the last goodbye.
      await new Promise<void>((resolve) => setImmediate(resolve));
      closed = true;
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
    },
  };
}

const UNKNOWN_KEY: Refusal = { reason: 'unknown-key', code: REJECT.unauthorised };

/** What a caller hears, as a number, for the app's answers. */
const CODES = {
  'unknown-key': REJECT.unauthorised,
  'bad-ticket': REJECT.unauthorised,
  'session-ended': REJECT.forbidden,
  'session-archived': REJECT.forbidden,
  'outside-stream': REJECT.forbidden,
  'too-many-publishers': REJECT.overload,
  unavailable: REJECT.failed,
} as const;

/** What of a handshake is none of ours, if anything is. */
function strangeness({ version, extensions }: Handshake): Refusal | null {
  const { latency, streamMode, congestion, filter, group } = extensions;
  if (version < 5) return { reason: 'an old version', code: REJECT.version };
  if (!latency) return { reason: 'no extension', code: REJECT.rogue };
  if (streamMode) return { reason: 'not in live mode', code: REJECT.messageApi };
  if (congestion !== null && congestion !== 'live') return { reason: 'not in live mode', code: REJECT.congestion };
  if (filter) return { reason: 'a packet filter', code: REJECT.filter };
  if (group) return { reason: 'a group', code: REJECT.group };
  return null;
}
