import { createHmac, randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import type { Broadcast } from '#contract/media.ts';
import { streamKeyOfSrt } from '#contract/srt.ts';
import type { Authorisation } from '../authorisation.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { SrtConnection } from './connection.ts';
import {
  CONCLUSION,
  conclusionAnswer,
  HANDSHAKE_PACKET,
  type Handshake,
  INDUCTION,
  inductionAnswer,
  parseHandshake,
  REJECT,
  rejection,
} from './handshake.ts';
import { openKeyMaterial, type StreamKeys } from './keys.ts';
import { controlPacket, destinationOf, HANDSHAKE, HEADER, parsePacket } from './packet.ts';
import type { SrtPublication } from './publication.ts';
import { WINDOW } from './receive-window.ts';

export interface SrtServerOptions {
  host: string;
  /** UDP. 0: any free one. */
  port: number;
  /** Opens stream ids. */
  secret: string;
  logger: Logger;
  clock: Clock;
  authorise(streamKey: string, remoteAddress: string): Promise<Authorisation>;
  onPublish(publication: SrtPublication, broadcast: Broadcast): void;
  /** Without a frame from a publisher, ms. */
  dataMs?: number;
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
/** Callers whose passphrase is being looked at, or about whom the app was asked. Others come back in a quarter of a second. */
const MAX_CALLING = 32;
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
  const { host, port, secret, logger, clock, authorise, onPublish, dataMs = DATA_MS } = options;
  const socket = dgram.createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  const callers = new Map<number, Caller>();
  const calling = new Set<string>();
  const cookieSecret = randomBytes(32);
  const now = () => performance.now();
  let closing = false;
  const ticking = setInterval(() => {
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
    if (bytes.length < HEADER) return;
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
    if (!asked) return;
    if (asked.type === INDUCTION) reply(from, asked, inductionAnswer(asked, cookieOf(from, clock())));
    if (asked.type !== CONCLUSION || !isOurs(asked.cookie, from)) return;
    const name = `${from.address}:${from.port}/${asked.socketId}`;
    const known = [...callers.values()].find((caller) => caller.name === name);
    if (known) {
      if (!known.connection.ended) send(from, known.answer);
      return;
    }
    if (calling.has(name) || calling.size >= MAX_CALLING) return;
    calling.add(name);
    void takeCaller(asked, from, name).finally(() => calling.delete(name));
  }

  async function takeCaller(asked: Handshake, from: dgram.RemoteInfo, name: string): Promise<void> {
    const refuse = (reason: string, code: number) => {
      logger.info({ remoteAddress: from.address, via: 'srt', reason }, 'publisher refused');
      reply(from, asked, rejection(asked, code));
    };
    const strange = strangeness(asked);
    if (strange) return refuse(strange.reason, strange.code);
    const { streamId, keyMaterial } = asked.extensions;
    const streamKey = streamKeyOfSrt(secret, streamId ?? '');
    if (streamKey === null) return refuse('unknown-key', REJECT.unauthorised);
    if (!keyMaterial) return refuse('not encrypted', REJECT.unencrypted);
    const keys = await openKeyMaterial(keyMaterial, streamKey);
    if (!keys) return refuse('wrong passphrase', REJECT.badSecret);
    if ([...callers.values()].filter(({ connection }) => !connection.ended).length >= MAX_CONNECTIONS)
      return refuse('too many connections', REJECT.overload);
    const answer = await ask(streamKey, from.address);
    if (!answer.allowed) return refuse(answer.reason, CODES[answer.reason]);
    welcome(asked, from, name, { keys, keyMaterial, passphrase: streamKey, broadcast: answer.broadcast });
  }

  async function ask(streamKey: string, remoteAddress: string) {
    try {
      return await authorise(streamKey, remoteAddress);
    } catch (error) {
      logger.error({ err: error }, 'a publisher could not be authorised');
      return { allowed: false, reason: 'unavailable' } as const;
    }
  }

  function welcome(
    asked: Handshake,
    from: dgram.RemoteInfo,
    name: string,
    given: { keys: StreamKeys; keyMaterial: Buffer; passphrase: string; broadcast: Broadcast },
  ): void {
    const { receiver, sender } = asked.extensions.latency ?? { receiver: 0, sender: 0 };
    const latency = Math.min(MOST_LATENCY, Math.max(LEAST_LATENCY, sender));
    const socketId = freeSocketId();
    const agreed = { socketId, latency, peerLatency: Math.max(LEAST_LATENCY, receiver) };
    const connection = new SrtConnection({
      ...given,
      logger,
      clock,
      dataMs,
      now,
      latency,
      remoteAddress: from.address,
      peerSocketId: asked.socketId,
      initialSequence: asked.initialSequence,
      send: (packet) => send(from, packet),
    });
    const { keyMaterial } = given;
    const response = conclusionAnswer(
      { ...asked, mtu: Math.min(MTU, asked.mtu), flowWindow: WINDOW },
      { ...agreed, keyMaterial },
    );
    const answer = controlPacket({ ...HANDSHAKE_PACKET, content: response }, 0, asked.socketId);
    callers.set(socketId, { connection, name, address: from.address, port: from.port, answer });
    connection.onEnd(() => setTimeout(() => callers.delete(socketId), LINGER_MS).unref());
    send(from, answer);
    try {
      onPublish(connection.publication, given.broadcast);
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
function strangeness({ version, extensions }: Handshake): { reason: string; code: number } | null {
  const { latency, streamMode, congestion, filter, group } = extensions;
  if (version < 5) return { reason: 'an old version', code: REJECT.version };
  if (!latency) return { reason: 'no extension', code: REJECT.rogue };
  if (streamMode) return { reason: 'not in live mode', code: REJECT.messageApi };
  if (congestion !== null && congestion !== 'live') return { reason: 'not in live mode', code: REJECT.congestion };
  if (filter) return { reason: 'a packet filter', code: REJECT.filter };
  if (group) return { reason: 'a group', code: REJECT.group };
  return null;
}
