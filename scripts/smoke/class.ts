import { changeState, done, isPublishing, type ScheduledClass, scheduleClass } from '#tests/support/class.ts';
import { Learner } from '#tests/support/class-learner.ts';
import { Picture } from '#tests/support/class-picture.ts';
import { publishClock } from '../outside/clock-picture.ts';
import { until } from '../outside/until.ts';
import { BrowserLearner } from './browser-learner.ts';
import { type Done, mismatches, type Seen } from './compare.ts';
import { peopleOfCsv, peopleOfWorkbook } from './exports.ts';

export interface SmokeOptions {
  url: string;
  setupCode: string;
  ffmpeg: string;
  say: (step: string) => void;
}

export interface SmokeResult {
  framesPlayed: number;
  latencyMs: number | null;
  /** What the bench `latency` holds it to on a machine that does nothing else. */
  latencyTargetMs: number;
  attendances: number;
  creditedSeconds: number;
  answersStored: number;
  exportRows: number;
  ok: boolean;
}

const ENTERPRISES = 5;
/** One of the first watches in a browser, one of each of the others stays away. */
const PEOPLE_EACH = 5;
const ATTENDANCE_SECONDS = 5;
const BEAT_MS = 3_000;
const WATCH_MS = 25_000;
const LATENCY_TARGET_MS = 1_600;

/** Holds one class on a fresh installation, from outside, and compares what it says with what was done. */
export async function holdClass(options: SmokeOptions): Promise<{ result: SmokeResult; wrong: string[] }> {
  const { url, say } = options;
  const plan = { enterprises: ENTERPRISES, peopleEach: PEOPLE_EACH, attendanceSeconds: ATTENDANCE_SECONDS };
  const held = await scheduleClass(url, options.setupCode, plan);
  say('scheduled');
  const publisher = publishClock(held.rtmpUrl, options.ffmpeg);
  const picture = new Picture(held.bureau, held.sessionId);
  const browser = await BrowserLearner.open();
  const learners: Learner[] = [];
  try {
    await until('the stream is published', () => isPublishing(held), publisher.stderr);
    await changeState(held, 'live');
    await until('the class has a picture', () => picture.state !== null, publisher.stderr);
    say('live');

    const [first, ...others] = held.people;
    if (!first) throw new Error('the roster is empty');
    const enrolled = others.filter((_, n) => n % PEOPLE_EACH !== PEOPLE_EACH - 1);
    const entering = { sessionId: held.sessionId, picture, beatMs: BEAT_MS };
    learners.push(...(await Promise.all(enrolled.map((person) => Learner.enter(url, person, entering)))));
    await until('everybody has joined', () => learners.every((learner) => learner.joined));
    await browser.join(url, first, held.sessionId);
    say(`${learners.length} learners and a browser are in`);

    await browser.watch(WATCH_MS / 2);
    const asked = await ask(held);
    await Promise.all(learners.map((learner, n) => learner.answer(asked, [n % 4 === 0 ? 1 : 0])));
    await browser.watch(WATCH_MS / 2);
    const viewing = await browser.leave();
    for (const learner of learners) learner.stopWatching();
    await until('every beat is acked', () => learners.every((learner) => learner.unacked === 0));
    await changeState(held, 'ended');
    say('ended');

    const startedAt = Date.parse((await session(held)).startedAt ?? '');
    const seen = { ...viewing, ...(await readBack(held)) };
    const done: Done = {
      attendanceSeconds: ATTENDANCE_SECONDS,
      beatMs: BEAT_MS,
      invited: held.people.length,
      answers: learners.length,
      records: learners.map((learner) => ({ name: learner.person.name, playedMs: learner.playedMs(startedAt) })),
      browser: first.name,
    };
    const wrong = mismatches(done, seen);
    if ((seen.latencyMs ?? 0) > LATENCY_TARGET_MS) {
      say(`the picture was ${seen.latencyMs} ms behind, over ${LATENCY_TARGET_MS}: is the machine busy?`);
    }
    const { totals } = seen.report;
    const result = {
      framesPlayed: seen.framesPlayed,
      latencyMs: seen.latencyMs,
      latencyTargetMs: LATENCY_TARGET_MS,
      attendances: totals.attendances,
      creditedSeconds: totals.creditedSeconds,
      answersStored: seen.answersStored,
      exportRows: seen.workbook.length,
      ok: wrong.length === 0,
    };
    return { result, wrong };
  } finally {
    for (const learner of learners) learner.close();
    picture.close();
    await browser.close();
    await publisher.stop();
  }
}

async function ask({ bureau, sessionId, questionId }: ScheduledClass): Promise<string> {
  const params = { sessionId };
  const body = { questionId, seconds: 30 };
  return done('question', await bureau.call('POST /sessions/:sessionId/live-questions', { params, body })).id;
}

async function session({ bureau, sessionId }: ScheduledClass) {
  return done('session', await bureau.call('GET /sessions/:sessionId', { params: { sessionId } }));
}

/** What an officer sees and takes away afterwards. */
async function readBack({
  bureau,
  sessionId,
}: ScheduledClass): Promise<Omit<Seen, 'framesPlayed' | 'latencyMs' | 'complaints'>> {
  const params = { sessionId };
  const file = async (format: 'xlsx' | 'csv') =>
    done(format, await bureau.call('GET /sessions/:sessionId/export/attendance', { params, query: { format } }));
  const questions = done('answers', await bureau.call('GET /sessions/:sessionId/live-questions', { params }));
  const people = await bureau.call('GET /sessions/:sessionId/people', { params, query: { pageSize: 500 } });
  return {
    report: done('report', await bureau.call('GET /sessions/:sessionId/report', { params })),
    people: done('people', people).items,
    answersStored: questions.reduce((total, question) => total + question.answered, 0),
    workbook: await peopleOfWorkbook(await file('xlsx')),
    csv: await peopleOfCsv(await file('csv')),
  };
}
