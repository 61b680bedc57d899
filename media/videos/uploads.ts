import fs from 'node:fs/promises';
import type http from 'node:http';
import jwt from 'jsonwebtoken';
import { UploadClaims } from '#contract/media-videos.ts';
import type { Clock } from '../clock.ts';
import { MediaError } from '../errors.ts';
import { ROOM_EVERY_BYTES, type VideoLibrary } from './library.ts';

export interface UploadsOptions {
  library: VideoLibrary;
  /** Signs upload tokens. */
  secret: string;
  clock: Clock;
  /** The last byte of an upload is stored. */
  onUploaded: (videoId: string) => Promise<void>;
}

const PATCH_TYPE = 'application/offset+octet-stream';
/** A request that sends nothing for so long gives way to another: a page that was closed on a dead network. */
const STALE_MS = 5_000;

/**
 * Takes uploads in pieces: the core of tus 1.0 (HEAD, PATCH), so that its clients can be used. An answer with an offset means
 * that so many bytes are on the disk. What arrived of a request that broke off counts, too.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  /** Requests that write now. */
  #writing = new Map<string, { req: http.IncomingMessage; lastAt: number; done: Promise<void> }>();

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /**
   * @throws MediaError `bad-token`, `not-found`, `method-not-allowed`, `unsupported-type`, `wrong-offset`, `too-large`,
   * `upload-busy`, `upload-complete`, `disk-full`
   */
  async answer(req: http.IncomingMessage, res: http.ServerResponse, videoId: string): Promise<void> {
    this.#checkToken(req, videoId);
    const about = this.#options.library.get(videoId);
    if (!about) throw new MediaError('not-found');
    if (req.method === 'HEAD') {
      const received = await this.#options.library.received(videoId);
      res.writeHead(200, { ...headers(received), 'upload-length': about.bytes }).end();
      return;
    }
    if (req.method !== 'PATCH') throw new MediaError('method-not-allowed');
    if (req.headers['content-type'] !== PATCH_TYPE) throw new MediaError('unsupported-type');
    const offset = offsetOf(req);
    await this.#takeOver(videoId);
    if (this.#options.library.get(videoId)?.state !== 'uploading') throw new MediaError('upload-complete');
    const received = await this.#write(req, videoId, offset, about.bytes);
    res.writeHead(204, headers(received)).end();
  }

  #checkToken(req: http.IncomingMessage, videoId: string): void {
    const token = /^Bearer ([\w.-]{1,1000})$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
    try {
      const clockTimestamp = Math.floor(this.#options.clock() / 1_000);
      const verified = jwt.verify(token, this.#options.secret, { algorithms: ['HS256'], clockTimestamp });
      if (UploadClaims.parse(verified).vid === videoId) return;
    } catch (error) {
      throw new MediaError('bad-token', { cause: error });
    }
    throw new MediaError('bad-token');
  }

  /** One request at a time writes. @throws MediaError `upload-busy` while another one does */
  async #takeOver(videoId: string): Promise<void> {
    const writing = this.#writing.get(videoId);
    if (!writing) return;
    if (this.#options.clock() - writing.lastAt < STALE_MS) throw new MediaError('upload-busy');
    writing.req.destroy();
    await writing.done;
  }

  /** @returns bytes that are stored now */
  async #write(req: http.IncomingMessage, videoId: string, offset: number, total: number): Promise<number> {
    // Of two that waited for the same one.
    if (this.#writing.has(videoId)) throw new MediaError('upload-busy');
    let release: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    const writing = { req, lastAt: this.#options.clock(), done };
    this.#writing.set(videoId, writing);
    try {
      return await this.#append(req, videoId, offset, total, () => {
        writing.lastAt = this.#options.clock();
      });
    } finally {
      this.#writing.delete(videoId);
      release();
    }
  }

  async #append(
    req: http.IncomingMessage,
    videoId: string,
    offset: number,
    total: number,
    onBytes: () => void,
  ): Promise<number> {
    const { library, onUploaded } = this.#options;
    if ((await library.received(videoId)) !== offset) throw new MediaError('wrong-offset');
    if (offset + Number(req.headers['content-length'] ?? 0) > total) throw new MediaError('too-large');
    if (!(await library.hasRoomFor(0))) throw new MediaError('disk-full');
    let roomAt = offset + ROOM_EVERY_BYTES;
    const file = await fs.open(library.uploadPath(videoId), 'a');
    let received = offset;
    try {
      // Not destroyed on the way out: whoever is refused must be able to read why.
      for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (received + chunk.length > total) throw new MediaError('too-large');
        // One request may be the whole file, and others are sent at the same time.
        if (received >= roomAt) {
          if (!(await library.hasRoomFor(0))) throw new MediaError('disk-full');
          roomAt = received + ROOM_EVERY_BYTES;
        }
        await file.appendFile(chunk);
        received += chunk.length;
        onBytes();
      }
    } catch (error) {
      // It broke off, and nobody waits for an answer.
      if (req.destroyed && !req.complete) return received;
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw new MediaError('disk-full', { cause: error });
      throw error;
    } finally {
      await file.datasync().finally(() => file.close());
      if (received === total) await onUploaded(videoId);
    }
    return received;
  }
}

function headers(offset: number): http.OutgoingHttpHeaders {
  return { 'tus-resumable': '1.0.0', 'upload-offset': offset, 'cache-control': 'no-store' };
}

/** @throws MediaError `bad-request` */
function offsetOf(req: http.IncomingMessage): number {
  const given = req.headers['upload-offset'];
  if (typeof given !== 'string' || !/^\d{1,15}$/.test(given)) throw new MediaError('bad-request');
  return Number(given);
}
