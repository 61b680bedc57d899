import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFeatures } from '#server/app.ts';
import { type Db, openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import type { Recordings } from '#server/live/recordings.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createSignals } from '#server/signals.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';

/* What is kept of a class that is over: its chapters, what of it is shown, and until when. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
let app: TestApp;
let district: District;
let sessionId: string;
let began: number;
let params: { sessionId: string };
let recordings: Recordings;
let db: Db;

beforeAll(async () => {
  app = await startApp({ config: { keepRecordingsDays: 1_095 } });
  district = await app.seedDistrict();
  const logger = createLogger('silent', 'test');
  db = openDb(app.config.databaseUrl ?? '', logger, 2);
  const { clock, config, secrets, sealing } = app;
  const services = { db, clock, logger, config, secrets, sealing, signals: createSignals(), metrics: createMetrics(0) };
  ({ recordings } = createFeatures(services));
});
afterAll(async () => {
  await db?.close();
  await app?.close();
});

beforeEach(async () => {
  const { unitA, personA } = district;
  const of = { title: '开工第一课', unitId: unitA.id, personId: personA.id, instructorAccountId: null };
  ({ sessionId } = await seedClass(app, of));
  params = { sessionId };
  const now = app.clock();
  began = now - 60 * MINUTE_MS;
  const times = { startedAt: new Date(began), endedAt: new Date(now) };
  await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'ended', ...times } });
  await app.prisma.sessionMark.deleteMany({ where: { sessionId } });
  const id = newId();
  const pdt = { firstPdt: BigInt(began), lastPdt: BigInt(now), durationMs: 60 * MINUTE_MS, bytes: 1_000n };
  const prefix = id.replaceAll('-', '');
  const path = `recordings/${id}`;
  await app.prisma.broadcast.create({
    data: { id, sessionId, prefix, kind: 'live', path, ...pdt, endedAt: times.endedAt },
  });
});

async function room() {
  return done('room', await district.clients.bureau.call('GET /sessions/:sessionId/room', { params }));
}

async function audited(action: string): Promise<unknown[]> {
  const rows = await app.prisma.auditEntry.findMany({ where: { action }, orderBy: { id: 'asc' } });
  return rows.filter(({ subjectId, detail }) => subjectId === sessionId || JSON.stringify(detail).includes(sessionId));
}

describe('a chapter', () => {
  const mark = (body: { label: string; at?: number }) =>
    district.clients.bureau.call('POST /sessions/:sessionId/marks', { params, body });

  it('is shown to everybody in order, renamed and removed, on the record', async () => {
    const second = done('mark', await mark({ label: '事故案例', at: began + 20 * MINUTE_MS }));
    const first = done('mark', await mark({ label: '开场', at: began }));
    expect((await room()).marks.map(({ label }) => label)).toEqual(['开场', '事故案例']);
    const { bureau } = district.clients;
    const named = { params: { markId: second.id }, body: { label: '两起事故' } };
    done('named', await bureau.call('PATCH /marks/:markId', named));
    expect((await bureau.call('DELETE /marks/:markId', { params: { markId: first.id } })).status).toBe(204);
    expect((await room()).marks).toEqual([{ ...second, label: '两起事故' }]);
    expect(await audited('recording:mark')).toHaveLength(3);
    expect(await audited('recording:unmark')).toHaveLength(1);
  });

  it('lies within the class, and there are sixty at most', async () => {
    expect(done('mark', await mark({ label: '早', at: 0 })).at).toBe(began);
    expect(done('mark', await mark({ label: '现在' })).at).toBe(app.clock());
    const at = BigInt(began);
    const more = Array.from({ length: 58 }, () => ({ id: newId(), sessionId, at, label: 'x', createdAt: new Date() }));
    await app.prisma.sessionMark.createMany({ data: more });
    expect((await mark({ label: '太多' })).problem).toMatchObject({ code: 'too-many-marks' });
  });

  it('is made by officers and the instructor alone', async () => {
    const { learner, supervisor } = district.clients;
    const asked = { params, body: { label: '我' } };
    for (const client of [learner, supervisor]) {
      expect((await client.call('POST /sessions/:sessionId/marks', asked)).status).toBe(403);
    }
  });
});

describe('beginning and end', () => {
  it('are cut off for everybody, on the record, and that is taken back', async () => {
    const { bureau } = district.clients;
    const [from, to] = [began + 5 * MINUTE_MS, began + 50 * MINUTE_MS];
    const cut = (body: { from: number | null; to: number | null }) =>
      bureau.call('PUT /sessions/:sessionId/recording/trim', { params, body });
    expect(done('trim', await cut({ from, to }))).toMatchObject({ trimFrom: from, trimTo: to });
    expect(await room()).toMatchObject({ firstPdt: from, lastPdt: to });
    expect((await cut({ from: to, to: from })).status).toBe(400);
    done('whole', await cut({ from: null, to: null }));
    expect(await room()).toMatchObject({ firstPdt: began, lastPdt: began + 60 * MINUTE_MS });
    expect(await audited('recording:trim')).toHaveLength(2);
    const instructor = await district.clients.supervisor.call('PUT /sessions/:sessionId/recording/trim', {
      params,
      body: { from, to },
    });
    expect(instructor.status).toBe(403);
  });
});

describe('captions', () => {
  const file = (text: string) => Buffer.from(text);
  const put = (text: string, language: 'zh' | 'en' = 'zh') =>
    district.clients.bureau.call('PUT /sessions/:sessionId/recording/captions', {
      params,
      query: { language },
      body: file(text),
    });
  const remove = (language: 'zh' | 'en') =>
    district.clients.bureau.call('DELETE /sessions/:sessionId/recording/captions', { params, query: { language } });
  const TWO = '00:01.000 --> 00:02.000\n各位学员\n\n00:03.000 --> 00:04.500\n大家好\n';

  it('are given in two languages, replaced and removed, on the record', async () => {
    const given = done('given', await put(TWO));
    expect(given.captions).toMatchObject([{ language: 'zh', cues: 2, lengthMs: 4_500 }]);
    done('english', await put('WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n', 'en'));
    const replaced = done('replaced', await put('00:01.000 --> 00:02.000\n各位\n'));
    expect(replaced.captions.map(({ language, cues }) => [language, cues])).toEqual([
      ['zh', 1],
      ['en', 1],
    ]);
    expect(Date.parse(replaced.captions[0]?.changedAt ?? '')).toBeGreaterThan(
      Date.parse(given.captions[0]?.changedAt ?? ''),
    );
    expect(done('removed', await remove('zh')).captions.map(({ language }) => language)).toEqual(['en']);
    expect((await remove('zh')).problem).toMatchObject({ code: 'no-captions' });
    expect(await audited('recording:captions')).toHaveLength(3);
    expect(await audited('recording:uncaption')).toHaveLength(1);
    done('gone', await district.clients.bureau.call('DELETE /sessions/:sessionId/recording', { params }));
    expect(await app.prisma.recordingCaptions.count({ where: { broadcast: { sessionId } } })).toBe(0);
  });

  it('begin where the recording does as it is shown when they are given', async () => {
    const trim = { from: began + 5 * MINUTE_MS, to: null };
    done('trim', await district.clients.bureau.call('PUT /sessions/:sessionId/recording/trim', { params, body: trim }));
    done('given', await put(TWO));
    const row = await app.prisma.recordingCaptions.findFirstOrThrow({ where: { broadcast: { sessionId } } });
    expect(Number(row.zero)).toBe(began + 5 * MINUTE_MS);
  });

  it('are refused in words with the line, and then nothing changes', async () => {
    done('given', await put(TWO));
    const { problem } = await put(TWO.replace('00:03.000', '00:03'));
    expect(problem).toMatchObject({ code: 'captions-time', params: { line: 4 } });
    expect(problem?.detail).toContain('第 4 行');
    expect((await put('')).problem).toMatchObject({ code: 'captions-empty' });
    const { captions } = done(
      'read',
      await district.clients.bureau.call('GET /sessions/:sessionId/recording', { params }),
    );
    expect(captions).toMatchObject([{ cues: 2 }]);
    expect(await audited('recording:captions')).toHaveLength(1);
  });

  it('are given by officers alone', async () => {
    const { learner, supervisor } = district.clients;
    for (const client of [learner, supervisor]) {
      const asked = { params, query: { language: 'zh' as const }, body: file(TWO) };
      expect((await client.call('PUT /sessions/:sessionId/recording/captions', asked)).status).toBe(403);
    }
  });
});

describe('deletion', () => {
  it('takes the recording away and leaves attendance, on the record', async () => {
    const { bureau } = district.clients;
    const { personA, unitA } = district;
    const of = { sessionId, personId: personA.id, unitId: unitA.id, areaId: district.areaA.id };
    const as = { unitKind: 'enterprise', highRisk: false, category: 'worker' } as const;
    await app.prisma.attendee.create({ data: { ...of, ...as, creditedMs: 99 } });
    expect((await room()).prefix).not.toBeNull();
    const gone = done('gone', await bureau.call('DELETE /sessions/:sessionId/recording', { params }));
    expect(gone).toMatchObject({ state: 'deleted', bytes: null, keptUntil: null });
    expect((await room()).prefix).toBeNull();
    const again = await bureau.call('DELETE /sessions/:sessionId/recording', { params });
    expect(again.problem).toMatchObject({ code: 'no-recording' });
    expect(await audited('recording:delete')).toHaveLength(1);
    const kept = await app.prisma.attendee.findFirst({ where: { sessionId } });
    expect(kept?.creditedMs).toBe(99);
  });

  it('comes by itself when the rule’s time is over, and not before', async () => {
    const read = async () =>
      done('read', await district.clients.bureau.call('GET /sessions/:sessionId/recording', { params }));
    const { keptUntil } = await read();
    expect(Date.parse(keptUntil ?? '')).toBe(app.clock() + 1_095 * DAY_MS);
    await recordings.keepTheRule();
    expect((await read()).state).toBe('kept');
    app.clock.advance(1_095 * DAY_MS + 1);
    await recordings.keepTheRule();
    // The worker's own watch may be at it as well.
    await expect.poll(async () => (await app.prisma.broadcast.findFirst({ where: { sessionId } }))?.path).toBeNull();
    expect(await audited('recording:delete')).toEqual([expect.objectContaining({ accountId: null })]);
  });
});
