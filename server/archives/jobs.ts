import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { transaction } from '../db.ts';
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

const LOOK_EVERY_MS = 5_000;
const TELL_EVERY_MS = 1_000;
/** A worker that makes a file is heard of every second. */
const ABANDONED_MS = 60_000;
const KEPT_MS = 24 * 3_600_000;

/**
 * Makes files in the background, one at a time in each worker. They lie in the database, so that every host has them; a file whose worker died is
 * made again by another.
 */
export function createJobs({ db, clock, logger }: Pick<Services, 'db' | 'clock' | 'logger'>, make: Make) {
  const { pool } = db;
  let working: Promise<void> | null = null;
  let closed = false;

  /** Begins what waits, if nothing is being made here. */
  function look(): Promise<void> {
    working ??= workOff()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for files to make'))
      .finally(() => {
        working = null;
      });
    return working;
  }

  async function workOff(): Promise<void> {
    while (!closed) {
      const job = await transaction(pool, (client) => store.takeJob(client, clock(), clock() - ABANDONED_MS));
      if (!job) return;
      try {
        await run(job);
      } catch (error) {
        if (closed) return;
        logger.error({ err: error, job: job.id, kind: job.kind, format: job.format }, 'an export failed');
        await store.finish(pool, job.id, null, clock());
      }
    }
  }

  async function run(job: store.JobRow): Promise<void> {
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
      for await (const chunk of inChunks(file.content)) {
        if (closed) throw new Error('the worker ends');
        hash.update(chunk);
        await store.addChunk(pool, job.id, n, chunk);
        standing.bytes += chunk.length;
        n += 1;
      }
      clearInterval(timer);
      await telling;
      await store.noteProgress(pool, job.id, standing, clock());
      await store.finish(pool, job.id, { ...file, sha256: hash.digest() }, clock());
    } finally {
      clearInterval(timer);
      await telling;
    }
  }

  const timer = setInterval(() => {
    void look();
    store.removeOld(pool, clock() - KEPT_MS).catch((error: unknown) => {
      logger.warn({ err: error }, 'old exports were not removed');
    });
  }, LOOK_EVERY_MS);
  timer.unref();

  return {
    look,
    async close(): Promise<void> {
      closed = true;
      clearInterval(timer);
      await working;
    },
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
