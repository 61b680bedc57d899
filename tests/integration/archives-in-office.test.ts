import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Counts, Report } from '#contract/reports.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District, SeededPerson } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { hasOffice, openedByOffice } from '#tests/support/office.ts';
import { codeOfSheet, codeOnLastPage } from '#tests/support/read-codes.ts';

/*
 * What export jobs wrote, opened by other people's programs: names that would break a table arrive whole, the figures add up to those of the pages,
 * and the codes are readable.
 */

const PERSON = '𠮷田,"丰"\n第二行';
const ACTING = '=HYPERLINK("http://x","点")';
const COMPANY = `东湖${'精密机械制造'.repeat(5)}（集团）有限公司`;
const LONG = { timeout: 60_000, interval: 100 };
const hasPoppler = (() => {
  try {
    execFileSync('pdftoppm', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let app: TestApp;
let district: District;
let sessionId: string;
let courseId: string;
/** All of them are made before any is looked at: what looks at them takes this process for itself. */
let report: Report;
let made: Record<string, Buffer>;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const seeded = await seedFirstClass(app, district);
  ({ sessionId, courseId } = seeded);
  const { unitA, personA, principalA, personB, official } = district;
  const { prisma } = app;
  await prisma.person.update({ where: { id: personA.id }, data: { name: PERSON } });
  await prisma.person.update({ where: { id: principalA.id }, data: { name: ACTING } });
  await prisma.unit.update({ where: { id: unitA.id }, data: { name: COMPANY } });
  await prisma.session.update({ where: { id: sessionId }, data: { state: 'ended', endedAt: new Date(app.clock()) } });
  await attend(personA, { liveMs: 150_000 });
  await attend(principalA, { replayMs: 2_700_000 });
  await attend(official, { venueMs: 3_000_000 });
  await attend(personB, {});
  await signIn(seeded.screenId, personA, principalA);
  const at = new Date(app.clock());
  await prisma.venueVisit.create({
    data: {
      ...{ id: newId(), sessionId, personId: official.id, signedInAt: at, sureAt: at, signedOutAt: at },
      ...{ inWay: 'code', outWay: 'hand' },
    },
  });
  made = {
    ...{ 'session.xlsx': await ofSession('xlsx'), 'session.pdf': await ofSession('pdf') },
    ...{ 'course.xlsx': await ofCourse('xlsx'), 'course.csv': await ofCourse('csv') },
    ...{ 'unit.xlsx': await ofUnit('xlsx'), 'unit.pdf': await ofUnit('pdf') },
    ...{ 'person.xlsx': await ofPerson('xlsx'), 'person.pdf': await ofPerson('pdf') },
  };
  const params = { sessionId };
  report = (await district.clients.bureau.call('GET /sessions/:sessionId/report', { params })).body;
}, 180_000);
afterAll(() => app?.close());

type Ways = Partial<Record<'liveMs' | 'replayMs' | 'venueMs', number>>;

async function attend({ id }: SeededPerson, ways: Ways): Promise<void> {
  const { unit, ...person } = await app.prisma.person.findUniqueOrThrow({ where: { id }, include: { unit: true } });
  const creditedMs = Object.values(ways).reduce((sum, ms) => sum + ms, 0);
  await app.prisma.attendee.create({
    data: {
      ...{ sessionId, personId: id, unitId: unit.id, areaId: unit.areaId, unitKind: unit.kind, due: true },
      ...{ industry: unit.industry, highRisk: unit.highRisk, category: person.category, creditedMs, ...ways },
      firstJoinedAt: creditedMs > 0 ? new Date(app.clock()) : null,
    },
  });
}

/** Two people by one phone, a photograph of the room, a signed sheet, and what only begins as a picture. */
async function signIn(screenId: string, ...people: SeededPerson[]): Promise<void> {
  const at = new Date(app.clock());
  const deviceId = randomUUID();
  for (const { id } of people) {
    await app.prisma.screenSignIn.create({
      data: { ...{ id: newId(), screenId, personId: id, signedInAt: at, way: 'code', deviceId }, signedOutAt: at },
    });
  }
  const photo = execFileSync('ffmpeg', [
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=640x480',
      '-frames:v',
      '1',
      '-f',
      'image2',
      '-c:v',
      'mjpeg',
      '-',
    ],
  ]);
  const broken = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(40, 7)]);
  const files = [
    { kind: 'photo_start', name: '开场.jpg', type: 'image/jpeg', content: photo },
    { kind: 'photo_end', name: '结束.png', type: 'image/png', content: broken },
    { kind: 'sheet', name: '签到表.pdf', type: 'application/pdf', content: Buffer.from('%PDF-1.4\n') },
  ] as const;
  for (const { content, ...file } of files) {
    const sha256 = Uint8Array.from(createHash('sha256').update(content).digest());
    await app.prisma.screenFile.create({
      data: {
        ...file,
        id: newId(),
        screenId,
        bytes: content.length,
        sha256,
        content: Uint8Array.from(content),
        uploadedAt: at,
      },
    });
  }
}

async function fileOf(client: HttpClient, id: string): Promise<Buffer> {
  await vi.waitUntil(
    async () => (await client.call('GET /exports')).body.find((each) => each.id === id)?.state === 'done',
    LONG,
  );
  return Buffer.from(await (await client.fetch(`/api/v1/exports/${id}/file`)).arrayBuffer());
}

async function ofSession(format: 'xlsx' | 'pdf'): Promise<Buffer> {
  const { bureau } = district.clients;
  const { body } = await bureau.call('POST /sessions/:sessionId/exports', { params: { sessionId }, body: { format } });
  return fileOf(bureau, body.id);
}

async function ofCourse(format: 'xlsx' | 'csv'): Promise<Buffer> {
  const { bureau } = district.clients;
  const { body } = await bureau.call('POST /courses/:courseId/exports', { params: { courseId }, body: { format } });
  return fileOf(bureau, body.id);
}

async function ofUnit(format: 'xlsx' | 'pdf'): Promise<Buffer> {
  const { enterprise } = district.clients;
  const params = { unitId: district.unitA.id };
  const { body } = await enterprise.call('POST /units/:unitId/exports', { params, body: { format } });
  return fileOf(enterprise, body.id);
}

async function ofPerson(format: 'xlsx' | 'pdf'): Promise<Buffer> {
  const { enterprise } = district.clients;
  const params = { personId: district.personA.id };
  const { body } = await enterprise.call('POST /people/:personId/exports', { params, body: { format } });
  return fileOf(enterprise, body.id);
}

/** Rows below the headings by heading. */
function tableOf(rows: string[][] | undefined, first: string): Record<string, string>[] {
  const at = rows?.findIndex((row) => row.includes(first)) ?? -1;
  const headings = rows?.[at];
  if (!rows || !headings) throw new Error(`no ${first} among ${JSON.stringify(rows?.slice(0, 4))}`);
  return rows
    .slice(at + 1)
    .filter((row) => row.some(Boolean))
    .map((row) => Object.fromEntries(headings.map((heading, n) => [heading, row[n] ?? ''])));
}

const sum = (rows: Record<string, string>[], heading: string) =>
  rows.reduce((total, row) => total + Number((row[heading] ?? '').replaceAll(',', '')), 0);

describe.skipIf(!hasOffice)('LibreOffice', () => {
  it('opens the files of a session and a course, and finds what the pages say', { timeout: 240_000 }, async () => {
    const workbooks = Object.entries(made).filter(([name]) => !name.endsWith('.pdf'));
    const sheets = await openedByOffice(Object.fromEntries(workbooks));
    const { totals } = report;
    expect(totals).toMatchObject({ due: 4, present: 3, attendances: 3, attendancesReplay: 1, attendancesVenue: 1 });

    const figures: [string, (counts: Counts) => number][] = [
      ['应到人数', ({ due }) => due],
      ['实到人数', ({ present }) => present],
      ['人次', ({ attendances }) => attendances],
      ['直播人次', (counts) => counts.attendances - counts.attendancesReplay - counts.attendancesVenue],
      ['补课人次', ({ attendancesReplay }) => attendancesReplay],
      ['线下人次', ({ attendancesVenue }) => attendancesVenue],
      ['达标人次', ({ complete }) => complete],
      ['有效时长（分钟）', ({ creditedSeconds }) => creditedSeconds / 60],
    ];
    for (const file of ['session', 'course']) {
      for (const [sheet, first] of [
        ['按单位', '单位名称'],
        ['按街道', '街道/功能区'],
        ['按行业', '行业'],
        ['按人员类别', '人员类别'],
      ] as const) {
        const rows = tableOf(sheets.get(`${file}-${sheet}`), first);
        for (const [heading, of] of figures) {
          expect(sum(rows, heading), `${file} ${sheet} ${heading}`).toBeCloseTo(of(totals), 5);
        }
      }
    }
    const details = [
      tableOf(sheets.get('session-参训明细'), '姓名'),
      tableOf(sheets.get('course-参训明细'), '姓名'),
      tableOf(sheets.get('course-course'), '姓名'),
    ];
    for (const rows of details) {
      expect(rows).toHaveLength(4);
      expect(rows.filter((row) => row.参训 === '是')).toHaveLength(totals.attendances);
      expect(sum(rows, '有效时长（分钟）')).toBeCloseTo(totals.creditedSeconds / 60, 5);
      for (const way of ['直播', '补课', '线下']) expect(sum(rows, `${way}（分钟）`)).toBeGreaterThan(0);
      const names = rows.map((row) => row.姓名);
      expect(names).toContain(PERSON);
      expect(names).toContain(`'${ACTING}`);
      expect(rows.map((row) => row.单位名称)).toContain(COMPANY);
      expect(JSON.stringify(rows)).not.toContain(district.personA.phone);
    }

    for (const name of ['session-', 'unit-课程 1 ']) {
      const signed = tableOf(sheets.get(`${name}集中观看点签到`), '姓名');
      expect(signed.map((row) => row.姓名)).toEqual(expect.arrayContaining([PERSON, `'${ACTING}`]));
      expect(signed[0]?.说明).toBe('同一手机签到 2 人');
      const files = tableOf(sheets.get(`${name}签到表与现场照片`), '附件号');
      expect(files.map((row) => row.文件名)).toEqual(['签到表.pdf', '开场.jpg', '结束.png']);
      expect(tableOf(sheets.get(`${name}集中观看点`), '观看点')).toMatchObject([
        { 实名签到人数: '2', '签到表（份）': '1' },
      ]);
    }
    expect(tableOf(sheets.get('session-线下签到'), '姓名')).toMatchObject([{ 姓名: '赵六', 签退方式: '现场人员登记' }]);
    expect(tableOf(sheets.get('person-参训记录'), '期')).toMatchObject([{ '直播（分钟）': '2.5' }]);
  });
});

describe('the codes lead to the public page of the record', () => {
  const address = expect.stringMatching(new RegExp(`/verify/${'[0-9a-f-]{36}'}/`));

  it('in a workbook', async () => {
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load(made['session.xlsx'] as unknown as ExcelJS.Buffer);
    const sheet = workbook.getWorksheet('核验码');
    expect(sheet && codeOfSheet(sheet)).toEqual(address);
  });

  it.skipIf(!hasPoppler)('on paper', { timeout: 120_000 }, async () => {
    for (const paper of ['session.pdf', 'unit.pdf', 'person.pdf']) {
      expect(codeOnLastPage(made[paper] as Buffer), paper).toEqual(address);
    }
  });
});

it.skipIf(!hasPoppler)('documents are attached to the paper, and so is what can’t be drawn', () => {
  const file = path.join(app.config.dataDir, 'session.pdf');
  writeFileSync(file, made['session.pdf'] as Buffer);
  const list = execFileSync('pdfdetach', ['-list', file]).toString();
  expect(list).toContain('2 embedded files');
  expect(list).toMatch(/附 1 签到表.*\.pdf/);
  expect(list).toMatch(/附 3 现场照片（结束）.*\.png/);
});
