import type { Beat } from '#contract/attendance.ts';
import type { Question } from '#contract/quiz.ts';
import type { createFeatures } from '#server/app.ts';
import { SYSTEM } from '#server/audit.ts';
import { newId } from '#server/ids.ts';
import type { SeededUnit } from './district.ts';
import { QUESTIONS } from './questions.ts';

export type Features = ReturnType<typeof createFeatures>;

const MINUTE = 60_000;
const LENGTH_MINUTES = 45;
/** Beats of the demo's past class are this long; a page's are 15 s. */
const BEAT_MINUTES = 3;
const STAGE_MINUTES = 15;

interface Viewer {
  personId: string;
  unitId: string;
  connId: string;
  deviceId: string;
  joinsAt: number;
  leavesAt: number;
  /** What answers and marks are drawn from. */
  n: number;
}

/**
 * Holds a class that is over when the demo starts: a third of the people come late or leave early, and every sixth
 * enterprise stays away. `begins` in epoch ms; `setClock` moves the clock that the features live by.
 */
export async function holdPastClass(
  features: Features,
  units: SeededUnit[],
  { begins, setClock }: { begins: number; setClock: (at: number) => void },
): Promise<void> {
  const { courses, attendance, organisations, quiz } = features;
  setClock(begins - 60 * MINUTE);
  const course = await courses.createCourse(
    {
      title: '节前安全警示教育',
      summary: '春节前集中警示教育，观看事故案例并答题。',
      statutory: false,
      statutoryBasis: null,
      statutoryApprover: null,
      attendanceSeconds: 60,
      completePercent: 80,
      presenceMinutes: 0,
      replayDays: 30,
    },
    null,
    SYSTEM,
  );
  const session = await courses.addSession(
    course.id,
    {
      topic: '事故案例警示',
      outline: '近年典型事故\n共性原因\n整改要求',
      instructorName: '周文斌',
      instructorAccountId: null,
      startsAt: new Date(begins).toISOString(),
      plannedMinutes: LENGTH_MINUTES,
      mode: 'online',
      venue: null,
      outsideUrl: null,
    },
    SYSTEM,
  );
  const bank: Question[] = [];
  for (const question of QUESTIONS)
    bank.push(await quiz.addQuestion(course.id, { ...question, sessionId: null }, SYSTEM));
  await courses.changeState(session.id, 'scheduled', SYSTEM);
  setClock(begins);
  await courses.changeState(session.id, 'live', SYSTEM);

  const viewers = whoComes(units, begins);
  for (const { personId } of viewers) {
    const person = await organisations.personForLogin(personId);
    if (person) await attendance.enter(session.id, person);
  }
  for (let stage = STAGE_MINUTES; stage <= LENGTH_MINUTES; stage += STAGE_MINUTES) {
    const to = begins + stage * MINUTE;
    const from = to - STAGE_MINUTES * MINUTE;
    setClock(to + 1_000);
    await Promise.all(viewers.map((viewer) => beatsBetween(features, session.id, viewer, begins, from, to)));
    if (stage === STAGE_MINUTES) await askRoom(features, session.id, bank[0]?.id ?? '', viewers, to);
  }
  await courses.setPeakDevices(session.id, Math.round(viewers.length * 0.94));
  await quiz.writePaper(
    session.id,
    {
      title: '课后测试',
      passPercent: 60,
      attemptsAllowed: 3,
      published: true,
      questions: bank.map(({ id }) => ({ questionId: id, points: 20 })),
    },
    SYSTEM,
  );
  await courses.changeState(session.id, 'ended', SYSTEM);

  setClock(begins + (LENGTH_MINUTES + 20) * MINUTE);
  for (const viewer of viewers) {
    if (viewer.n % 7 === 0) continue;
    const attempt = await quiz.beginAttempt(session.id, viewer.personId);
    const answers = attempt.items.map((item, i) => {
      const right = bank.find((question) => question.id === item.questionId)?.answer ?? [];
      return { questionId: item.questionId, choice: (viewer.n * 3 + i) % 5 === 0 ? [0] : right };
    });
    await quiz.submitAttempt(attempt.attemptId, answers);
  }
}

function whoComes(units: SeededUnit[], begins: number): Viewer[] {
  const ends = begins + LENGTH_MINUTES * MINUTE;
  return units
    .filter((_, at) => at % 6 !== 5)
    .flatMap((unit) => unit.people.map((personId) => ({ personId, unitId: unit.id })))
    .filter((_, n) => n % 9 !== 8)
    .map((person, n) => ({
      ...person,
      n,
      connId: newId(),
      deviceId: newId(),
      joinsAt: begins + (n % 3 === 0 ? (n % 10) * MINUTE : (n % 60) * 1_000),
      leavesAt: n % 11 === 0 ? ends - 15 * MINUTE : ends,
    }));
}

async function beatsBetween(
  { attendance }: Features,
  sessionId: string,
  viewer: Viewer,
  beganAt: number,
  from: number,
  to: number,
): Promise<void> {
  const { personId, connId, deviceId, joinsAt, leavesAt } = viewer;
  const beats: Beat[] = [];
  for (let at = from; at < to; at += BEAT_MINUTES * MINUTE) {
    const mediaFrom = Math.max(at, joinsAt);
    const mediaTo = Math.min(at + BEAT_MINUTES * MINUTE, leavesAt);
    if (mediaTo <= mediaFrom) continue;
    beats.push({
      seq: 1 + Math.round((at - beganAt) / (BEAT_MINUTES * MINUTE)),
      mediaFrom,
      mediaTo,
      monotonicMs: mediaTo - joinsAt,
      state: { playing: true, hidden: viewer.n % 13 === 0, stalled: false },
    });
  }
  if (beats.length > 0) await attendance.store({ personId, sessionId, connId, deviceId, openedAt: joinsAt }, beats);
}

async function askRoom(
  { quiz }: Features,
  sessionId: string,
  questionId: string,
  viewers: Viewer[],
  at: number,
): Promise<void> {
  const asked = await quiz.openQuestion(sessionId, questionId, 60, SYSTEM);
  await Promise.all(
    viewers
      .filter((viewer) => viewer.joinsAt < at && viewer.n % 8 !== 0)
      .map(({ personId, unitId, connId, n }) =>
        quiz.answer({ sessionId, liveQuestionId: asked.id, personId, unitId, connId, choice: [n % 4 === 0 ? 0 : 1] }),
      ),
  );
  await quiz.closeQuestion(asked.id, SYSTEM);
}
