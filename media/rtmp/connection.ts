import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AuthoriseResponse, Broadcast } from '#contract/media.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { type Amf, decodeAmf, encodeAmf, skipAmf } from './amf0.ts';
import { ChunkReader, type Message, SET_CHUNK_SIZE, writeChunks } from './chunks.ts';
import { AUDIO, audioKind, VIDEO, videoCodecName, videoKind } from './flv.ts';
import { Publication } from './publication.ts';

export type Authorisation = AuthoriseResponse | { allowed: false; reason: 'already-publishing' };

export interface ConnectionOptions {
  logger: Logger;
  clock: Clock;
  authorise(streamKey: string, remoteAddress: string): Promise<Authorisation>;
  onPublish(publication: Publication, broadcast: Broadcast): void;
  /** Somebody who was let in had already left. */
  onAbandoned(broadcast: Broadcast): void;
  /** From the first byte to `publish`, ms. */
  handshakeTimeoutMs: number;
  /** Without a byte from a publisher, ms. */
  idleTimeoutMs: number;
}

const ACKNOWLEDGEMENT = 3;
const USER_CONTROL = 4;
const WINDOW_SIZE = 5;
const PEER_BANDWIDTH = 6;
const DATA_AMF3 = 15;
const COMMAND_AMF3 = 17;
const DATA = 18;
const COMMAND = 20;

const PING_REQUEST = 6;
const PING_RESPONSE = 7;

const VERSION = 3;
const HANDSHAKE_BYTES = 1536;
const OUT_CHUNK_SIZE = 4096;
const WINDOW = 2_500_000;
const STREAM_ID = 1;
const CONTROL_CHUNKS = 2;
const COMMAND_CHUNKS = 3;

/** Why a publisher is turned away, in words for the person at the encoder. */
const REFUSALS: Record<string, string> = {
  'unknown-key': 'Wrong stream key',
  'session-ended': 'The session has ended',
  'session-archived': 'The session is archived',
  'already-publishing': 'Somebody is publishing to this session already',
};

/**
 * One RTMP connection, for publishing alone (Adobe RTMP 1.0). Whatever is wrong with it ends it and nothing else.
 * Returns a function that ends it.
 */
export function serveConnection(socket: Socket, options: ConnectionOptions): (reason: string) => void {
  const { logger, clock } = options;
  const remoteAddress = socket.remoteAddress ?? '';
  const reader = new ChunkReader();
  let state: 'hello' | 'echo' | 'open' = 'hello';
  let hello = Buffer.alloc(0);
  let publication: Publication | null = null;
  let publishing: 'no' | 'asking' | 'yes' = 'no';
  let received = 0;
  let acknowledged = 0;
  let closed = false;

  const deadline = setTimeout(() => end('did not publish in time'), options.handshakeTimeoutMs);
  socket.setNoDelay(true);
  socket.setTimeout(options.idleTimeoutMs, () => end('idle'));
  socket.on('error', () => end('connection lost'));
  socket.on('end', () => end('connection closed by the publisher'));
  socket.on('close', () => end('connection closed'));
  socket.on('data', (bytes: Buffer) => {
    try {
      receive(bytes);
    } catch (error) {
      logger.info({ remoteAddress, reason: String(error) }, 'RTMP connection refused: not what a publisher sends');
      end('protocol error');
    }
  });

  function receive(bytes: Buffer): void {
    received += bytes.length;
    if (received - acknowledged >= WINDOW / 2) {
      acknowledged = received;
      control(ACKNOWLEDGEMENT, uint32(received >>> 0));
    }
    if (state === 'open') {
      for (const message of reader.push(bytes)) take(message);
      return;
    }
    hello = Buffer.concat([hello, bytes]);
    if (state === 'hello') {
      if (hello.length > 0 && hello[0] !== VERSION) throw new Error('not RTMP');
      if (hello.length < 1 + HANDSHAKE_BYTES) return;
      const theirs = hello.subarray(1, 1 + HANDSHAKE_BYTES);
      const ours = Buffer.concat([Buffer.alloc(8), randomBytes(HANDSHAKE_BYTES - 8)]);
      socket.write(Buffer.concat([Buffer.of(VERSION), ours, theirs]));
      hello = hello.subarray(1 + HANDSHAKE_BYTES);
      state = 'echo';
    }
    if (hello.length < HANDSHAKE_BYTES) return;
    const rest = hello.subarray(HANDSHAKE_BYTES);
    hello = Buffer.alloc(0);
    state = 'open';
    if (rest.length > 0) for (const message of reader.push(Buffer.from(rest))) take(message);
  }

  function take(message: Message): void {
    if (closed) return;
    switch (message.type) {
      case VIDEO:
        takeVideo(message);
        break;
      case AUDIO:
        takeAudio(message);
        break;
      case COMMAND:
        command(message.payload);
        break;
      case COMMAND_AMF3:
        command(message.payload.subarray(1));
        break;
      case DATA:
        takeData(message.payload);
        break;
      case DATA_AMF3:
        takeData(message.payload.subarray(1));
        break;
      case USER_CONTROL:
        if (message.payload.length >= 6 && message.payload.readUInt16BE() === PING_REQUEST) {
          control(USER_CONTROL, Buffer.concat([Buffer.of(0, PING_RESPONSE), message.payload.subarray(2, 6)]));
        }
    }
  }

  function command(payload: Buffer): void {
    const [name, transaction, ...rest] = decodeAmf(payload);
    switch (name) {
      case 'connect':
        control(WINDOW_SIZE, uint32(WINDOW));
        control(PEER_BANDWIDTH, Buffer.concat([uint32(WINDOW), Buffer.of(2)]));
        control(SET_CHUNK_SIZE, uint32(OUT_CHUNK_SIZE));
        reply(0, [
          '_result',
          transaction,
          { fmsVer: 'FMS/3,0,1,123', capabilities: 31 },
          status('NetConnection.Connect.Success', 'Connected'),
        ]);
        return;
      case 'createStream':
        reply(0, ['_result', transaction, null, STREAM_ID]);
        return;
      case 'releaseStream':
      case 'FCPublish':
        reply(0, ['_result', transaction, null, undefined]);
        return;
      case 'publish':
        void publish(typeof rest[1] === 'string' ? rest[1] : '');
        return;
      case 'FCUnpublish':
      case 'deleteStream':
      case 'closeStream':
        end('the publisher stopped');
        return;
      case 'play':
        reply(STREAM_ID, ['onStatus', 0, null, status('NetStream.Play.Failed', 'Publishing only', 'error')]);
        end('asked to play');
    }
  }

  async function publish(name: string): Promise<void> {
    if (publishing !== 'no') return;
    publishing = 'asking';
    clearTimeout(deadline);
    // Nothing is read while the app is asked, so that a refused publisher can't fill our memory.
    socket.pause();
    const streamKey = name.split('?', 1)[0] ?? '';
    const answer = await options.authorise(streamKey, remoteAddress).catch((error: unknown) => {
      logger.error({ err: error }, 'a publisher could not be authorised');
      return null;
    });
    if (closed) {
      if (answer?.allowed) options.onAbandoned(answer.broadcast);
      return;
    }
    if (!answer?.allowed) {
      const reason = answer?.reason ?? 'unavailable';
      logger.info({ remoteAddress, reason }, 'publisher refused');
      refuse(REFUSALS[reason] ?? 'The server can’t take a publisher now');
      return;
    }
    publishing = 'yes';
    publication = new Publication({
      remoteAddress,
      clock,
      disconnect: end,
      setPaused: (paused) => (paused ? socket.pause() : socket.resume()),
    });
    reply(STREAM_ID, ['onStatus', 0, null, status('NetStream.Publish.Start', 'Publishing')]);
    options.onPublish(publication, answer.broadcast);
    if (!closed) socket.resume();
  }

  function takeVideo({ timestamp, payload }: Message): void {
    if (!publication) return;
    if (videoKind(payload) === 'unsupported') {
      const codec = videoCodecName(payload);
      logger.info({ remoteAddress, codec }, 'publisher refused: the video must be H.264');
      refuse(`Video must be H.264, not ${codec}`);
      return;
    }
    publication.takeVideo(timestamp, payload);
  }

  function takeAudio({ timestamp, payload }: Message): void {
    if (!publication) return;
    if (audioKind(payload) === 'unsupported') {
      logger.info({ remoteAddress }, 'publisher refused: the sound must be AAC');
      refuse('Audio must be AAC');
      return;
    }
    publication.takeAudio(timestamp, payload);
  }

  function takeData(payload: Buffer): void {
    const [first] = decodeAmf(payload);
    const body = first === '@setDataFrame' ? payload.subarray(skipAmf(payload, 0)) : payload;
    const [name, values] = decodeAmf(body);
    if (name === 'onMetaData' && values !== null && typeof values === 'object' && !Array.isArray(values)) {
      publication?.takeMetadata(body, values);
    }
  }

  function refuse(words: string): void {
    reply(STREAM_ID, ['onStatus', 0, null, status('NetStream.Publish.BadName', words, 'error')]);
    end(words);
  }

  function control(type: number, payload: Buffer): void {
    send(CONTROL_CHUNKS, { type, streamId: 0, timestamp: 0, payload }, OUT_CHUNK_SIZE);
  }

  function reply(streamId: number, values: Amf[]): void {
    send(COMMAND_CHUNKS, { type: COMMAND, streamId, timestamp: 0, payload: encodeAmf(values) }, OUT_CHUNK_SIZE);
  }

  function send(chunkStreamId: number, message: Message, chunkSize: number): void {
    if (socket.writable) socket.write(writeChunks(chunkStreamId, message, chunkSize));
  }

  function end(reason: string): void {
    if (closed) return;
    closed = true;
    clearTimeout(deadline);
    socket.setTimeout(0);
    // What was written last, a refusal perhaps, still goes out; a peer that does not read it is cut.
    socket.end();
    socket.resume();
    setTimeout(() => socket.destroy(), 1_000).unref();
    publication?.finish(reason);
  }

  return end;
}

function status(code: string, description: string, level: 'status' | 'error' = 'status'): Amf {
  return { level, code, description };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
