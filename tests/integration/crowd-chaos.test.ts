import { expect, it } from 'vitest';
import { killsOf, playChaos } from '#scripts/bench/crowd/chaos.ts';
import { startProduct } from '#scripts/bench/crowd/product.ts';

/* The benchmark `chaos`, small: a crowd of raw sockets, and parts of the product that are killed under it. */

const VIEWERS = 30;

it('of a crowd under which a worker, the database and media are killed nothing that was acked is lost', async () => {
  const product = await startProduct(VIEWERS, 2);
  try {
    const kills = (['worker', 'database', 'media', 'worker'] as const).map((victim) => ({ victim, afterMs: 500 }));
    const plan = { viewers: VIEWERS, arriveMs: 1_500, finishWithinMs: 60_000, kills };
    const { done, connectedAtEnd, unacked, truth, reported } = await playChaos(product, plan, () => undefined);
    expect(done.map(({ victim }) => victim)).toEqual(['worker', 'database', 'media', 'worker']);
    expect([connectedAtEnd, unacked]).toEqual([VIEWERS, 0]);
    expect(truth).toMatchObject({ lostBeats: 0, lostAnswers: 0, lostQuestions: 0, doubled: 0, creditedWrong: 0 });
    expect(truth.ackedBeats).toBeGreaterThanOrEqual(VIEWERS);
    // Whoever was sent away by a kill came back.
    expect(reported.records.reduce((sum, { cut }) => sum + cut, 0)).toBeGreaterThan(0);
  } finally {
    await product.remove();
  }
});

it('what is killed when follows from the seed', () => {
  const [first, again, other] = [killsOf(7, 600_000), killsOf(7, 600_000), killsOf(8, 600_000)];
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(new Set(first.map(({ victim }) => victim))).toEqual(new Set(['worker', 'database', 'media']));
});
