import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grade, isCorrect, isPossible, passes, percentOf } from '#server/quiz/grading.ts';

const indexes = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 10 });

describe('isCorrect', () => {
  test('single choice and true/false', () => {
    expect(isCorrect([2], [2])).toBe(true);
    expect(isCorrect([2], [1])).toBe(false);
    expect(isCorrect([2], [])).toBe(false);
  });

  test('multiple choice: a part of the right set earns nothing, and neither does more than it', () => {
    expect(isCorrect([0, 2], [0])).toBe(false);
    expect(isCorrect([0, 2], [0, 1, 2])).toBe(false);
    expect(isCorrect([0, 2], [2, 0])).toBe(true);
  });

  test('right exactly when both are the same set, whatever the order and repetition', () => {
    fc.assert(
      fc.property(indexes, indexes, fc.array(fc.nat(9)), (answer, choice, order) => {
        const shuffled = [...choice, ...order.filter((index) => choice.includes(index))].reverse();
        const same = [...answer].sort().join() === [...choice].sort().join();
        return isCorrect(answer, shuffled) === same && isCorrect(answer, answer);
      }),
    );
  });
});

test('a choice must be of the options, and of one unless several may be chosen', () => {
  const options = ['甲', '乙', '丙'];
  expect(isPossible({ kind: 'single', options }, [2])).toBe(true);
  expect(isPossible({ kind: 'single', options }, [3])).toBe(false);
  expect(isPossible({ kind: 'single', options }, [0, 1])).toBe(false);
  expect(isPossible({ kind: 'single', options }, [])).toBe(false);
  expect(isPossible({ kind: 'multiple', options }, [0, 1])).toBe(true);
  expect(isPossible({ kind: 'multiple', options }, [0, 3])).toBe(false);
});

const questions = fc.uniqueArray(
  fc.record({ questionId: fc.uuid(), answer: indexes, points: fc.integer({ min: 1, max: 100 }) }),
  { selector: (question) => question.questionId, minLength: 1, maxLength: 20 },
);

describe('grade', () => {
  test('all right earns all, nothing answered earns nothing', () => {
    fc.assert(
      fc.property(questions, (paper) => {
        const right = new Map(paper.map((question) => [question.questionId, question.answer]));
        const full = grade(paper, right);
        const none = grade(paper, new Map());
        return (
          full.points === full.pointsMax &&
          none.points === 0 &&
          full.answers.length === paper.length &&
          full.pointsMax > 0
        );
      }),
    );
  });

  test('the points are those of the questions answered right', () => {
    fc.assert(
      fc.property(questions, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (paper, knows) => {
        const choices = new Map(
          paper.map((question, i) => [question.questionId, knows[i] ? question.answer : question.answer.slice(1)]),
        );
        const expected = paper.reduce((sum, question, i) => sum + (knows[i] ? question.points : 0), 0);
        return grade(paper, choices).points === expected;
      }),
    );
  });
});

test('the pass mark is reached exactly or not at all', () => {
  expect(passes(3, 5, 60)).toBe(true);
  expect(passes(59, 99, 60)).toBe(false);
  expect(passes(0, 0, 1)).toBe(false);
  // 0.07 * 100 is more than 7 in floating point.
  expect(passes(7, 100, 7)).toBe(true);
});

test('a result below the pass mark never reads like it', () => {
  expect(percentOf(2, 3)).toBe(66.6);
  expect(percentOf(5999, 10_000)).toBe(59.9);
  expect(percentOf(0, 0)).toBe(0);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 100 }),
      (max, some, mark) => {
        const points = some % (max + 1);
        return passes(points, max, mark) || percentOf(points, max) < mark;
      },
    ),
  );
});
