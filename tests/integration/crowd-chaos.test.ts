import { expect, it } from 'vitest';
import { harmsOf, playChaos } from '#scripts/bench/crowd/chaos.ts';
import { startProduct } from '#scripts/bench/crowd/product.ts';
import { hasRedis, WITHOUT_REDIS } from '#scripts/outside/redis.ts';

/* The benchmark `chaos`, small: a crowd of raw sockets, and parts of the product that are killed and renewed under it. */

const VIEWERS = 30;
const OF_REDIS = hasRedis ? (['Redis killed'] as const) : [];
if (!hasRedis) console.info(WITHOUT_REDIS);

it('of a crowd under which everything is killed in turn, and the workers are renewed, nothing that was acked is lost', async () => {
  const product = await startProduct(VIEWERS, 2, hasRedis ? 'redis' : 'postgres');
  try {
    const inTurn = ['worker killed', 'database killed', 'media killed', ...OF_REDIS, 'workers renewed'] as const;
    const harms = inTurn.map((harm) => ({ harm, afterMs: 500 }));
    const plan = { viewers: VIEWERS, arriveMs: 1_500, finishWithinMs: 60_000, harms, forMs: Number.POSITIVE_INFINITY };
    const { done, connectedAtEnd, unacked, truth, reported } = await playChaos(product, plan, () => undefined);
    expect(done.map(({ harm }) => harm)).toEqual(inTurn);
    expect([connectedAtEnd, unacked]).toEqual([VIEWERS, 0]);
    expect(truth).toMatchObject({ lostBeats: 0, lostAnswers: 0, lostQuestions: 0, doubled: 0, creditedWrong: 0 });
    expect(truth.ackedBeats).toBeGreaterThanOrEqual(VIEWERS);
    // Whoever was sent away by a kill came back.
    expect(reported.records.reduce((sum, { cut }) => sum + cut, 0)).toBeGreaterThan(0);
  } finally {
    await product.remove();
  }
}, 300_000);

it('what is done when follows from the seed', () => {
  const [first, again, other] = [7, 7, 8].map((seed) => harmsOf(seed, 'redis', 1_200_000));
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(new Set(first?.map(({ harm }) => harm)).size).toBe(8);
  expect(harmsOf(7, 'postgres', 1_200_000).filter(({ harm }) => harm.startsWith('Redis'))).toEqual([]);
});
