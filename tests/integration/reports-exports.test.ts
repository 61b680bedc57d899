import { createHash } from 'node:crypto';
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District, SeededPerson } from '#tests/support/district.ts';

type SessionExport = 'GET /sessions/:sessionId/export/attendance' | 'GET /sessions/:sessionId/export/missing';

let app: TestApp;
let district: District;
let courseId: string;
let sessionId: string;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  // What a spreadsheet would run, and a code that it would round.
  await app.prisma.person.update({ where: { id: district.personA.id }, data: { name: '=HYPERLINK("http://x")' } });
  await app.prisma.unit.update({
    where: { id: district.unitB.id },
    data: { name: '+西山食品', creditCode: '911234567890123452' },
  });
});
afterAll(() => app?.close());

beforeEach(async () => {
  courseId = newId();
  sessionId = newId();
  await app.prisma.course.create({
    data: {
      id: courseId,
      title: '开工/第一课',
      audience: { create: { id: newId() } },
      sessions: {
        create: {
          id: sessionId,
          number: 1,
          topic: '事故规律与预防',
          startsAt: new Date(app.clock()),
          startedAt: new Date(app.clock() - 45 * 60_000),
          endedAt: new Date(app.clock()),
          plannedMinutes: 45,
          state: 'ended',
          peakDevices: 7,
          instructorAccountId: district.accounts.instructor.id,
          streamKeyHash: createHash('sha256').update(sessionId).digest(),
          streamKeyCipher: Buffer.alloc(1),
        },
      },
    },
  });
  await attend(district.personA, 150_000);
  await attend(district.principalA, 0);
  await attend(district.personB, 0);
  await attend(district.official, 2_700_000);
});

async function attend(person: SeededPerson, creditedMs: number, changes: object = {}): Promise<void> {
  const { unit, ...row } = await app.prisma.person.findUniqueOrThrow({
    where: { id: person.id },
    include: { unit: true },
  });
  await app.prisma.attendee.create({
    data: {
      sessionId,
      personId: person.id,
      unitId: unit.id,
      areaId: unit.areaId,
      unitKind: unit.kind,
      industry: unit.industry,
      highRisk: unit.highRisk,
      category: row.category,
      due: true,
      creditedMs,
      firstJoinedAt: creditedMs > 0 ? new Date(Date.UTC(2027, 1, 1, 1, 2, 3)) : null,
      ...changes,
    },
  });
}

async function download(key: SessionExport, format: 'xlsx' | 'csv', client = district.clients.bureau) {
  return client.call(key, { params: { sessionId }, query: { format } });
}

async function open(file: Buffer): Promise<ExcelJS.Workbook> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(file as unknown as ExcelJS.Buffer);
  return workbook;
}

/** A table's rows by heading; headings stand in the third row. */
function rowsOf(workbook: ExcelJS.Workbook, name: string): Record<string, ExcelJS.CellValue>[] {
  const sheet = workbook.getWorksheet(name);
  if (!sheet) throw new Error(`there is no sheet ${name}`);
  const headings = (sheet.getRow(3).values as string[]).slice(1);
  const rows: Record<string, ExcelJS.CellValue>[] = [];
  sheet.eachRow((row, number) => {
    if (number <= 3) return;
    rows.push(Object.fromEntries(headings.map((heading, i) => [heading, row.getCell(i + 1).value])));
  });
  return rows;
}

const SHEETS = ['汇总', '按单位', '按街道', '按单位类型', '按行业', '按人员类别', '人员明细'];

describe('the attendance workbook', () => {
  test('has its sheets, a Chinese file name, and types that count', async () => {
    // In line twice, since the page was away for a while.
    const wait = { sessionId, personId: district.personA.id };
    await app.prisma.attendanceWait.createMany({
      data: [
        { ...wait, beganAt: new Date(app.clock() - 200_000), waitedMs: 61_500 },
        { ...wait, beganAt: new Date(app.clock() - 90_000), waitedMs: 30_000 },
      ],
    });
    const reply = await download('GET /sessions/:sessionId/export/attendance', 'xlsx');
    expect(reply.headers.get('content-disposition')).toContain(
      `filename*=UTF-8''${encodeURIComponent('开工_第一课-第1期-考勤.xlsx')}`,
    );
    const workbook = await open(reply.body);
    expect(workbook.worksheets.map((sheet) => sheet.name)).toEqual([...SHEETS, '更正记录', '核验', '核验码']);
    const seal = new Map<unknown, unknown>();
    workbook.getWorksheet('核验')?.eachRow((row) => seal.set(row.getCell(1).value, row.getCell(2).value));
    expect(seal.get('记录链摘要')).toMatch(/^[0-9a-f]{64}$/);
    expect(seal.get('核验地址')).toMatch(/^http.*\/verify\/[0-9a-f-]{36}\/0-[0-9a-f]{32}$/);
    const dark = (row: number, column: number) =>
      workbook.getWorksheet('核验码')?.getCell(row, column).fill?.type === 'pattern';
    // The ring of the code's first corner, behind a margin of four.
    expect([dark(4, 5), dark(5, 4), dark(5, 5), dark(6, 6), dark(11, 11)]).toEqual([false, false, true, false, true]);
    const [person] = rowsOf(workbook, '人员明细').filter((row) => row.姓名 === `'=HYPERLINK("http://x")`);
    expect(person).toMatchObject({
      手机号: '138****0004',
      '有效时长（分钟）': 2.5,
      应到: '是',
      参训: '是',
      达标: '否',
      首次进入时间: new Date(Date.UTC(2027, 1, 1, 9, 2, 3)),
      '进入前排队（秒）': 91,
    });
    const sheet = workbook.getWorksheet('按单位');
    expect(sheet?.autoFilter).toBeTruthy();
    expect(sheet?.views[0]).toMatchObject({ state: 'frozen', ySplit: 3 });
    const units = rowsOf(workbook, '按单位');
    const rate = sheet?.getRow(3).values as string[];
    expect(sheet?.getRow(4).getCell(rate.indexOf('参训率')).numFmt).toBe('0.0%');
    expect(units.find((unit) => unit.单位名称 === `'+西山食品`)).toMatchObject({
      统一社会信用代码: '911234567890123452',
      参训率: 0,
      应到人数: 1,
    });
  });

  test('adds up: every sheet to the same totals as the report', async () => {
    const report = (await district.clients.bureau.call('GET /sessions/:sessionId/report', { params: { sessionId } }))
      .body;
    const workbook = await open((await download('GET /sessions/:sessionId/export/attendance', 'xlsx')).body);
    const total = (name: string, heading: string) =>
      rowsOf(workbook, name).reduce((sum, row) => sum + Number(row[heading]), 0);
    for (const name of SHEETS.slice(1, -1)) {
      expect([name, total(name, '应到人数'), total(name, '实到人数'), total(name, '人次')]).toEqual([
        name,
        report.totals.due,
        report.totals.present,
        report.totals.attendances,
      ]);
    }
    const people = rowsOf(workbook, '人员明细');
    expect(people.filter((row) => row.应到 === '是')).toHaveLength(report.totals.due);
    expect(people.filter((row) => row.参训 === '是')).toHaveLength(report.totals.people);
    const summary = new Map<unknown, unknown>();
    workbook.getWorksheet('汇总')?.eachRow((row) => summary.set(row.getCell(1).value, row.getCell(2).value));
    expect([summary.get('应到人数'), summary.get('参训率'), summary.get('峰值同时在线（台）')]).toEqual([4, 0.5, 7]);
    expect(report.totals).toMatchObject({ due: 4, present: 2, rate: 0.5, unitsDue: 3, unitsPresent: 2 });
  });

  test('of a course it has a sheet of its sessions', async () => {
    const reply = await district.clients.bureau.call('GET /courses/:courseId/export/attendance', {
      params: { courseId },
      query: { format: 'xlsx' },
    });
    const workbook = await open(reply.body);
    expect(rowsOf(workbook, '各期')).toMatchObject([{ 期: 1, 主题: '事故规律与预防', 应到人数: 4, 参训率: 0.5 }]);
    const csv = await district.clients.bureau.call('GET /courses/:courseId/export/attendance', {
      params: { courseId },
      query: { format: 'csv' },
    });
    expect(csv.body.toString().split('\r\n')).toHaveLength(1 + 3 + 1);
    expect(csv.body.toString().split('\r\n')[0]).toMatch(/,核验摘要 [0-9a-f]{64} 核验地址 http\S+$/);
  });
});

test('the CSV opens in Excel: BOM, CRLF, no formula, no rounded code', async () => {
  const reply = await download('GET /sessions/:sessionId/export/attendance', 'csv');
  expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect([...reply.body.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const text = reply.body.toString().slice(1);
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  const lines = text.trimEnd().split('\r\n');
  expect(lines[0]).toMatch(/^街道\/功能区,单位名称,/);
  expect(lines).toHaveLength(5);
  expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
  expect(text).toContain(`'+西山食品,\t911234567890123452,`);
  expect(text).toContain('2027-02-01 09:02:03');
});

test('the counts of every group are one CSV, and its figures are those of the report', async () => {
  const { bureau, supervisor } = district.clients;
  const params = { sessionId };
  const report = (await bureau.call('GET /sessions/:sessionId/report', { params })).body;
  const reply = await bureau.call('GET /sessions/:sessionId/export/counts', { params });
  expect(reply.headers.get('content-disposition')).toContain(encodeURIComponent('第1期-分组统计.csv'));
  const [headings = '', ...lines] = reply.body.toString().slice(1).trimEnd().split('\r\n');
  const column = headings.split(',').indexOf('应到人数');
  const groups = [...new Set(lines.map((line) => line.split(',')[0]))];
  expect(groups).toEqual(['合计', '街道/功能区', '单位类型', '行业', '人员类别', '单位']);
  const dueOf = (group: string | undefined) =>
    lines.filter((line) => line.startsWith(`${group},`)).map((line) => Number(line.split(',')[column]));
  // Everybody is in one group of each kind.
  for (const group of groups) expect(dueOf(group).reduce((sum, due) => sum + due)).toBe(report.totals.due);
  expect(dueOf('街道/功能区')).toEqual(report.byArea.map(({ due }) => due));
  expect(headings).toMatch(/,核验摘要 [0-9a-f]{64} 核验地址 http\S+$/);

  const course = await bureau.call('GET /courses/:courseId/export/counts', { params: { courseId } });
  expect(course.body.toString().split('\r\n')).toHaveLength(lines.length + 2);
  const seen = (await supervisor.call('GET /sessions/:sessionId/export/counts', { params })).body.toString();
  expect(seen).not.toContain('西山食品');
  const taken = await app.prisma.auditEntry.count({ where: { subjectId: sessionId, action: 'report:export' } });
  expect(taken).toBeGreaterThanOrEqual(2);
});

describe('who is missing', () => {
  async function missing(client = district.clients.bureau) {
    const reply = await client.call('GET /sessions/:sessionId/missing', { params: { sessionId } });
    return reply.body.map((unit) => [unit.unitName, unit.due, unit.contactPhone]);
  }

  test('afterwards: units of whom nobody attended, masked; the file has the whole number, which goes on record', async () => {
    const read = { where: { subjectId: sessionId, action: 'phone:read' } };
    expect(await missing()).toEqual([['+西山食品', 1, '139****0002']]);
    expect(await app.prisma.auditEntry.count(read)).toBe(0);
    expect((await download('GET /sessions/:sessionId/export/missing', 'csv')).body.toString()).toContain('13900000002');
    const entry = await app.prisma.auditEntry.findFirst(read);
    expect(entry).toMatchObject({ accountId: district.accounts.bureau.id, detail: { missingUnits: 1 } });
  });

  test('live: units of whom nobody is here now, high-risk first', async () => {
    await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'live', endedAt: null } });
    const beat = (personId: string, ago: number) => {
      const at = new Date(app.clock() - ago);
      return app.prisma.attendee.update({
        where: { sessionId_personId: { sessionId, personId } },
        data: { firstJoinedAt: at, lastBeatAt: at },
      });
    };
    await beat(district.personA.id, 61_000);
    await beat(district.official.id, 59_000);
    expect((await missing()).map(([name]) => name)).toEqual(['东湖机械有限公司', '+西山食品']);
    await beat(district.principalA.id, 0);
    expect((await missing()).map(([name]) => name)).toEqual(['+西山食品']);
  });

  test('a supervisor sees units of the own area', async () => {
    await app.prisma.attendee.updateMany({ where: { sessionId }, data: { creditedMs: 0 } });
    expect((await missing(district.clients.supervisor)).map(([name]) => name)).toEqual([
      '东湖机械有限公司',
      '东湖街道办事处',
    ]);
    for (const client of [district.clients.enterprise, district.clients.learner, district.clients.instructor]) {
      expect((await client.call('GET /sessions/:sessionId/missing', { params: { sessionId } })).status).toBe(403);
    }
  });

  test('the list as a file', async () => {
    await app.prisma.attendee.updateMany({ where: { sessionId }, data: { creditedMs: 0 } });
    const reply = await download('GET /sessions/:sessionId/export/missing', 'xlsx');
    const rows = rowsOf(await open(reply.body), '未参训名单');
    expect(rows.map((row) => [row['街道/功能区'], row.高危, row.联系电话])).toEqual([
      ['东湖街道', '是', '13900000001'],
      ['东湖街道', '否', '13900000003'],
      ['西山街道', '否', '13900000002'],
    ]);
    const entry = await app.prisma.auditEntry.findFirst({ where: { subjectId: sessionId, action: 'report:export' } });
    expect(entry).toMatchObject({ accountId: district.accounts.bureau.id, detail: { what: 'missing.xlsx' } });
  });
});

describe('what others see', () => {
  test('a supervisor and an enterprise: their own units alone, in reports, lists and files', async () => {
    const { supervisor, enterprise } = district.clients;
    const params = { sessionId };
    const area = (await supervisor.call('GET /sessions/:sessionId/report', { params })).body;
    expect(area).toMatchObject({ peakDevices: null, totals: { due: 3, present: 2, unitsDue: 2 } });
    const unit = (await enterprise.call('GET /sessions/:sessionId/report', { params })).body;
    expect(unit).toMatchObject({ peakDevices: null, totals: { due: 2, present: 1, unitsDue: 1 } });
    const people = await enterprise.call('GET /sessions/:sessionId/people', { params });
    expect(people.body.items.every((person) => person.unitId === district.unitA.id)).toBe(true);
    const foreign = { params, query: { unitId: district.unitB.id } };
    expect((await enterprise.call('GET /sessions/:sessionId/people', foreign)).body).toEqual({ items: [], total: 0 });
    const file = await open((await download('GET /sessions/:sessionId/export/attendance', 'xlsx', enterprise)).body);
    expect(rowsOf(file, '人员明细')).toHaveLength(2);
    expect(rowsOf(file, '按单位')).toHaveLength(1);
  });

  test('an instructor: the whole of what they teach, and no file; a learner: nothing', async () => {
    const { instructor, learner } = district.clients;
    const report = await instructor.call('GET /sessions/:sessionId/report', { params: { sessionId } });
    expect(report.body).toMatchObject({ peakDevices: 7, totals: { due: 4 } });
    expect((await download('GET /sessions/:sessionId/export/attendance', 'csv', instructor)).status).toBe(403);
    expect((await learner.call('GET /sessions/:sessionId/report', { params: { sessionId } })).status).toBe(403);
    const strange = { params: { sessionId: newId() } };
    expect((await instructor.call('GET /sessions/:sessionId/report', strange)).status).toBe(404);
  });
});
