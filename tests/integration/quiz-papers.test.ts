import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Attempt, PaperInput, Question, QuestionInput } from '#contract/quiz.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';

const SINGLE: QuestionInput = {
  kind: 'single',
  stem: '生产经营单位的第一责任人是?',
  options: ['主要负责人', '安全管理人员', '从业人员'],
  answer: [0],
  explanation: '安全生产法第五条',
  sessionId: null,
};
const MULTIPLE: QuestionInput = { ...SINGLE, kind: 'multiple', stem: '安全台账应记录哪些内容?', answer: [0, 2] };
const TRUE_FALSE: QuestionInput = {
  ...SINGLE,
  kind: 'true_false',
  stem: '灭火器可以上锁',
  options: ['对', '错'],
  answer: [1],
};

let app: TestApp;
let district: District;
let bureau: HttpClient;
let learner: HttpClient;
let courseId: string;
let sessionId: string;
let questions: Question[];

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  ({ bureau, learner } = district.clients);
});
afterAll(() => app?.close());

beforeEach(async () => {
  const course = await bureau.call('POST /courses', { body: { title: '开工第一课' } });
  courseId = course.body.id;
  const session = await bureau.call('POST /courses/:courseId/sessions', {
    params: { courseId },
    body: {
      topic: '事故规律与预防',
      startsAt: new Date(app.clock()).toISOString(),
      plannedMinutes: 45,
      instructorAccountId: district.accounts.instructor.id,
    },
  });
  sessionId = session.body.id;
  await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'ended' } });
  questions = [];
  for (const body of [SINGLE, MULTIPLE, TRUE_FALSE]) {
    questions.push((await bureau.call('POST /courses/:courseId/questions', { params: { courseId }, body })).body);
    app.clock.advance(1);
  }
});

function write(changes: Partial<PaperInput> = {}, client = bureau) {
  const body = {
    title: '课后测验',
    passPercent: 60,
    attemptsAllowed: 2,
    published: true,
    questions: questions.map((question, i) => ({ questionId: question.id, points: i + 1 })),
    ...changes,
  };
  return client.call('PUT /sessions/:sessionId/paper', { params: { sessionId }, body });
}

function begin(client = learner) {
  return client.call('POST /sessions/:sessionId/my-paper/attempts', { params: { sessionId } });
}

function submit(attempt: Attempt, choices: number[][], client = learner) {
  const answers = attempt.items.map((item, i) => ({ questionId: item.questionId, choice: choices[i] ?? [] }));
  return client.call('POST /attempts/:attemptId/submit', {
    params: { attemptId: attempt.attemptId },
    body: { answers },
  });
}

async function myPaper(client = learner) {
  return (await client.call('GET /sessions/:sessionId/my-paper', { params: { sessionId } })).body;
}

const RIGHT = [[0], [0, 2], [1]];
const WRONG = [[1], [0, 1, 2], [0]];

describe('sitting a paper', () => {
  test('its questions come without their answers, and only what is right earns points', async () => {
    await write();
    const attempt = (await begin()).body;
    expect(attempt.items).toEqual(
      questions.map(({ id, kind, stem, options }, i) => ({ questionId: id, kind, stem, options, points: i + 1 })),
    );
    const result = await submit(attempt, [[0], [0], [1]]);
    expect(result.body).toMatchObject({ points: 4, pointsMax: 6, percent: 66.6, passed: true, number: 1 });
    expect(result.body.review?.map((answer) => answer.correct)).toEqual([true, false, true]);
    expect((await bureau.call('GET /sessions/:sessionId/paper', { params: { sessionId } })).body).toMatchObject({
      submitted: 1,
      passed: 1,
    });
    const listed = (await learner.call('GET /my/sessions')).body.find(({ session }) => session.id === sessionId);
    expect(listed?.paper).toEqual({ published: true, passed: true, bestPercent: 66.6 });
  });

  test('an attempt begun is gone on with, also from two tabs at once', async () => {
    await write();
    const attempts = await Promise.all(Array.from({ length: 6 }, () => begin()));
    expect(new Set(attempts.map((attempt) => attempt.body.attemptId)).size).toBe(1);
    expect(attempts.every((attempt) => attempt.status === 200)).toBe(true);
    expect(await myPaper()).toMatchObject({ attemptsUsed: 1, openAttemptId: attempts[0]?.body.attemptId, results: [] });
  });

  test('the right answers are shown when no attempt is left, and not before', async () => {
    await write();
    const first = await submit((await begin()).body, WRONG);
    expect(first.body).toMatchObject({ points: 0, passed: false, review: null });
    const second = await submit((await begin()).body, WRONG);
    expect(second.body.review?.[1]).toMatchObject({
      choice: [0, 1, 2],
      answer: [0, 2],
      explanation: '安全生产法第五条',
    });
    expect(await begin()).toMatchObject({ status: 409, problem: { code: 'no-attempts-left' } });
    expect((await myPaper())?.results.map((result) => result.number)).toEqual([1, 2]);
  });

  test('who passed cannot sit it again with the answers in hand', async () => {
    await write();
    await submit((await begin()).body, RIGHT);
    expect(await begin()).toMatchObject({ status: 409, problem: { code: 'already-passed' } });
  });

  test('handed in twice it counts once: the same answers get the same result, others are refused', async () => {
    await write();
    const attempt = (await begin()).body;
    const results = await Promise.all(Array.from({ length: 5 }, () => submit(attempt, RIGHT)));
    for (const result of results) expect(result.body).toEqual(results[0]?.body);
    expect(results[0]?.body).toMatchObject({ percent: 100, passed: true });
    expect(await submit(attempt, WRONG)).toMatchObject({ status: 409, problem: { code: 'attempt-submitted' } });
    expect(await app.prisma.attemptAnswer.count({ where: { attemptId: attempt.attemptId } })).toBe(3);
  });

  test('answers to what the paper does not ask are refused whole', async () => {
    await write({ questions: questions.slice(0, 2).map(({ id }) => ({ questionId: id, points: 1 })) });
    const { attemptId, items } = (await begin()).body;
    const params = { attemptId };
    const [first] = items;
    const answer = { questionId: first?.questionId ?? '', choice: [0] };
    const strange = { questionId: questions[2]?.id ?? '', choice: [0] };
    for (const answers of [[answer, answer], [answer, strange], [{ ...answer, choice: [3] }]]) {
      const reply = await learner.call('POST /attempts/:attemptId/submit', { params, body: { answers } });
      expect(reply).toMatchObject({ status: 400, problem: { code: 'bad-request' } });
    }
    expect(await myPaper()).toMatchObject({ openAttemptId: attemptId });
  });

  test('nobody hands in for somebody else', async () => {
    await write();
    const attempt = (await begin()).body;
    const colleague = await district.joined(district.principalA, district.unitA.joinCode);
    expect(await submit(attempt, RIGHT, colleague)).toMatchObject({ status: 403 });
    expect(await submit(attempt, RIGHT, bureau)).toMatchObject({ status: 403 });
  });

  test.each([
    ['is not published', { published: false }, 'ended'],
    ['belongs to a class that is not over', { published: true }, 'live'],
  ] as const)('a paper that %s is not open', async (_, changes, state) => {
    await write(changes);
    await app.prisma.session.update({ where: { id: sessionId }, data: { state } });
    expect(await myPaper()).toBeNull();
    expect(await begin()).toMatchObject({ status: 409, problem: { code: 'paper-not-open' } });
    await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'ended' } });
  });
});

describe('writing a paper', () => {
  test('its questions are fixed once somebody began it; its words are not', async () => {
    await write();
    await begin();
    const fewer = { questions: questions.slice(0, 1).map(({ id }) => ({ questionId: id, points: 1 })) };
    expect(await write(fewer)).toMatchObject({ status: 409, problem: { code: 'paper-in-use' } });
    expect((await write({ title: '第一期测验' })).body).toMatchObject({
      title: '第一期测验',
      questions: { length: 3 },
    });
  });

  test('questions that repeat, are unknown or missing are refused, and nothing changes', async () => {
    await write({ published: false });
    const [first] = questions;
    const one = { questionId: first?.id ?? '', points: 1 };
    const unknown = { questionId: courseId, points: 1 };
    for (const changes of [{ questions: [one, one] }, { questions: [one, unknown] }, { questions: [] }]) {
      expect(await write(changes)).toMatchObject({ status: 400, problem: { code: 'bad-request' } });
    }
    const paper = (await bureau.call('GET /sessions/:sessionId/paper', { params: { sessionId } })).body;
    expect(paper).toMatchObject({ published: false, questions: { length: 3 } });
  });

  test('an edited question is changed in a paper nobody began, and kept in one that was sat', async () => {
    await write();
    const [first] = questions;
    const params = { questionId: first?.id ?? '' };
    const replace = (body: QuestionInput) => bureau.call('PUT /questions/:questionId', { params, body });
    expect((await replace({ ...SINGLE, stem: '改过一次' })).body.id).toBe(params.questionId);
    const attempt = (await begin()).body;
    expect(attempt.items[0]?.stem).toBe('改过一次');
    const copy = (await replace({ ...SINGLE, stem: '改过两次' })).body;
    expect(copy.id).not.toBe(params.questionId);
    const paper = (await bureau.call('GET /sessions/:sessionId/paper', { params: { sessionId } })).body;
    expect(paper?.questions[0]?.question).toMatchObject({ id: params.questionId, stem: '改过一次' });
    expect(await replace(SINGLE)).toMatchObject({ status: 404 });
  });

  test('instructors write for what they teach, and learners not at all', async () => {
    const { instructor } = district.clients;
    expect((await write({}, instructor)).status).toBe(200);
    expect(await write({}, learner)).toMatchObject({ status: 403 });
    await app.prisma.session.update({ where: { id: sessionId }, data: { instructorAccountId: null } });
    expect(await write({}, instructor)).toMatchObject({ status: 403 });
    const bank = await instructor.call('GET /courses/:courseId/questions', { params: { courseId } });
    expect(bank.status).toBe(403);
  });

  test('bad questions do not enter the bank', async () => {
    const bad: QuestionInput[] = [
      { ...SINGLE, answer: [3] },
      { ...SINGLE, answer: [0, 1] },
      { ...TRUE_FALSE, options: ['对', '错', '不知道'] },
      { ...SINGLE, options: ['一样', '一样'] },
    ];
    for (const body of bad) {
      const reply = await bureau.call('POST /courses/:courseId/questions', { params: { courseId }, body });
      expect(reply).toMatchObject({ status: 400, problem: { code: 'bad-request' } });
    }
    expect((await bureau.call('GET /courses/:courseId/questions', { params: { courseId } })).body).toHaveLength(3);
  });
});
