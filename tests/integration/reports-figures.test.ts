import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Industry, PersonCategory, UnitKind } from '#contract/organisations.ts';
import { type Counts, Report } from '#contract/reports.ts';
import type { Visibility } from '#server/accounts/principal.ts';
import { type Db, openDb } from '#server/db.ts';
import { createLogger } from '#server/logger.ts';
import { createReports, type Reports } from '#server/reports/service.ts';
import { createSealing } from '#server/sealing.ts';
import { createSignals } from '#server/signals.ts';
import { createTestDatabase } from '#tests/support/database.ts';
import {
  ATTENDANCE_SECONDS,
  at,
  type BuiltDistrict,
  buildDistrict,
  COMPLETE_PERCENT,
  type DistrictPlan,
  START,
} from '#tests/support/report-district.ts';

let db: Db;
let drop: () => Promise<void>;
let reports: Reports;

beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  const logger = createLogger('silent', 'test');
  db = openDb(database.url, logger);
  const sealing = createSealing('ab'.repeat(32), 'cd'.repeat(32));
  const services = { db, clock: () => START + 86_400_000, logger, sealing, signals: createSignals() };
  reports = createReports(services as Parameters<typeof createReports>[0]);
});
afterAll(async () => {
  await db?.close();
  await drop?.();
});

const plans: fc.Arbitrary<DistrictPlan> = fc
  .record({
    areas: fc.integer({ min: 1, max: 3 }),
    unitCount: fc.integer({ min: 1, max: 6 }),
    personCount: fc.integer({ min: 1, max: 14 }),
    sessions: fc.array(fc.constantFrom(5, 10, 45), { minLength: 1, maxLength: 3 }),
  })
  .chain(({ areas, unitCount, personCount, sessions }) =>
    fc.record({
      areas: fc.constant(areas),
      units: fc.array(
        fc.record({
          area: fc.nat(areas - 1),
          kind: fc.constantFrom(...UnitKind.options),
          industry: fc.constantFrom('coal' as const, 'food' as const, null),
          highRisk: fc.boolean(),
        }),
        { minLength: unitCount, maxLength: unitCount },
      ),
      people: fc.array(
        fc.record({ unit: fc.nat(unitCount - 1), category: fc.constantFrom(...PersonCategory.options) }),
        { minLength: personCount, maxLength: personCount },
      ),
      sessions: fc.constant(sessions),
      attendees: fc.uniqueArray(
        fc.record({
          person: fc.nat(personCount - 1),
          session: fc.nat(sessions.length - 1),
          due: fc.boolean(),
          // Around each threshold: an attendance, and 80 % of 5, 10 and 45 minutes.
          way: fc.constantFrom('live' as const, 'replay' as const, 'venue' as const),
          creditedMs: fc.constantFrom(0, 1, 59_999, 60_000, 61_500, 239_999, 240_000, 480_000, 2_159_999, 2_160_000),
          devices: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
        }),
        { selector: ({ person, session }) => `${person}:${session}`, maxLength: 40 },
      ),
      attempts: fc.array(
        fc.record({ person: fc.nat(personCount - 1), session: fc.nat(sessions.length - 1), passed: fc.boolean() }),
        { maxLength: 12 },
      ),
    }),
  );

/** What one person did in the sessions looked at, from the plan alone. */
interface Known {
  unit: number;
  area: number;
  kind: UnitKind;
  industry: Industry | null;
  category: PersonCategory;
  due: boolean;
  spans: { creditedMs: number; plannedMinutes: number; way: string }[];
  devices: Set<number>;
  results: boolean[];
}

/** Counts by going through people one by one; shares no code with the product. */
function knownPeople(plan: DistrictPlan, sessions: number[]): Known[] {
  return plan.people.flatMap((person, index) => {
    const rows = plan.attendees.filter((row) => row.person === index && sessions.includes(row.session));
    const results = plan.attempts.filter((row) => row.person === index && sessions.includes(row.session));
    if (rows.length === 0 && results.length === 0) return [];
    const unit = at(plan.units, person.unit);
    const played = rows.filter((row) => row.creditedMs > 0).flatMap((row) => row.devices);
    return {
      unit: person.unit,
      area: unit.area,
      kind: unit.kind,
      industry: unit.industry,
      category: person.category,
      due: rows.some((row) => row.due),
      spans: rows.map((row) => ({
        creditedMs: row.creditedMs,
        plannedMinutes: at(plan.sessions, row.session),
        way: row.way ?? 'live',
      })),
      devices: new Set(played),
      results: results.map((row) => row.passed),
    };
  });
}

function expectedCounts(people: Known[]): Counts {
  const attended = (person: Known) => person.spans.filter((span) => span.creditedMs >= ATTENDANCE_SECONDS * 1_000);
  const present = people.filter((person) => attended(person).length > 0);
  const due = people.filter((person) => person.due);
  const dueUnits = new Set(due.map((person) => person.unit));
  const presentUnits = new Set(present.map((person) => person.unit).filter((unit) => dueUnits.has(unit)));
  const duePresent = present.filter((person) => person.due).length;
  const spans = people.flatMap((person) => person.spans);
  return {
    unitsDue: dueUnits.size,
    unitsPresent: presentUnits.size,
    due: due.length,
    present: duePresent,
    presentNotDue: present.filter((person) => !person.due).length,
    rate: due.length === 0 ? null : duePresent / due.length,
    devices: new Set(people.flatMap((person) => [...person.devices])).size,
    attendances: people.reduce((sum, person) => sum + attended(person).length, 0),
    attendancesReplay: people.flatMap(attended).filter(({ way }) => way === 'replay').length,
    attendancesVenue: people.flatMap(attended).filter(({ way }) => way === 'venue').length,
    people: present.length,
    creditedSeconds: spans.reduce((sum, span) => sum + Math.floor(span.creditedMs / 1_000), 0),
    complete: spans.filter(
      (span) => span.creditedMs >= (span.plannedMinutes * 60_000 * COMPLETE_PERCENT) / 100 && span.creditedMs > 0,
    ).length,
    paperSubmitted: people.filter((person) => person.results.length > 0).length,
    paperPassed: people.filter((person) => person.results.includes(true)).length,
  };
}

function groupsOf<K>(people: Known[], keyOf: (person: Known) => K): Map<K, Counts> {
  const keys = [...new Set(people.map(keyOf))];
  return new Map(keys.map((key) => [key, expectedCounts(people.filter((person) => keyOf(person) === key))]));
}

function compare(report: Report, people: Known[], built: BuiltDistrict): void {
  expect(report.totals).toEqual(expectedCounts(people));
  const found = <G extends Counts>(groups: G[], keyOf: (group: G) => unknown) =>
    new Map(groups.map((group) => [keyOf(group), countsAlone(group)]));
  expect(found(report.byArea, (group) => built.areaIds.indexOf(group.areaId))).toEqual(groupsOf(people, (p) => p.area));
  expect(found(report.byUnitKind, (group) => group.unitKind)).toEqual(groupsOf(people, (p) => p.kind));
  expect(found(report.byIndustry, (group) => group.industry)).toEqual(groupsOf(people, (p) => p.industry));
  expect(found(report.byCategory, (group) => group.category)).toEqual(groupsOf(people, (p) => p.category));
  expect(found(report.units, (group) => built.unitIds.indexOf(group.unitId))).toEqual(groupsOf(people, (p) => p.unit));
}

function countsAlone(group: Counts): Counts {
  return Object.fromEntries(Object.keys(expectedCounts([])).map((key) => [key, group[key as keyof Counts]])) as Counts;
}

const everything: Visibility = { all: true };
const views = fc.record({
  area: fc.option(fc.nat(2)),
  industry: fc.option(fc.constantFrom('coal' as const, 'food' as const)),
  unit: fc.option(fc.nat(5)),
});

describe('figures equal a count by hand', () => {
  test('of sessions and of the course, in total and by group, for whatever part the caller sees', async () => {
    await fc.assert(
      fc.asyncProperty(plans, views, async (plan, view) => {
        const built = await buildDistrict(db, plan);
        const all = plan.sessions.map((_, index) => index);
        compare(await reports.courseReport(built.courseId, everything), knownPeople(plan, all), built);

        const visibility: Visibility = {
          all: false,
          areaIds: built.areaIds.filter((_, index) => index === view.area),
          industries: view.industry === null ? [] : [view.industry],
          unitIds: built.unitIds.filter((_, index) => index === view.unit),
          personId: null,
        };
        const seen = (person: Known) =>
          person.area === view.area ||
          (person.industry !== null && person.industry === view.industry) ||
          person.unit === view.unit;
        for (const session of all) {
          const sessionId = at(built.sessionIds, session);
          const people = knownPeople(plan, [session]);
          compare(await reports.sessionReport(sessionId, everything), people, built);
          const part = await reports.sessionReport(sessionId, visibility);
          compare(part, people.filter(seen), built);
          expect(part.peakDevices).toBeNull();
          await comparePeople(sessionId, people);
        }
        const part = await reports.courseReport(built.courseId, visibility);
        compare(part, knownPeople(plan, all).filter(seen), built);
      }),
      { numRuns: 12 },
    );
  });
});

/** The list of people adds up to the report. */
async function comparePeople(sessionId: string, people: Known[]): Promise<void> {
  const expected = expectedCounts(people);
  const page = await reports.people(sessionId, { page: 1, pageSize: 500 }, everything);
  expect(page.total).toBe(people.length);
  expect(page.items.filter((person) => person.present)).toHaveLength(expected.people);
  expect(page.items.filter((person) => person.due)).toHaveLength(expected.due);
  expect(page.items.filter((person) => person.complete)).toHaveLength(expected.complete);
  expect(page.items.filter((person) => person.paperPassed)).toHaveLength(expected.paperPassed);
  expect(page.items.reduce((sum, person) => sum + person.creditedSeconds, 0)).toBe(expected.creditedSeconds);
  expect(page.items.reduce((sum, person) => sum + person.devices, 0)).toBe(
    people.reduce((sum, person) => sum + person.devices.size, 0),
  );
  const absent = await reports.people(sessionId, { page: 1, pageSize: 500, present: 'no' }, everything);
  expect(absent.total).toBe(expected.due - expected.present);
  const exported: unknown[] = [];
  for await (const some of reports.everybody(sessionId, everything)) exported.push(...some.map((p) => p.personId));
  expect(exported).toEqual(page.items.map((person) => person.personId));
}

const SMALL: DistrictPlan = {
  areas: 2,
  units: [
    { area: 0, kind: 'enterprise', industry: 'food', highRisk: false },
    { area: 1, kind: 'enterprise', industry: 'coal', highRisk: true },
  ],
  people: [
    { unit: 0, category: 'principal' },
    { unit: 0, category: 'worker' },
    { unit: 1, category: 'worker' },
  ],
  sessions: [45],
  attendees: [{ person: 0, session: 0, due: true, creditedMs: 60_000, devices: [1] }],
  attempts: [],
};

test('what was added after the start stands apart and is not due', async () => {
  const built = await buildDistrict(db, SMALL);
  const report = await reports.sessionReport(at(built.sessionIds, 0), everything);
  expect(report).toMatchObject({ addedAfterFreeze: 2, totals: { due: 1, present: 1, rate: 1 } });
  expect(Report.parse(report)).toEqual(report);
});

test('a class fills minute by minute, each person counted once and only where the caller may see', async () => {
  const built = await buildDistrict(db, {
    ...SMALL,
    attendees: [0, 1, 2].map((person) => ({ person, session: 0, due: true, creditedMs: 60_000, devices: [person] })),
  });
  const sessionId = at(built.sessionIds, 0);
  await db.prisma.attendee.updateMany({
    where: { sessionId, personId: at(built.personIds, 2) },
    data: { firstJoinedAt: new Date(START + 130_000) },
  });
  expect(await reports.arrivals(sessionId, everything)).toEqual([
    { at: new Date(START + 60_000).toISOString(), people: 2 },
    { at: new Date(START + 180_000).toISOString(), people: 3 },
  ]);
  const ofOneUnit: Visibility = {
    all: false,
    areaIds: [],
    industries: [],
    unitIds: [at(built.unitIds, 1)],
    personId: null,
  };
  expect(await reports.arrivals(sessionId, ofOneUnit)).toEqual([
    { at: new Date(START + 180_000).toISOString(), people: 1 },
  ]);
});

test('before the class those invited now are due, and nobody is present', async () => {
  const built = await buildDistrict(db, { ...SMALL, attendees: [] });
  await db.prisma.session.updateMany({
    where: { courseId: built.courseId },
    data: { state: 'scheduled', startedAt: null, endedAt: null },
  });
  const report = await reports.sessionReport(at(built.sessionIds, 0), everything);
  expect(report).toMatchObject({ addedAfterFreeze: 0, dueFrozenAt: null, peakDevices: 0 });
  expect(report.totals).toMatchObject({ unitsDue: 2, unitsPresent: 0, due: 3, present: 0, rate: 0, complete: 0 });
  expect((await reports.courseReport(built.courseId, everything)).totals).toEqual(report.totals);
  const { total, items } = await reports.people(at(built.sessionIds, 0), { page: 2, pageSize: 2 }, everything);
  expect({ total, page: items.length }).toEqual({ total: 3, page: 1 });
});

test('a moved unit is counted where it was at the time, and in a course where it was last', async () => {
  const attendee = { person: 0, due: true, creditedMs: 60_000, devices: [] };
  const built = await buildDistrict(db, {
    ...SMALL,
    sessions: [45, 45],
    attendees: [
      { ...attendee, session: 0 },
      { ...attendee, session: 1 },
    ],
  });
  const [first = '', second = ''] = built.areaIds;
  await db.prisma.attendee.updateMany({ where: { sessionId: at(built.sessionIds, 1) }, data: { areaId: second } });
  const areasOf = (report: Report) => report.byArea.map((group) => group.areaId);
  expect(areasOf(await reports.sessionReport(at(built.sessionIds, 0), everything))).toEqual([first]);
  expect(areasOf(await reports.sessionReport(at(built.sessionIds, 1), everything))).toEqual([second]);
  const course = await reports.courseReport(built.courseId, everything);
  expect(areasOf(course)).toEqual([second]);
  expect(course.totals).toMatchObject({ people: 1, attendances: 2 });
});

test('people are found by name or unit, whatever they type', async () => {
  const built = await buildDistrict(db, {
    ...SMALL,
    attendees: SMALL.people.map((_, person) => ({ person, session: 0, due: true, creditedMs: 0, devices: [] })),
  });
  const find = async (q: string) =>
    (await reports.people(at(built.sessionIds, 0), { page: 1, pageSize: 50, q }, everything)).total;
  expect([await find('人员 1'), await find('单位 0'), await find('%'), await find(' ')]).toEqual([1, 2, 0, 3]);
});
