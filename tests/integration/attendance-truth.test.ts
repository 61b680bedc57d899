import { expect, it } from 'vitest';
import { CHEATS } from '#scripts/bench/truth/cheats.ts';
import { simulate, TOLERANCE_SECONDS } from '#scripts/bench/truth/truth.ts';
import { createTestDatabase } from '#tests/support/database.ts';

it('credits a class and its replay with what people did, within a beat, and no cheat', {
  timeout: 400_000,
}, async () => {
  const database = await createTestDatabase();
  try {
    const people = 4 * Object.keys(CHEATS).length;
    const figures = await simulate(database.url, { seeds: 1, people, firstSeed: 1 }, () => undefined);
    expect(figures).toMatchObject({ people, cheatsTried: people / 4, cheatsCredited: 0, verified: 1 });
    expect(figures.honestMaxErrorSeconds, JSON.stringify(figures.honestWorst)).toBeLessThanOrEqual(TOLERANCE_SECONDS);
  } finally {
    await database.drop();
  }
});
