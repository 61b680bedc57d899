import type pg from 'pg';
import type { RecordCheck, RecordChecks } from '#contract/record-checks.ts';
import type { Verification } from '#contract/verification.ts';
import type { Prisma } from '#prisma/client.ts';
import { type Actor, audit } from '../audit.ts';
import { isUniqueViolation } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import type { Seals } from './seals.ts';
import { readNames } from './verification-store.ts';
import { verifySession } from './verify.ts';

/** How often a check says how far it is, ms. */
const SAY_EACH_MS = 1_000;
/** A check of which nothing was heard for so long ended with its worker. */
const LOST_AFTER_MS = 60_000;
const SHOWN = 20;

class Stopped extends Error {}

export type Checks = ReturnType<typeof createChecks>;

/**
 * Checks (核验) that officers ask for: what `npm run verify` does, in the background of a worker, one after the other. One of a session
 * runs at a time, whichever worker does it; who asks meanwhile joins it.
 */
export function createChecks({ db, clock, logger }: Pick<Services, 'db' | 'clock' | 'logger'>, seals: Seals) {
  const { prisma, pool } = db;
  let closing = false;
  /** The last of those that wait for each other. */
  let last: Promise<void> = Promise.resolve();

  /** @returns the check that runs now: a new one, or one that somebody else has asked for */
  async function start(sessionId: string, actor: Actor): Promise<RecordCheck> {
    const now = new Date(clock());
    const id = newId();
    try {
      const row = await prisma.$transaction(async (tx) => {
        const lost = { finishedAt: null, heardAt: { lt: new Date(now.getTime() - LOST_AFTER_MS) } };
        await tx.recordCheck.updateMany({
          where: { sessionId, ...lost },
          data: { finishedAt: now, outcome: 'stopped' },
        });
        await audit(tx, actor, now.getTime(), 'record:check', { kind: 'session', id: sessionId }, { checkId: id });
        const data = { id, sessionId, startedBy: actor.accountId, startedAt: now, heardAt: now };
        return tx.recordCheck.create({ data });
      });
      last = last.then(() => run(id, sessionId, actor));
      return viewOf(row, await namesOf([row]));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const running = await prisma.recordCheck.findFirst({ where: { sessionId }, orderBy: { startedAt: 'desc' } });
      // Over in between: the next one is ours.
      if (!running || running.finishedAt !== null) return start(sessionId, actor);
      return viewOf(running, await namesOf([running]));
    }
  }

  async function run(id: string, sessionId: string, actor: Actor): Promise<void> {
    const progress = { done: 0, expected: 0 };
    const say = () =>
      prisma.recordCheck.updateMany({
        where: { id, finishedAt: null },
        data: { ...progress, heardAt: new Date(clock()) },
      });
    const timer = setInterval(() => {
      say().catch((error: unknown) => logger.warn({ err: error }, 'the progress of a check was not stored'));
    }, SAY_EACH_MS);
    try {
      const verification = await verifySession(pool, sessionId, {
        clock,
        onProgress(done, expected) {
          if (closing) throw new Stopped();
          Object.assign(progress, { done, expected });
        },
      });
      await finish(id, sessionId, actor, verification);
    } catch (error) {
      if (!(error instanceof Stopped)) logger.warn({ err: error, sessionId }, 'a check of a record was not finished');
      const data = { finishedAt: new Date(clock()), outcome: 'stopped' } as const;
      await prisma.recordCheck
        .updateMany({ where: { id, finishedAt: null }, data })
        .catch((cause: unknown) => logger.warn({ err: cause }, 'that a check was not finished was not stored'));
    } finally {
      clearInterval(timer);
    }
  }

  async function finish(id: string, sessionId: string, actor: Actor, found: Verification): Promise<void> {
    const { intact, faultCount, digest, entries } = found;
    const outcome = intact ? 'intact' : 'altered';
    await prisma.$transaction(async (tx) => {
      const { count } = await tx.recordCheck.updateMany({
        where: { id, finishedAt: null },
        data: {
          ...{ finishedAt: new Date(clock()), outcome, done: entries, expected: entries },
          findings: withoutNames(found) as unknown as Prisma.InputJsonObject,
        },
      });
      if (count === 0) return;
      const detail = { checkId: id, outcome, faultCount, digest, entries };
      await audit(tx, actor, clock(), 'record:checked', { kind: 'session', id: sessionId }, detail);
    });
    if (!intact) logger.error({ sessionId, faultCount }, 'a record is not as it was made');
  }

  async function read(sessionId: string): Promise<RecordChecks> {
    const [rows, found, seal] = await Promise.all([
      prisma.recordCheck.findMany({
        where: { sessionId },
        orderBy: { startedAt: 'desc' },
        take: SHOWN,
        omit: { findings: true },
      }),
      prisma.recordCheck.findFirst({
        where: { sessionId, outcome: { in: ['intact', 'altered'] } },
        orderBy: { finishedAt: 'desc' },
        select: { id: true, findings: true },
      }),
      seals.sealOf(sessionId),
    ]);
    const [names, counts] = await Promise.all([namesOf(rows), faultCounts(pool, sessionId)]);
    return {
      checks: rows.map((row) => viewOf(row, names, counts.get(row.id))),
      found: found && {
        checkId: found.id,
        verification: await withNames(pool, found.findings as unknown as Verification),
      },
      sealPath: `/verify/${sessionId}/${seal.code}`,
    };
  }

  async function namesOf(rows: { startedBy: string | null }[]): Promise<Map<string, string>> {
    const ids = rows.flatMap(({ startedBy }) => startedBy ?? []);
    const accounts = await prisma.account.findMany({
      where: { id: { in: ids } },
      select: { id: true, displayName: true },
    });
    return new Map(accounts.map(({ id, displayName }) => [id, displayName]));
  }

  return {
    start,
    read,
    /** Ends what runs here; it is written down as stopped. */
    async close(): Promise<void> {
      closing = true;
      await last;
    },
  };
}

interface CheckRow {
  id: string;
  startedBy: string | null;
  startedAt: Date;
  finishedAt: Date | null;
  outcome: RecordCheck['outcome'];
  done: number;
  expected: number;
}

function viewOf(row: CheckRow, names: Map<string, string>, faultCount = 0): RecordCheck {
  const { id, outcome, done, expected } = row;
  return {
    ...{ id, outcome, done, expected, faultCount },
    startedAt: row.startedAt.toISOString(),
    startedByName: names.get(row.startedBy ?? '') ?? '–',
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

async function faultCounts(pool: pg.Pool, sessionId: string): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ id: string; count: number }>(
    `select id, (findings->>'faultCount')::int as count from record_check
     where session_id = $1 and findings is not null order by started_at desc limit ${SHOWN}`,
    [sessionId],
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** Who somebody is is looked up when it is shown, so that a finding keeps nobody's name. */
function withoutNames(found: Verification): Verification {
  return { ...found, faults: found.faults.map((fault) => ({ ...fault, personName: null, unitName: null })) };
}

async function withNames(pool: pg.Pool, found: Verification): Promise<Verification> {
  const ids = [...new Set(found.faults.flatMap(({ personId }) => personId ?? []))];
  const names = await readNames(pool, found.sessionId, ids);
  return { ...found, faults: found.faults.map((fault) => ({ ...fault, ...names.get(fault.personId ?? '') })) };
}
