import type { Socket } from 'node:net';
import type { Broadcast } from '#contract/media.ts';
import type { Authorisation } from '../authorisation.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { type Amf, AmfError, decodeAmf, encodeAmf } from './amf0.ts';
import { ChunkReader, COMMAND_LIMIT, MEDIA_LIMIT, type Message, SET_CHUNK_SIZE, writeChunks } from './chunks.ts';
import { AUDIO, audioKind, VIDEO, videoCodecName, videoKind } from './flv.ts';
import { Handshake } from './handshake.ts';
import { RtmpPublication } from './publication.ts';
import { PLAY_REFUSED, type Refusal, refusalOf, unsupported } from './refusals.ts';

export interface Timeouts {
  /** From the connection to the end of the handshake, ms. */
  handshakeMs: number;
  /** From there to leave to publish, ms. */
  publishMs: number;
  /** Without picture or sound from a publisher that is read from, ms. */
  dataMs: number;
}

export interface ConnectionOptions {
  logger: Logger;
  clock: Clock;
  timeouts: Timeouts;
  authorise(streamKey: string, remoteAddress: string): Promise<Authorisation>;
  onPublish(publication: RtmpPublication, broadcast: Broadcast): void;
  /** Somebody who was let in had already left. */
  onAbandoned(broadcast: Broadcast): void;
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

const OUT_CHUNK_SIZE = 4096;
const WINDOW = 2_500_000;
/** A smaller window, as a peer may ask for, would cost an acknowledgement a packet. */
const LEAST_WINDOW = 64 * 1024;
const STREAM_ID = 1;
const CONTROL_CHUNKS = 2;
const COMMAND_CHUNKS = 3;

/** All our answers to a publisher are a few hundred bytes; more means that it does not read them. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** A refusal must reach the publisher before its connection is cut. */
const LINGER_MS = 1_000;

/** One RTMP connection, for publishing alone (Adobe RTMP 1.0). Whatever is wrong with it ends it and nothing else. */
export class RtmpConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #remoteAddress: string;
  readonly #handshake = new Handshake((bytes) => this.#socket.write(bytes));
  readonly #reader = new ChunkReader();
  #state: 'handshake' | 'commands' | 'asking' | 'publishing' | 'ended' = 'handshake';
  #publication: RtmpPublication | null = null;
  #deadline: NodeJS.Timeout;
  #window = WINDOW;
  #received = 0;
  #acknowledged = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#remoteAddress = socket.remoteAddress ?? '';
    this.#deadline = setTimeout(() => this.end('no handshake in time'), options.timeouts.handshakeMs);
    socket.setNoDelay(true);
    socket.on('error', () => this.end('connection lost'));
    socket.on('end', () => this.end('connection closed by the publisher'));
    socket.on('close', () => this.end('connection closed'));
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
  }

  get publishing(): boolean {
    return this.#state === 'publishing';
  }

  get #ended(): boolean {
    return this.#state === 'ended';
  }

  /** Disconnects; the publication, if there is one, ends with this reason. Ending twice is harmless. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#state = 'ended';
    clearTimeout(this.#deadline);
    // What it still sends is read and dropped: closing on unread bytes would reset the connection under our last words.
    this.#socket.resume();
    this.#socket.end();
    const cut = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(cut));
    this.#publication?.finish(reason);
  }

  #receive(bytes: Buffer): void {
    if (this.#ended) return;
    try {
      this.#acknowledge(bytes.length);
      const chunks = this.#state === 'handshake' ? this.#shakeHands(bytes) : bytes;
      if (chunks) for (const message of this.#reader.push(chunks)) this.#take(message);
    } catch (error) {
      const { logger } = this.#options;
      logger.info({ remoteAddress: this.#remoteAddress, reason: String(error) }, 'RTMP connection cut: protocol error');
      this.end('protocol error');
    }
  }

  #acknowledge(count: number): void {
    this.#received += count;
    if (this.#state === 'handshake' || this.#received - this.#acknowledged < this.#window / 2) return;
    this.#acknowledged = this.#received;
    this.#control(ACKNOWLEDGEMENT, uint32(this.#received >>> 0));
  }

  #shakeHands(bytes: Buffer): Buffer | null {
    const rest = this.#handshake.push(bytes);
    if (rest) {
      this.#state = 'commands';
      this.#expect('did not publish in time', this.#options.timeouts.publishMs);
    }
    return rest;
  }

  #take(message: Message): void {
    if (this.#ended) return;
    const { type, payload } = message;
    const isMedia = type === VIDEO || type === AUDIO;
    if (!isMedia && payload.length > COMMAND_LIMIT) throw new Error('command too long');
    switch (type) {
      case VIDEO:
        this.#takeVideo(message);
        break;
      case AUDIO:
        this.#takeAudio(message);
        break;
      case COMMAND:
        this.#command(payload);
        break;
      case COMMAND_AMF3:
        // One byte that tells the encoding, AMF0 in practice.
        this.#command(payload.subarray(1));
        break;
      case DATA:
        this.#takeData(payload);
        break;
      case DATA_AMF3:
        this.#takeData(payload.subarray(1));
        break;
      case WINDOW_SIZE:
        if (payload.length >= 4) this.#window = Math.max(LEAST_WINDOW, payload.readUInt32BE());
        break;
      case USER_CONTROL:
        if (payload.length >= 6 && payload.readUInt16BE() === PING_REQUEST) {
          this.#control(USER_CONTROL, Buffer.concat([Buffer.of(0, PING_RESPONSE), payload.subarray(2, 6)]));
        }
    }
  }

  #command(payload: Buffer): void {
    const [name, transaction, , argument] = decodeAmf(payload);
    switch (name) {
      case 'connect':
        this.#control(WINDOW_SIZE, uint32(WINDOW));
        this.#control(PEER_BANDWIDTH, Buffer.concat([uint32(WINDOW), Buffer.of(2)]));
        this.#control(SET_CHUNK_SIZE, uint32(OUT_CHUNK_SIZE));
        this.#reply(0, [
          '_result',
          transaction,
          { fmsVer: 'FMS/3,0,1,123', capabilities: 31 },
          { level: 'status', code: 'NetConnection.Connect.Success', description: 'Connected', objectEncoding: 0 },
        ]);
        return;
      case 'createStream':
        this.#reply(0, ['_result', transaction, null, STREAM_ID]);
        return;
      case 'releaseStream':
      case 'FCPublish':
      case '_checkbw':
        this.#reply(0, ['_result', transaction, null, undefined]);
        return;
      case 'publish':
        void this.#publish(typeof argument === 'string' ? argument : '');
        return;
      case 'FCUnpublish':
      case 'deleteStream':
      case 'closeStream':
        // Some encoders delete a stream left from before, ahead of publishing.
        if (this.#state === 'publishing') this.end('the publisher stopped');
        return;
      case 'play':
        this.#refuse(PLAY_REFUSED);
    }
  }

  /** The stream key is the name, without the query that some encoders add (`rtmp://host/live/<key>?…`). */
  async #publish(name: string): Promise<void> {
    if (this.#state !== 'commands') return;
    this.#state = 'asking';
    // Nothing is read meanwhile, so that whoever is refused fills no memory of ours.
    this.#socket.pause();
    const answer = await this.#ask(name.split('?', 1)[0] ?? '');
    if (!answer.allowed) {
      if (!this.#ended) this.#refuse(refusalOf(answer.reason));
      return;
    }
    const { clock, onPublish, onAbandoned, logger } = this.#options;
    if (this.#ended) {
      onAbandoned(answer.broadcast);
      return;
    }
    const publication = new RtmpPublication({
      remoteAddress: this.#remoteAddress,
      clock,
      disconnect: (reason) => this.end(reason),
      setPaused: (paused) => this.#setPaused(paused),
    });
    this.#startPublishing(publication);
    try {
      onPublish(publication, answer.broadcast);
    } catch (error) {
      logger.error({ err: error }, 'a publisher could not be taken in');
      this.end('the server failed');
    }
    this.#setPaused(false);
  }

  async #ask(streamKey: string): Promise<Authorisation | { allowed: false; reason: 'unavailable' }> {
    try {
      return await this.#options.authorise(streamKey, this.#remoteAddress);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a publisher could not be authorised');
      return { allowed: false, reason: 'unavailable' };
    }
  }

  #startPublishing(publication: RtmpPublication): void {
    this.#state = 'publishing';
    this.#publication = publication;
    this.#reader.limit = MEDIA_LIMIT;
    this.#reply(STREAM_ID, ['onStatus', 0, null, status('status', 'NetStream.Publish.Start', 'Publishing')]);
  }

  #setPaused(paused: boolean): void {
    if (this.#state !== 'publishing') return;
    if (paused) {
      // A publisher that is not read from can't be blamed for silence.
      clearTimeout(this.#deadline);
      this.#socket.pause();
    } else {
      this.#expect('no data', this.#options.timeouts.dataMs);
      this.#socket.resume();
    }
  }

  #takeVideo({ timestamp, payload }: Message): void {
    if (!this.#publication) return;
    if (videoKind(payload) === 'unsupported') {
      this.#refuse(unsupported('video', videoCodecName(payload)));
      return;
    }
    this.#noteData();
    this.#publication.takeVideo(timestamp, payload);
  }

  #takeAudio({ timestamp, payload }: Message): void {
    if (!this.#publication) return;
    if (audioKind(payload) === 'unsupported') {
      this.#refuse(unsupported('audio', `FLV audio format ${(payload[0] ?? 0) >> 4}`));
      return;
    }
    this.#noteData();
    this.#publication.takeAudio(timestamp, payload);
  }

  /** Anything but metadata (cue points, captions) is of no use here and may be encoded as it likes. */
  #takeData(payload: Buffer): void {
    try {
      const values = decodeAmf(payload);
      const [name, metadata] = values[0] === '@setDataFrame' ? values.slice(1) : values;
      if (name !== 'onMetaData' || metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return;
      this.#publication?.takeMetadata(metadata);
    } catch (error) {
      if (!(error instanceof AmfError)) throw error;
    }
  }

  #refuse({ reason, code, words, codec }: Refusal): void {
    this.#options.logger.info({ remoteAddress: this.#remoteAddress, reason, codec }, 'publisher refused');
    this.#reply(STREAM_ID, ['onStatus', 0, null, status('error', code, words)]);
    this.end(reason);
  }

  #noteData(): void {
    // What was read before a pause is still handed on after it; a timer that was stopped must stay so.
    if (!this.#socket.isPaused()) this.#deadline.refresh();
  }

  #expect(otherwise: string, ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end(otherwise), ms);
  }

  #control(type: number, payload: Buffer): void {
    this.#send(CONTROL_CHUNKS, { type, streamId: 0, timestamp: 0, payload });
  }

  #reply(streamId: number, values: Amf[]): void {
    this.#send(COMMAND_CHUNKS, { type: COMMAND, streamId, timestamp: 0, payload: encodeAmf(values) });
  }

  #send(chunkStreamId: number, message: Message): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.end('the peer does not read');
    else this.#socket.write(writeChunks(chunkStreamId, message, OUT_CHUNK_SIZE));
  }
}

function status(level: 'status' | 'error', code: string, description: string): Amf {
  return { level, code, description };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
