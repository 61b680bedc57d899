import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Services } from '../services.ts';
import * as store from './store.ts';

/** What is to be made of a job. `content` is read once, to its end. */
export interface MadeFile {
  name: string;
  type: string;
  content: Readable;
}

/** Tells how far a file is. */
export interface Progress {
  total(rows: number): void;
  add(rows: number): void;
}

export type Make = (job: store.JobRow, asOf: number, progress: Progress) => Promise<MadeFile>;

const TELL_EVERY_MS = 1_000;

/** Makes the file of a job that was taken, and stores it. `signal`: whoever makes it ends, and another begins anew. */
export type MakeFile = (job: store.JobRow, signal: AbortSignal) => Promise<void>;

/** In this process. */
export function fileMaking(
  { db, clock, logger, sealing }: Pick<Services, 'db' | 'clock' | 'logger' | 'sealing'>,
  make: Make,
): MakeFile {
  const { pool } = db;
  return async (job, signal) => {
    const asOf = clock();
    const standing = { rowsDone: 0, rowsTotal: null as number | null, bytes: 0, asOf };
    let telling: Promise<void> = Promise.resolve();
    const tell = () => {
      telling = store
        .noteProgress(pool, job.id, standing, clock())
        .catch((error: unknown) => logger.warn({ err: error }, 'the progress of an export was not stored'));
    };
    const timer = setInterval(tell, TELL_EVERY_MS);
    try {
      const file = await make(job, asOf, {
        total: (rows) => {
          standing.rowsTotal = rows;
        },
        add: (rows) => {
          standing.rowsDone += rows;
        },
      });
      const hash = createHash('sha256');
      let n = 0;
      // The next piece is made while one is stored.
      let storing: Promise<void> = Promise.resolve();
      for await (const chunk of inChunks(file.content)) {
        signal.throwIfAborted();
        hash.update(chunk);
        await storing;
        storing = store.addChunk(pool, job.id, n, sealing.sealBytes(chunk));
        // Heard by the next turn, or below.
        storing.catch(() => undefined);
        standing.bytes += chunk.length;
        n += 1;
      }
      await storing;
      clearInterval(timer);
      await telling;
      await store.noteProgress(pool, job.id, standing, clock());
      await store.finish(pool, job.id, { ...file, sha256: hash.digest() }, clock());
    } finally {
      clearInterval(timer);
      await telling;
    }
  };
}

/** Pieces of exactly so many bytes, but for the last. */
async function* inChunks(content: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const part of content as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size < store.CHUNK_BYTES) continue;
    let whole = Buffer.concat(parts);
    while (whole.length >= store.CHUNK_BYTES) {
      yield whole.subarray(0, store.CHUNK_BYTES);
      whole = whole.subarray(store.CHUNK_BYTES);
    }
    parts = [whole];
    size = whole.length;
  }
  if (size > 0) yield Buffer.concat(parts);
}
