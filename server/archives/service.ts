import { Readable } from 'node:stream';
import type { Export, ExportFormat, ExportKind } from '#contract/archives.ts';
import type { Visibility } from '../accounts/principal.ts';
import { type Actor, auditWith } from '../audit.ts';
import { transaction } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { createJobs } from './jobs.ts';
import type { MakeFile } from './making.ts';
import type { Range } from './range.ts';
import * as store from './store.ts';

export type Archives = ReturnType<typeof createArchives>;

interface Asked {
  kind: ExportKind;
  format: ExportFormat;
  full: boolean;
  subjectId: string;
  visibility: Visibility;
  origin: string;
}

/** Files that are made in the background: the archives, and lists that are long. */
export function createArchives(services: Pick<Services, 'db' | 'clock' | 'logger' | 'sealing'>, makeFile: MakeFile) {
  const { db, clock, sealing } = services;
  const { pool } = db;
  const jobs = createJobs(services, makeFile);

  /** Has a file made, or says how far the same one is. Who asked is on record before it is begun. */
  async function ask({ kind, format, full, ...rest }: Asked, actor: Actor): Promise<Export> {
    const requestedBy = requester(actor);
    const job: store.NewJob = { id: newId(), kind, format, full, requestedBy, ...rest };
    const now = clock();
    const row = await transaction(pool, async (client) => {
      const made = await store.insertJob(client, job, now);
      if (!made) return store.readOpen(client, job);
      const subject = { kind, id: job.subjectId };
      const detail = { what: `${kind}.${format}`, exportId: job.id, full };
      await auditWith(client, actor, now, 'archive:export', subject, detail);
      if (full) await auditWith(client, actor, now, 'phone:read', subject, { exportId: job.id });
      return made;
    });
    void jobs.look();
    // Between the two it was finished: then it can be asked for again.
    if (!row) throw new AppError('busy');
    return viewOf(row);
  }

  const mine = async (actor: Actor): Promise<Export[]> => (await store.readJobs(pool, requester(actor))).map(viewOf);

  /** @throws AppError `not-found` for those of others and those that are not done */
  async function file(id: string, actor: Actor): Promise<{ name: string; type: string; size: number; etag: string }> {
    const job = await store.readJob(pool, id);
    if (job?.requestedBy !== requester(actor) || job.state !== 'done') throw notFound();
    const { name, type, bytes, sha256 } = job;
    return { name: name ?? '', type: type ?? '', size: bytes, etag: `"${sha256}"` };
  }

  /** A part of a file that is done. */
  function content(id: string, { from, to }: Range): Readable {
    async function* pieces() {
      for (let n = Math.floor(from / store.CHUNK_BYTES); n * store.CHUNK_BYTES < to; n += 1) {
        const sealed = await store.readChunk(pool, id, n);
        if (!sealed) throw new Error(`export ${id} has no piece ${n}`);
        const chunk = sealing.unsealBytes(sealed);
        const start = n * store.CHUNK_BYTES;
        yield chunk.subarray(Math.max(0, from - start), Math.min(chunk.length, to - start));
      }
    }
    return Readable.from(pieces(), { objectMode: false });
  }

  return { ask, mine, file, content, close: jobs.close };
}

function requester({ accountId, personId }: Actor): string {
  const id = accountId ?? personId;
  if (id === null) throw new AppError('forbidden');
  return id;
}

function viewOf(row: store.JobRow): Export {
  const { id, kind, format, full, state, rowsDone, rowsTotal, name, bytes, sha256 } = row;
  return {
    ...{ id, kind, format, full, state, rowsDone, rowsTotal, name, bytes, sha256 },
    asOf: row.asOf?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
