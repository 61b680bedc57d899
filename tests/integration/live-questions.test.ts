import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* Questions to the instructor, from the room to the console. */

const soon = { timeout: 45_000, interval: 50 };

let app: TestApp;
let district: District;
let sessionId: string;
let asker: RoomSocket;
let console: RoomSocket;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { clients } = district;
  ({ sessionId } = await seedFirstClass(app, district));
  app.clock.advance(60_000);
  asker = await RoomSocket.enter(app.url, (await admission(clients.learner, sessionId)).ticket);
  console = await RoomSocket.connect(app.url, { cookie: clients.instructor.cookieHeader() });
  await console.request('console:join', { sessionId });
});
afterEach(() => app.clock.advance(5_000));
afterAll(async () => {
  await asker?.close();
  await console?.close();
  await app?.close();
});

function asked(where: { text: string }): Promise<number> {
  return app.prisma.roomQuestion.count({ where });
}

it('a question reaches the consoles with who asked it', async () => {
  const id = newId();
  expect(await asker.request('question:ask', { id, text: '夜班人员怎么补课?' })).toEqual({ id });
  await expect
    .poll(() => console.heard('question:asked'), soon)
    .toEqual([
      expect.objectContaining({ id, text: '夜班人员怎么补课?', personName: '张三', unitName: '东湖机械有限公司' }),
    ]);
  expect(asker.heard('question:asked')).toEqual([]);
});

it('sent again is the same question, also after a second and also at once', async () => {
  const question = { id: newId(), text: '台账可以用电子版吗?' };
  const answers = await Promise.all(Array.from({ length: 5 }, () => asker.ask('question:ask', question)));
  expect(answers).toEqual(answers.map(() => ({ ok: true, data: { id: question.id } })));
  app.clock.advance(1_000);
  expect(await asker.refusal('question:ask', question)).toBeNull();
  expect(await asked({ text: question.text })).toBe(1);
});

it('of many sent at once from one person one is taken', async () => {
  const text = '动火作业票由谁审批?';
  const refusals = await Promise.all(
    Array.from({ length: 10 }, () => asker.refusal('question:ask', { id: newId(), text })),
  );
  expect(refusals.filter((refusal) => refusal === null)).toHaveLength(1);
  expect(refusals.filter((refusal) => refusal === 'rate-limited')).toHaveLength(9);
  expect(await asked({ text })).toBe(1);
});

it('somebody else’s question is not shown to who guesses its id', async () => {
  const theirs = await app.prisma.roomQuestion.findFirstOrThrow();
  const other = await district.joined(district.principalA, district.unitA.joinCode);
  const socket = await RoomSocket.enter(app.url, (await admission(other, sessionId)).ticket);
  expect(await socket.refusal('question:ask', { id: theirs.id, text: '?' })).toBe('forbidden');
  await socket.close();
});

it.each([
  ['no words', { id: newId(), text: '   ' }],
  ['too many words', { id: newId(), text: '问'.repeat(301) }],
  ['an id that is none', { id: '7', text: '?' }],
])('with %s it is refused and not stored', async (_, payload) => {
  const before = await app.prisma.roomQuestion.count();
  expect(await asker.refusal('question:ask', payload)).toBe('bad-request');
  expect(await app.prisma.roomQuestion.count()).toBe(before);
});

it('ticked off twice has one audit entry, of who did it first', async () => {
  const { id } = await app.prisma.roomQuestion.findFirstOrThrow({ where: { answeredAt: null } });
  const params = { roomQuestionId: id };
  const { instructor, bureau } = district.clients;
  const first = await instructor.call('POST /room-questions/:roomQuestionId/answered', { params });
  app.clock.advance(1_000);
  const second = await bureau.call('POST /room-questions/:roomQuestionId/answered', { params });
  expect(second.body).toEqual(first.body);
  const entries = await app.prisma.auditEntry.findMany({ where: { subject: 'room-question', subjectId: id } });
  expect(entries.map((entry) => [entry.action, entry.accountId])).toEqual([
    ['room-question:answer', district.accounts.instructor.id],
  ]);
});
