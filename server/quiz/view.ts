import type { RoomLiveQuestion } from '#contract/live.ts';
import type { LiveQuestion, Question } from '#contract/quiz.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Tally } from './store.ts';

export const withQuestion = { question: true } as const satisfies Prisma.LiveQuestionInclude;

export type QuestionRow = Prisma.QuestionGetPayload<object>;
export type LiveQuestionRow = Prisma.LiveQuestionGetPayload<{ include: typeof withQuestion }>;

export function questionView(row: QuestionRow): Question {
  return {
    id: row.id,
    courseId: row.courseId,
    sessionId: row.sessionId,
    kind: row.kind,
    stem: row.stem,
    options: row.options,
    answer: row.answer,
    explanation: row.explanation,
  };
}

/** For the console: with the right answer and the result so far. */
export function liveQuestionView(row: LiveQuestionRow, tally: Tally | undefined): LiveQuestion {
  return {
    id: row.id,
    sessionId: row.sessionId,
    question: questionView(row.question),
    openedPdt: Number(row.openedPdt),
    durationMs: row.durationMs,
    openedAt: row.openedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    answered: tally?.answered ?? 0,
    correct: tally?.correct ?? 0,
    counts: countsOf(row, tally),
  };
}

/** For the room: `tally` only once it is closed. */
export function roomQuestionView(row: LiveQuestionRow, tally: Tally | undefined): RoomLiveQuestion {
  const closed = row.closedAt !== null;
  return {
    id: row.id,
    kind: row.question.kind,
    stem: row.question.stem,
    options: row.question.options,
    openedPdt: Number(row.openedPdt),
    durationMs: row.durationMs,
    closed,
    result: closed
      ? {
          answer: row.question.answer,
          counts: countsOf(row, tally),
          answered: tally?.answered ?? 0,
          correct: tally?.correct ?? 0,
        }
      : null,
  };
}

function countsOf(row: LiveQuestionRow, tally: Tally | undefined): number[] {
  return row.question.options.map((_, index) => tally?.counts[index] ?? 0);
}
