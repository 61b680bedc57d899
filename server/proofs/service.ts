import type pg from 'pg';
import { classHours } from '#contract/class-hours.ts';
import { maskName } from '#contract/codes.ts';
import { type MyProof, PROOF_BATCH_LIMIT, type Proof, type ProofCheck, ProofNumber } from '#contract/proofs.ts';
import type { Visibility } from '../accounts/principal.ts';
import { LATE_BEATS_MS } from '../attendance/admit.ts';
import { type Actor, auditWith, SYSTEM } from '../audit.ts';
import { transaction } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { inFileName } from '../reports/exports.ts';
import type { Services } from '../services.ts';
import { streamBundle } from './bundle.ts';
import { paperOf } from './paper.ts';
import { type Settled, settle } from './settle.ts';
import { digestOf } from './statement.ts';
import * as store from './store.ts';

/** How far back confirmations of people are looked for; the watch looks far more often. */
const VERIFIED_WITHIN_MS = 10 * 60_000;

const AT_A_TIME = 1_000;

export type Proofs = ReturnType<typeof createProofs>;

interface File {
  name: string;
  type: string;
}

type ProofServices = Pick<Services, 'db' | 'clock'> & { config: Pick<Services['config'], 'classHours'> };

/** Proofs of training (参加线上培训证明). The rule is in rule.ts. */
export function createProofs({ db, clock, config }: ProofServices) {
  const { pool } = db;
  const by = (actor: Actor) => ({ actor, now: clock(), classHourMs: config.classHours.minutes * 60_000 });

  /** Issues and withdraws what the rule says of sessions whose record has grown, and of people who were confirmed or refused. */
  async function keepTheRule(): Promise<Settled> {
    const sum: Settled = { issued: 0, withdrawn: 0 };
    const add = (settled: Settled) => {
      sum.issued += settled.issued;
      sum.withdrawn += settled.withdrawn;
    };
    for (const sessionId of await store.readUnsettled(pool, clock() - LATE_BEATS_MS)) {
      add(
        await transaction(pool, async (client) => {
          const batch = await store.holdChain(client, sessionId);
          const settled = await settle(client, sessionId, null, by(SYSTEM));
          await store.noteProgress(client, sessionId, batch);
          return settled;
        }),
      );
    }
    for (const { sessionId, personIds } of await store.readVerifiedSince(pool, clock() - VERIFIED_WITHIN_MS)) {
      add(
        await transaction(pool, async (client) => {
          await store.holdChain(client, sessionId);
          return settle(client, sessionId, personIds, by(SYSTEM));
        }),
      );
    }
    return sum;
  }

  /** Part of the transaction, which holds the head of the chain, of a correction. */
  const corrected = (client: pg.PoolClient, sessionId: string, personId: string, actor: Actor): Promise<Settled> =>
    settle(client, sessionId, [personId], by(actor));

  /** What anybody may know of a proof. One that does not come to its digest any more is unknown. */
  async function check(number: string): Promise<ProofCheck> {
    const row = ProofNumber.safeParse(number).success ? await store.readProof(pool, number) : null;
    if (!row || !digestOf({ ...row, issuedAt: row.issuedAt.getTime() }).equals(row.digest)) {
      return { state: 'unknown', proof: null };
    }
    const { id: _, unitName, ...facts } = viewOf(row);
    return {
      state: row.withdrawnAt ? 'withdrawn' : 'valid',
      proof: {
        ...facts,
        ...{ nameMasked: maskName(row.personName), unitName, issuer: row.issuer, digest: row.digest.toString('hex') },
        ...{ statutoryBasis: row.statutoryBasis, statutoryApprover: row.statutoryApprover },
      },
    };
  }

  const mine = async (personId: string): Promise<MyProof[]> => (await store.readOwn(pool, personId)).map(viewOf);

  /** @throws AppError `not-found` for those of others, too */
  async function myFile(number: string, personId: string, origin: string): Promise<File & { content: Buffer }> {
    const row = await store.readProof(pool, number);
    if (row?.personId !== personId) throw notFound();
    return fileOf(row, origin);
  }

  async function list(
    sessionId: string,
    { page, pageSize, ...filter }: { page: number; pageSize: number } & store.ProofFilter,
    visibility: Visibility,
  ): Promise<{ items: Proof[]; total: number }> {
    const [rows, total] = await Promise.all([
      store.readProofs(pool, sessionId, visibility, filter, { limit: pageSize, offset: (page - 1) * pageSize }),
      store.countProofs(pool, sessionId, visibility, filter),
    ]);
    const items = rows.map((row) => {
      const { personId, personName, withdrawnReason } = row;
      return { ...viewOf(row), personId, personName, withdrawnReason };
    });
    return { items, total };
  }

  /** All of a session's, some at a time, for a file. */
  async function* everyOf(sessionId: string, visibility: Visibility): AsyncGenerator<Proof[]> {
    for (let page = 1; ; page += 1) {
      const { items } = await list(sessionId, { page, pageSize: AT_A_TIME }, visibility);
      if (items.length > 0) yield items;
      if (items.length < AT_A_TIME) return;
    }
  }

  /** @throws AppError `not-found` for those of units that the caller does not see, too */
  async function file(
    sessionId: string,
    number: string,
    visibility: Visibility,
    actor: Actor,
    origin: string,
  ): Promise<File & { content: Buffer }> {
    const [row] = await store.readProofs(pool, sessionId, visibility, { q: number }, { limit: 1, offset: 0 });
    if (row?.number !== number) throw notFound();
    await noteRead(sessionId, { number }, actor);
    return fileOf(row, origin);
  }

  /** @throws AppError `too-many-proofs`, `no-proofs` */
  async function files(
    sessionId: string,
    filter: Omit<store.ProofFilter, 'state'>,
    visibility: Visibility,
    actor: Actor,
    origin: string,
  ): Promise<File & { content: ReturnType<typeof streamBundle> }> {
    const valid = { ...filter, state: 'valid' } as const;
    const count = await store.countProofs(pool, sessionId, visibility, valid);
    if (count === 0) throw new AppError('no-proofs');
    if (count > PROOF_BATCH_LIMIT) throw new AppError('too-many-proofs', { count, limit: PROOF_BATCH_LIMIT });
    const rows = await store.readProofs(pool, sessionId, visibility, valid, { limit: PROOF_BATCH_LIMIT, offset: 0 });
    await noteRead(sessionId, { proofs: rows.length }, actor);
    const [first] = rows as [store.ProofRow];
    const name = `${inFileName(first.courseTitle)}-第${first.sessionNumber}期-参加线上培训证明.zip`;
    return { name, type: 'application/zip', content: streamBundle(rows, (row) => addressOf(row, origin)) };
  }

  /** Before the file is sent. */
  const noteRead = (sessionId: string, detail: { number: string } | { proofs: number }, actor: Actor) =>
    transaction(pool, (client) =>
      auditWith(client, actor, clock(), 'proof:export', { kind: 'session', id: sessionId }, detail),
    );

  /** @throws AppError `not-found`, `proof-withdrawn` when it was before */
  async function withdraw(sessionId: string, number: string, reason: string, actor: Actor): Promise<void> {
    const now = clock();
    await transaction(pool, async (client) => {
      const row = await store.readProof(client, number);
      if (row?.sessionId !== sessionId) throw notFound();
      const done = await store.withdrawByHand(client, row, { reason, by: actor.accountId }, now);
      if (!done) throw new AppError('proof-withdrawn');
      const detail = { number, personId: row.personId, withdrawal: 'by_hand', reason };
      await auditWith(client, actor, now, 'proof:withdraw', { kind: 'session', id: sessionId }, detail);
    });
  }

  /** @throws AppError `not-found` when none of this person's was withdrawn by hand, `proof-not-due` when the rule gives none */
  async function reissue(
    sessionId: string,
    personId: string,
    reason: string,
    actor: Actor,
  ): Promise<{ number: string }> {
    const now = clock();
    return transaction(pool, async (client) => {
      await store.holdChain(client, sessionId);
      if (!(await store.supersede(client, sessionId, personId))) throw notFound();
      const { issued } = await settle(client, sessionId, [personId], by(actor));
      const number = await store.readValidNumber(client, sessionId, personId);
      if (issued !== 1 || number === null) throw new AppError('proof-not-due');
      const detail = { number, personId, reason };
      await auditWith(client, actor, now, 'proof:reissue', { kind: 'session', id: sessionId }, detail);
      return { number };
    });
  }

  return { keepTheRule, corrected, check, mine, myFile, list, everyOf, file, files, withdraw, reissue };
}

const addressOf = ({ number }: store.ProofRow, origin: string) => `${origin}/proof/${number}`;

async function fileOf(row: store.ProofRow, origin: string): Promise<File & { content: Buffer }> {
  const name = `参加线上培训证明-${inFileName(row.personName)}-${row.number}.pdf`;
  return { name, type: 'application/pdf', content: await paperOf(row, addressOf(row, origin)) };
}

function viewOf(row: store.ProofRow): MyProof {
  const { id, number, unitName, courseTitle, sessionNumber, topic, withdrawal } = row;
  return {
    ...{ id, number, unitName, courseTitle, sessionNumber, topic, withdrawal },
    startedAt: row.startedAt.toISOString(),
    creditedSeconds: Math.floor(row.creditedMs / 1_000),
    classHours: row.classHourMs === null ? null : classHours(row.creditedMs, row.classHourMs / 60_000),
    issuedAt: row.issuedAt.toISOString(),
    withdrawnAt: row.withdrawnAt?.toISOString() ?? null,
  };
}
