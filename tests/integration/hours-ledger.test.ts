import ExcelJS from 'exceljs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dueHours, timesOf } from '#contract/class-hours.ts';
import type { LedgerPerson } from '#contract/hours.ts';
import { PersonCategory } from '#contract/organisations.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District, SeededPerson } from '#tests/support/district.ts';

const MINUTE = 60_000;

let app: TestApp;
let district: District;
let year: number;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  year = new Date(app.clock() + 8 * 3_600_000).getUTCFullYear();
});
afterAll(() => app?.close());

interface Held {
  statutory?: boolean;
  startedAt?: number;
  mode?: 'online' | 'offline' | 'both';
}

/** A session that is over. */
async function held({ statutory = false, startedAt = app.clock(), mode = 'online' }: Held = {}): Promise<string> {
  const id = newId();
  await app.prisma.course.create({
    data: {
      id: newId(),
      title: statutory ? '负责人再培训' : '开工第一课',
      statutory,
      ...(statutory && { statutoryBasis: '应急〔2027〕3 号', statutoryApprover: '王建国' }),
      audience: { create: { id: newId() } },
      sessions: {
        create: {
          id,
          number: 1,
          topic: '事故规律与预防',
          mode,
          startsAt: new Date(startedAt),
          startedAt: new Date(startedAt),
          endedAt: new Date(startedAt + 60 * MINUTE),
          plannedMinutes: 60,
          state: 'ended',
          streamKeyHash: Buffer.from(id),
          streamKeyCipher: Buffer.alloc(1),
        },
      },
    },
  });
  return id;
}

async function credit(
  sessionId: string,
  { id, unitId }: Pick<SeededPerson, 'id' | 'unitId'>,
  creditedMs: number,
): Promise<void> {
  const unit = await app.prisma.unit.findUniqueOrThrow({ where: { id: unitId } });
  const { category } = await app.prisma.person.findUniqueOrThrow({ where: { id } });
  const { areaId, kind: unitKind, industry, highRisk } = unit;
  await app.prisma.attendee.create({
    data: { sessionId, personId: id, unitId, areaId, unitKind, industry, highRisk, category, creditedMs },
  });
}

const ledgerOf = async (personId: string, of = year) => {
  const { body } = await district.clients.bureau.call('GET /people/:personId/hours', {
    params: { personId },
    query: { year: of },
  });
  if (!body) throw new Error('no ledger');
  return body;
};

describe('a person’s ledger', () => {
  it('counts statutory hours where the course is marked so, and time attended everywhere', async () => {
    const { principalA, clients } = district;
    await credit(await held({ statutory: true }), principalA, 60 * MINUTE);
    await credit(await held(), principalA, 30 * MINUTE);
    const { person, sessions, rule } = await ledgerOf(principalA.id);
    expect(person).toMatchObject({ dueHours: 12, standing: 'behind', initial: false, onRoster: true, sessions: 2 });
    expect(person).toMatchObject({ statutoryMs: 60 * MINUTE, attendedMs: 90 * MINUTE });
    expect(rule.minutes).toBe(45);
    expect(
      sessions
        .map(({ statutory, statutoryBasis, statutoryApprover }) => [statutory, statutoryBasis, statutoryApprover])
        .sort(),
    ).toEqual([
      [false, null, null],
      [true, '应急〔2027〕3 号', '王建国'],
    ]);
    // The same for the person themselves.
    const me = await district.joined(principalA, district.unitA.joinCode);
    expect((await me.call('GET /my/hours', {})).body).toMatchObject({ person });
    expect((await clients.learner.call('GET /my/hours', {})).body).toMatchObject({ person: { attendedMs: 0 } });
  });

  it('follows a correction at once, by exactly its difference', async () => {
    const { principalA, clients } = district;
    const sessionId = await held({ statutory: true, startedAt: app.clock() - 3 * 3_600_000 });
    const { person: before } = await ledgerOf(principalA.id);
    const evidence = await clients.bureau.call('POST /sessions/:sessionId/evidence', {
      params: { sessionId },
      query: { name: '签到表.pdf' },
      body: Buffer.from('%PDF-1.4'),
    });
    const made = await clients.bureau.call('POST /sessions/:sessionId/corrections', {
      params: { sessionId },
      body: {
        personId: principalA.id,
        change: { effect: 'difference', deltaMs: 17 * MINUTE },
        reason: '会议室断网，签到表为证',
        evidenceId: evidence.body?.id ?? '',
      },
    });
    expect(made.status, JSON.stringify(made.problem)).toBe(200);
    const { person: after } = await ledgerOf(principalA.id);
    expect(after.statutoryMs - before.statutoryMs).toBe(17 * MINUTE);
    expect(after.attendedMs - before.attendedMs).toBe(17 * MINUTE);
  });

  it('has other hours due in the year of initial training, which the unit marks', async () => {
    const { principalA, clients } = district;
    const mark = (initial: boolean) =>
      clients.enterprise.call('PUT /people/:personId/initial-training', {
        params: { personId: principalA.id },
        body: { year, initial },
      });
    expect((await mark(true)).status).toBe(204);
    expect((await mark(true)).status).toBe(204);
    expect((await ledgerOf(principalA.id)).person).toMatchObject({ initial: true, dueHours: 32 });
    expect((await ledgerOf(principalA.id, year - 1)).person).toMatchObject({ initial: false });
    expect((await mark(false)).status).toBe(204);
    expect((await ledgerOf(principalA.id)).person).toMatchObject({ initial: false, dueHours: 12 });
    const noted = await app.prisma.auditEntry.findMany({
      where: { action: 'hours:initial', subjectId: principalA.id },
    });
    expect(noted.map(({ detail }) => detail)).toEqual([
      { year, initial: true },
      { year, initial: false },
    ]);
  });

  it('belongs to the year in which the session began in Beijing, with what somebody was then', async () => {
    const { unitA } = district;
    const id = newId();
    await app.prisma.person.create({
      data: { id, unitId: unitA.id, name: '换岗人', category: 'principal', createdAt: new Date(Date.UTC(year - 2, 5)) },
    });
    const turn = Date.UTC(year, 0) - 8 * 3_600_000;
    await credit(await held({ startedAt: turn - 1, statutory: true }), { id, unitId: unitA.id }, 40 * MINUTE);
    await app.prisma.person.update({ where: { id }, data: { category: 'worker' } });
    await credit(await held({ startedAt: turn, statutory: true }), { id, unitId: unitA.id }, 20 * MINUTE);
    expect((await ledgerOf(id, year - 1)).person).toMatchObject({
      category: 'principal',
      dueHours: 12,
      statutoryMs: 40 * MINUTE,
    });
    expect((await ledgerOf(id)).person).toMatchObject({ category: 'worker', dueHours: 0, statutoryMs: 20 * MINUTE });
    expect((await ledgerOf(id)).years).toEqual([year, year - 1]);
  });

  it('says what to enrol in: sessions ahead of courses that count and that invite the person', async () => {
    const { personB, unitA, unitB } = district;
    const ahead = async (title: string, statutory: boolean, unitId: string) => {
      const id = newId();
      await app.prisma.course.create({
        data: {
          id: newId(),
          title,
          statutory,
          audience: { create: { id: newId(), unitIds: [unitId] } },
          sessions: {
            create: {
              id,
              number: 1,
              topic: title,
              startsAt: new Date(app.clock() + 3_600_000),
              plannedMinutes: 90,
              state: 'scheduled',
              streamKeyHash: Buffer.from(id),
              streamKeyCipher: Buffer.alloc(1),
            },
          },
        },
      });
      return id;
    };
    const counts = await ahead('食品企业再培训', true, unitB.id);
    await ahead('机械企业再培训', true, unitA.id);
    await ahead('食品安全公开课', false, unitB.id);
    expect((await ledgerOf(personB.id)).ahead.map(({ sessionId }) => sessionId)).toEqual([counts]);
    const { body } = await district.clients.enterprise.call('GET /hours', { query: {} });
    expect(body?.ahead.map(({ courseTitle }) => courseTitle)).toEqual(['机械企业再培训']);
  });
});

describe('the ledger of many', () => {
  it('is the pure rule for everybody, adds up in every grouping, and finds who falls behind', async () => {
    const { areaB, unitB, clients } = district;
    const statutory = await held({ statutory: true });
    const open = await held();
    const plan = fc.sample(
      fc.record({
        category: fc.constantFrom(...PersonCategory.options),
        initial: fc.boolean(),
        counted: fc.integer({ min: 0, max: 60 * MINUTE }),
        attended: fc.integer({ min: 0, max: 60 * MINUTE }),
      }),
      { numRuns: 40, seed: 7 },
    );
    const people = [];
    for (const [n, each] of plan.entries()) {
      const person = { id: newId(), unitId: unitB.id };
      await app.prisma.person.create({ data: { ...person, name: `${n}`.padStart(3, '0'), category: each.category } });
      if (each.initial) {
        const data = { personId: person.id, year, markedAt: new Date(app.clock()) };
        await app.prisma.initialTraining.create({ data });
      }
      if (each.counted > 0) await credit(statutory, person, each.counted);
      if (each.attended > 0) await credit(open, person, each.attended);
      people.push({ ...person, ...each });
    }
    // A rule by which some have done enough.
    const figures = app.config.classHours;
    const query = { year, unitId: unitB.id, pageSize: 500 };
    const items = (await clients.bureau.call('GET /hours/people', { query })).body?.items ?? [];
    const row = (id: string) => items.find(({ personId }) => personId === id) as LedgerPerson;
    for (const { id, category, initial, counted, attended } of people) {
      const due = dueHours({ unitKind: 'enterprise', industry: 'food', category, initial }, figures);
      const times = timesOf([
        { creditedMs: counted, statutory: true },
        { creditedMs: attended, statutory: false },
      ]);
      const standing = due === 0 ? 'none' : times.statutoryMs >= due * 45 * MINUTE ? 'fulfilled' : 'behind';
      expect(row(id)).toMatchObject({ ...times, dueHours: due, standing, initial });
    }
    const behind = await clients.bureau.call('GET /hours/people', { query: { ...query, standing: 'behind' } });
    expect(behind.body?.total).toBe(items.filter(({ standing }) => standing === 'behind').length);

    const { body } = await clients.bureau.call('GET /hours', { query: { year } });
    const all = (await clients.bureau.call('GET /hours/people', { query: { year, pageSize: 500 } })).body?.items ?? [];
    const sum = (key: 'dueHours' | 'statutoryMs' | 'attendedMs') => all.reduce((total, each) => total + each[key], 0);
    const totals = body?.totals;
    expect(totals).toMatchObject({
      dueHours: sum('dueHours'),
      statutoryMs: sum('statutoryMs'),
      attendedMs: sum('attendedMs'),
      people: all.filter(({ onRoster }) => onRoster).length,
      behind: all.filter(({ standing }) => standing === 'behind').length,
    });
    for (const groups of [body?.byArea, body?.byIndustry, body?.byCategory]) {
      for (const key of ['people', 'due', 'behind', 'dueHours', 'countedMs', 'statutoryMs', 'attendedMs'] as const) {
        expect((groups ?? []).reduce((total, group) => total + group[key], 0)).toBe(totals?.[key]);
      }
    }
    const ofB = await clients.bureau.call('GET /hours', { query: { year, areaId: areaB.id } });
    const { areaId: _, areaName: __, ...groupB } = body?.byArea.find(({ areaId }) => areaId === areaB.id) ?? {};
    expect(ofB.body?.totals).toEqual(groupB);
  });

  it('shows each role its own part, and whoever left for what they attended alone', async () => {
    const { unitA, clients } = district;
    const gone = { id: newId(), unitId: unitA.id };
    await app.prisma.person.create({
      data: { ...gone, name: '离职人', category: 'principal', leftAt: new Date(app.clock()) },
    });
    const never = newId();
    await app.prisma.person.create({
      data: { id: never, unitId: unitA.id, name: '未到人', category: 'worker', leftAt: new Date(app.clock()) },
    });
    await credit(await held({ statutory: true }), gone, 50 * MINUTE);
    const mine = (await clients.enterprise.call('GET /hours/people', { query: { pageSize: 500 } })).body?.items ?? [];
    expect(new Set(mine.map(({ unitId }) => unitId))).toEqual(new Set([unitA.id]));
    expect(mine.find(({ personId }) => personId === gone.id)).toMatchObject({
      onRoster: false,
      dueHours: 0,
      standing: 'none',
    });
    expect(mine.some(({ personId }) => personId === never)).toBe(false);
    const areaA = await clients.supervisor.call('GET /hours', { query: {} });
    expect(areaA.body?.byArea.map(({ areaName }) => areaName)).toEqual(['东湖街道']);
  });

  it('is taken away as a workbook and as CSV whose figures are those of the pages, on record', async () => {
    const { clients, unitA } = district;
    await app.prisma.person.update({ where: { id: district.personA.id }, data: { name: '=1+1' } });
    const query = { year, unitId: unitA.id };
    const items =
      (await clients.enterprise.call('GET /hours/people', { query: { ...query, pageSize: 500 } })).body?.items ?? [];
    const workbook = new ExcelJS.Workbook();
    const xlsx = await clients.enterprise.fetch(`/api/v1/hours/export?year=${year}&unitId=${unitA.id}`);
    await workbook.xlsx.load(await xlsx.arrayBuffer());
    expect(workbook.worksheets.map(({ name }) => name)).toEqual(['人员学时', '按街道', '按行业', '按人员类别', '口径']);
    const people = workbook.getWorksheet('人员学时');
    expect((people?.actualRowCount ?? 0) - 3).toBe(items.length);
    const rowOf = (name: string) => {
      let found: ExcelJS.CellValue[] = [];
      people?.eachRow((row) => {
        if (row.getCell(4).value === name) found = row.values as ExcelJS.CellValue[];
      });
      return found;
    };
    const li = items.find(({ personName }) => personName === '李四') as LedgerPerson;
    const done = Math.floor(li.statutoryMs / (4.5 * MINUTE)) / 10;
    expect(rowOf('李四').slice(8, 12)).toEqual([12, done, Math.round(120 - done * 10) / 10, '未达到']);
    expect(rowOf("'=1+1")[4]).toBe("'=1+1");

    const csv = await (await clients.enterprise.fetch(`/api/v1/hours/export?format=csv&year=${year}`)).text();
    expect(csv.startsWith('街道/功能区,单位名称,')).toBe(true);
    expect(csv).toContain("'=1+1");
    expect(csv).not.toContain('西山食品');
    const taken = await app.prisma.auditEntry.findMany({ where: { action: 'hours:export' }, orderBy: { id: 'asc' } });
    expect(taken.map(({ detail }) => detail)).toMatchObject([{ unitId: unitA.id, format: 'xlsx' }, { format: 'csv' }]);
  });
});

describe('a course that counts as statutory class hours', () => {
  it('names its basis and who approved it, and both are on record', async () => {
    const { bureau } = district.clients;
    const title = '主要负责人再培训';
    const refused = await bureau.call('POST /courses', {
      body: { title, statutory: true, statutoryBasis: '应急〔2027〕3 号' },
    });
    expect([refused.status, refused.problem?.code]).toEqual([400, 'statutory-unfounded']);
    const made = await bureau.call('POST /courses', { body: { title } });
    const params = { courseId: made.body?.id ?? '' };
    expect(made.body).toMatchObject({ statutory: false });
    const half = await bureau.call('PATCH /courses/:courseId', { params, body: { statutory: true } });
    expect(half.problem?.code).toBe('statutory-unfounded');
    const founded = { statutory: true, statutoryBasis: '应急〔2027〕3 号', statutoryApprover: '王建国' };
    expect((await bureau.call('PATCH /courses/:courseId', { params, body: founded })).body).toMatchObject(founded);
    const emptied = await bureau.call('PATCH /courses/:courseId', { params, body: { statutoryBasis: ' ' } });
    expect(emptied.problem?.code).toBe('statutory-unfounded');
    const noted = await app.prisma.auditEntry.findMany({
      where: { action: 'course:update', subjectId: params.courseId },
    });
    expect(noted.map(({ detail }) => detail)).toMatchObject([{ statutory: founded }]);
  });
});
