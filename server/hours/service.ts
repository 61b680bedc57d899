import type { LedgerOverview, LedgerPeopleFilter, LedgerPerson, PersonLedger } from '#contract/hours.ts';
import type { Visibility } from '../accounts/principal.ts';
import { type Actor, audit } from '../audit.ts';
import { streamOnSnapshot } from '../db.ts';
import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import { groupsOf } from './groups.ts';
import * as store from './store.ts';
import { boundsOf, yearOf } from './year.ts';

export type Hours = ReturnType<typeof createHours>;

/**
 * The ledger of class hours (学时台账). It is worked out whenever it is read, from what sessions credit: a correction or a course that is marked
 * 计入法定学时 needs nothing done here, and there are no two figures that could differ.
 */
export function createHours({ db, clock, config }: Services) {
  const { pool, prisma } = db;
  const figures = config.classHours;

  function scopeOf(
    { year = yearOf(clock()), ...filter }: LedgerPeopleFilter,
    visibility: Visibility,
  ): store.LedgerScope {
    const { from, to } = boundsOf(year);
    return { ...filter, year, from, to, past: to <= clock(), figures, visibility };
  }

  async function headOf(year: number) {
    const thisYear = yearOf(clock());
    const first = Math.min(yearOf((await store.firstStart(pool)) ?? clock()), year, thisYear);
    const last = Math.max(year, thisYear);
    const years = Array.from({ length: last - first + 1 }, (_, n) => last - n);
    return { year, years, rule: figures };
  }

  /** @throws AppError `not-found` */
  async function ofPerson(personId: string, year: number | undefined): Promise<PersonLedger> {
    const scope = { ...scopeOf({ year }, { all: true }), personId };
    const [{ people }, sessions, ahead, head] = await Promise.all([
      store.readPeople(pool, scope, null),
      store.readSessions(pool, personId, scope),
      store.readAhead(pool, { personId }, clock()),
      headOf(scope.year),
    ]);
    const [person] = people;
    if (!person) throw notFound();
    return { ...head, person, sessions, ahead };
  }

  async function overview(filter: LedgerPeopleFilter, visibility: Visibility): Promise<LedgerOverview> {
    const scope = scopeOf(filter, visibility);
    const [cells, ahead, head] = await Promise.all([
      store.readCells(pool, scope),
      store.readAhead(pool, { visibility }, clock()),
      headOf(scope.year),
    ]);
    return { ...head, ...groupsOf(cells), ahead };
  }

  async function people(
    { page, pageSize, ...filter }: LedgerPeopleFilter & { page: number; pageSize: number },
    visibility: Visibility,
  ): Promise<{ items: LedgerPerson[]; total: number }> {
    const slice = { limit: pageSize, offset: (page - 1) * pageSize };
    const { people: items, total } = await store.readPeople(pool, scopeOf(filter, visibility), slice);
    return { items, total };
  }

  /** Everybody of a year, some at a time, in the order of `people`: on one snapshot. */
  function everybody(filter: LedgerPeopleFilter, visibility: Visibility): AsyncGenerator<LedgerPerson[]> {
    return streamOnSnapshot(pool, (client) => store.readEverybody(client, scopeOf(filter, visibility)));
  }

  /** Whether `year` is that of a person's initial training. Said again it is as it was. */
  async function markInitial(
    personId: string,
    { year, initial }: { year: number; initial: boolean },
    actor: Actor,
  ): Promise<void> {
    const now = clock();
    await prisma.$transaction(async (tx) => {
      const { count } = initial
        ? await tx.initialTraining.createMany({
            data: { personId, year, markedBy: actor.accountId, markedAt: new Date(now) },
            skipDuplicates: true,
          })
        : await tx.initialTraining.deleteMany({ where: { personId, year } });
      if (count === 0) return;
      await audit(tx, actor, now, 'hours:initial', { kind: 'person', id: personId }, { year, initial });
    });
  }

  /** Notes who took the ledger away. Before it is sent. */
  async function recordExport(filter: LedgerPeopleFilter, format: string, actor: Actor): Promise<void> {
    const asked = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const subject = { kind: 'hours', id: String(filter.year ?? yearOf(clock())) };
    await audit(prisma, actor, clock(), 'hours:export', subject, { ...asked, format });
  }

  return { ofPerson, overview, people, everybody, markInitial, recordExport };
}
