import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Export } from '#contract/archives.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';

let app: TestApp;
let district: District;
let sessionId: string;
let courseId: string;

/** A class that is over, in which one person of the first unit was, with a name that would act and a rare sign. */
beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  ({ sessionId, courseId } = await seedFirstClass(app, district));
  const { unitA, personA } = district;
  await app.prisma.person.update({ where: { id: personA.id }, data: { name: '=𠮷田,"丰"' } });
  await app.prisma.session.update({
    where: { id: sessionId },
    data: { state: 'ended', endedAt: new Date(app.clock()) },
  });
  const unit = await app.prisma.unit.findUniqueOrThrow({ where: { id: unitA.id } });
  await app.prisma.attendee.create({
    data: {
      ...{ sessionId, personId: personA.id, unitId: unit.id, areaId: unit.areaId, unitKind: unit.kind, due: true },
      ...{ industry: unit.industry, highRisk: unit.highRisk, category: 'worker', creditedMs: 150_000, liveMs: 150_000 },
    },
  });
});
afterAll(() => app?.close());

const LONG = { timeout: 90_000 };

/** Waits until it is made. */
async function done(client: HttpClient, id: string): Promise<Export> {
  const read = async () => (await client.call('GET /exports')).body.find((each) => each.id === id);
  await expect.poll(async () => (await read())?.state, LONG).toBe('done');
  return (await read()) as Export;
}

const fetchFile = (client: HttpClient, id: string, headers: Record<string, string> = {}) =>
  client.fetch(`/api/v1/exports/${id}/file`, { headers });

async function sheetsOf(file: Buffer): Promise<Map<string, unknown[][]>> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(file as unknown as ExcelJS.Buffer);
  return new Map(
    workbook.worksheets.map((sheet) => {
      const rows: unknown[][] = [];
      sheet.eachRow((row) => rows.push((row.values as unknown[]).slice(1)));
      return [sheet.name, rows];
    }),
  );
}

async function make(client: HttpClient, format: 'xlsx' | 'pdf', full = false): Promise<Buffer> {
  const params = { sessionId };
  const asked = await client.call('POST /sessions/:sessionId/exports', { params, body: { format, full } });
  expect(asked.status).toBe(200);
  await done(client, asked.body.id);
  return Buffer.from(await (await fetchFile(client, asked.body.id)).arrayBuffer());
}

describe('一期一档', () => {
  it('as workbook: facts, figures, people, corrections and the seal; nothing acts, numbers are masked', async () => {
    const sheets = await sheetsOf(await make(district.clients.bureau, 'xlsx'));
    expect([...sheets.keys()]).toEqual([
      ...[
        '一期一档',
        '汇总',
        '按单位',
        '按街道',
        '按单位类型',
        '按行业',
        '按人员类别',
        '在线确认',
        '课堂答题',
        '集中观看点',
        '集中观看点签到',
        '线下签到',
        '签到表与现场照片',
        '更正记录',
      ],
      ...['参加线上培训证明', '参训明细', '核验', '核验码'],
    ]);
    const [, , headings, row] = sheets.get('参训明细') ?? [];
    const at = (heading: string) => row?.[(headings ?? []).indexOf(heading)];
    expect([at('姓名'), at('手机号'), at('有效时长（分钟）'), at('直播（分钟）'), at('参训')]).toEqual([
      ...[`'=𠮷田,"丰"`, '138****0004', 2.5, 2.5, '是'],
    ]);
    const facts = new Map((sheets.get('一期一档') ?? []).map(([name, value]) => [name, value]));
    const report = (await district.clients.bureau.call('GET /sessions/:sessionId/report', { params: { sessionId } }))
      .body;
    expect(facts.get('人次')).toContain(String(report.totals.attendances));
    expect(facts.get('学时')).toContain('不计入法定学时');
  });

  it('numbers in full go on record, with who had them', async () => {
    const sheets = await sheetsOf(await make(district.clients.bureau, 'xlsx', true));
    expect(JSON.stringify(sheets.get('参训明细'))).toContain('13800000004');
    const reads = await app.prisma.auditEntry.findMany({ where: { action: 'phone:read', subjectId: sessionId } });
    expect(reads).toMatchObject([{ accountId: district.accounts.bureau.id }]);
    const exports = await app.prisma.auditEntry.findMany({ where: { action: 'archive:export', subjectId: sessionId } });
    expect(exports.map(({ detail }) => detail)).toContainEqual(
      expect.objectContaining({ what: 'session.xlsx', full: true }),
    );
  });

  it('on paper', async () => {
    expect((await make(district.clients.bureau, 'pdf')).subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('of others’ units nothing: an enterprise gets its own part', async () => {
    const { unitB } = district;
    const sheets = await sheetsOf(await make(district.clients.enterprise, 'xlsx'));
    const name = (await app.prisma.unit.findUniqueOrThrow({ where: { id: unitB.id } })).name;
    expect(JSON.stringify([...sheets])).not.toContain(name);
    expect(sheets.get('一期一档')?.[1]?.[0]).toContain('只含本账号可见的单位');
  });
});

describe('一企一档 and 一人一档', () => {
  it('an enterprise takes its own, and no other', async () => {
    const { clients, unitA, unitB } = district;
    const ask = (unitId: string) =>
      clients.enterprise.call('POST /units/:unitId/exports', { params: { unitId }, body: { format: 'xlsx' } });
    expect((await ask(unitB.id)).status).toBe(403);
    const { id } = (await ask(unitA.id)).body;
    const file = await done(clients.enterprise, id);
    expect(file).toMatchObject({ rowsDone: 1, rowsTotal: 1, name: expect.stringMatching(/^一企一档-.*\.xlsx$/) });
    const sheets = await sheetsOf(Buffer.from(await (await fetchFile(clients.enterprise, id)).arrayBuffer()));
    expect(JSON.stringify([...sheets])).toContain('𠮷田');
  });

  it('a person takes their own, and no other', async () => {
    const { clients, personA, personB } = district;
    const ask = (personId: string) =>
      clients.learner.call('POST /people/:personId/exports', { params: { personId }, body: { format: 'pdf' } });
    expect((await ask(personB.id)).status).toBe(403);
    const { id } = (await ask(personA.id)).body;
    await done(clients.learner, id);
    expect((await fetchFile(clients.bureau, id)).status).toBe(404);
  });
});

describe('the file', () => {
  it('is made once when it is asked for twice at once', async () => {
    const ask = () =>
      district.clients.bureau.call('POST /courses/:courseId/exports', {
        params: { courseId },
        body: { format: 'csv' },
      });
    await app.prisma.exportJob.create({
      data: {
        ...{
          id: newId(),
          kind: 'course',
          format: 'csv',
          subjectId: courseId,
          origin: '',
          createdAt: new Date(app.clock()),
        },
        ...{ requestedBy: district.accounts.bureau.id, visibility: { all: true }, state: 'running' },
        heardAt: new Date(app.clock()),
      },
    });
    const [one, two] = await Promise.all([ask(), ask()]);
    expect(one.body.id).toBe(two.body.id);
    await app.prisma.exportJob.deleteMany({ where: { kind: 'course', state: 'running' } });
    const { id } = (await ask()).body;
    await done(district.clients.bureau, id);
    const text = await (await fetchFile(district.clients.bureau, id)).text();
    expect(text).toContain(`"'=𠮷田,""丰"""`);
  });

  it('goes on where a download broke off', async () => {
    const { id } = (
      await district.clients.bureau.call('POST /courses/:courseId/exports', {
        params: { courseId },
        body: { format: 'xlsx' },
      })
    ).body;
    const { bytes } = await done(district.clients.bureau, id);
    const whole = await fetchFile(district.clients.bureau, id);
    const etag = whole.headers.get('etag') ?? '';
    const all = Buffer.from(await whole.arrayBuffer());
    expect(all.length).toBe(bytes);
    const rest = await fetchFile(district.clients.bureau, id, { range: 'bytes=100-', 'if-range': etag });
    expect([rest.status, rest.headers.get('content-range')]).toEqual([206, `bytes 100-${bytes - 1}/${bytes}`]);
    expect(Buffer.from(await rest.arrayBuffer()).equals(all.subarray(100))).toBe(true);
    const other = await fetchFile(district.clients.bureau, id, { range: 'bytes=100-', 'if-range': '"other"' });
    expect(other.status).toBe(200);
    await other.arrayBuffer();
    const behind = await fetchFile(district.clients.bureau, id, { range: `bytes=${bytes}-` });
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, `bytes */${bytes}`]);
  });
});
