import type pg from 'pg';
import { type SealCheck, SealCode } from '#contract/record-seals.ts';
import type { Db } from '../db.ts';
import { genesis } from './chain.ts';

/** The head of a session's chain, as an export names it. */
export interface Seal {
  /** SHA-256, hex. */
  digest: string;
  links: number;
  entries: number;
  /** As it stands in an address (contract/record-seals.ts). */
  code: string;
}

const UNKNOWN: SealCheck = {
  ...{ state: 'unknown', courseTitle: null, number: null, startedAt: null, sealedAt: null, entries: null },
  ...{ later: null, laterCorrections: null, lastAt: null },
};

/** Digests that leave the house, and what is said of them when they are shown. */
export function createSeals({ pool }: Pick<Db, 'pool'>) {
  return {
    /** Of the record as it is now. */
    async sealOf(sessionId: string): Promise<Seal> {
      const { rows } = await pool.query<{ digest: Buffer; links: number; entries: number }>(
        `select c.digest, c.batch as links,
           (select coalesce(sum(b.entries), 0)::int from attendance_batch b where b.session_id = c.session_id and b.batch <= c.batch)
             as entries
         from attendance_chain c where c.session_id = $1`,
        [sessionId],
      );
      const { digest, links, entries } = rows[0] ?? { digest: genesis(sessionId), links: 0, entries: 0 };
      const hex = digest.toString('hex');
      return { digest: hex, links, entries, code: `${links}-${hex.slice(0, 32)}` };
    },

    /** Whether such a seal was ever made. What it says is public. */
    async check(sessionId: string, code: string): Promise<SealCheck> {
      if (!SealCode.safeParse(code).success) return UNKNOWN;
      const [links = '', digest = ''] = code.split('-');
      const batch = Number(links);
      if (batch === 0 && genesis(sessionId).toString('hex').slice(0, 32) !== digest) return UNKNOWN;
      const row = await read(pool, sessionId, batch, digest);
      if (!row) return UNKNOWN;
      const instant = (at: Date | null) => at?.toISOString() ?? null;
      return {
        ...row,
        state: row.later === 0 ? 'current' : 'grown',
        startedAt: instant(row.startedAt),
        sealedAt: instant(row.sealedAt),
        lastAt: instant(row.lastAt),
      };
    },
  };
}

export type Seals = ReturnType<typeof createSeals>;

interface SealRow {
  courseTitle: string;
  number: number;
  startedAt: Date | null;
  sealedAt: Date | null;
  entries: number;
  later: number;
  laterCorrections: number;
  lastAt: Date | null;
}

/** `digest`: its first 32 hex digits. Links are few beside entries, and corrections have an index of their own. */
async function read(pool: pg.Pool, sessionId: string, batch: number, digest: string): Promise<SealRow | null> {
  const { rows } = await pool.query<SealRow>(
    `select c.title as "courseTitle", s.number, s.started_at as "startedAt", sealed.committed_at as "sealedAt",
       links.entries, links.later, links.last_at as "lastAt",
       (select count(*)::int from attendance_entry e
        where e.session_id = s.id and e.correction_id is not null and e.batch > $2) as "laterCorrections"
     from session s join course c on c.id = s.course_id
       left join attendance_batch sealed on sealed.session_id = s.id and sealed.batch = $2
       cross join lateral (
         select coalesce(sum(b.entries) filter (where b.batch <= $2), 0)::int as entries,
           coalesce(sum(b.entries) filter (where b.batch > $2), 0)::int as later, max(b.committed_at) as last_at
         from attendance_batch b where b.session_id = s.id) links
     where s.id = $1 and ($2 = 0 or left(encode(sealed.digest, 'hex'), 32) = $3)`,
    [sessionId, batch, digest],
  );
  return rows[0] ?? null;
}
