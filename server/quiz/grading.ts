import type { QuestionKind } from '#contract/quiz.ts';

/**
 * Is this the right answer? Single choice and true/false have one right option; multiple choice needs exactly the right
 * set, and a part of it earns nothing. Order and repetition don't matter.
 */
export function isCorrect(answer: readonly number[], choice: readonly number[]): boolean {
  const right = new Set(answer);
  const chosen = new Set(choice);
  return chosen.size === right.size && [...chosen].every((index) => right.has(index));
}

/** Could somebody have chosen this? Every index is an option, at least one is chosen, and only one unless it is multiple choice. */
export function isPossible(
  question: { kind: QuestionKind; options: readonly string[] },
  choice: readonly number[],
): boolean {
  if (choice.length === 0) return false;
  if (question.kind !== 'multiple' && choice.length !== 1) return false;
  return isWithin(question.options, choice);
}

export function isWithin(options: readonly string[], choice: readonly number[]): boolean {
  return choice.every((index) => Number.isInteger(index) && index >= 0 && index < options.length);
}

/** A question of a paper, with what it is worth. */
export interface Marked {
  questionId: string;
  answer: readonly number[];
  points: number;
}

export interface Graded {
  answers: { questionId: string; choice: number[]; correct: boolean; points: number }[];
  points: number;
  pointsMax: number;
}

/** Grades a paper. A question without an answer is wrong. */
export function grade(questions: readonly Marked[], choices: ReadonlyMap<string, number[]>): Graded {
  const answers = questions.map(({ questionId, answer, points }) => {
    const choice = choices.get(questionId) ?? [];
    const correct = isCorrect(answer, choice);
    return { questionId, choice, correct, points: correct ? points : 0 };
  });
  return {
    answers,
    points: answers.reduce((sum, { points }) => sum + points, 0),
    pointsMax: questions.reduce((sum, { points }) => sum + points, 0),
  };
}

/** In whole numbers, so that 60 % of the points is always enough for a pass mark of 60. */
export function passes(points: number, pointsMax: number, passPercent: number): boolean {
  return pointsMax > 0 && points * 100 >= passPercent * pointsMax;
}

/** Percent to one decimal, rounded down: a result that failed must not read like the pass mark. */
export function percentOf(points: number, pointsMax: number): number {
  return pointsMax === 0 ? 0 : Math.floor((points * 1_000) / pointsMax) / 10;
}
