import { expect, it } from 'vitest';
import { createCountPacing } from '#server/live/count-pacing.ts';

const ROOM = '019ab000-0000-7000-8000-000000000001';

it('tells a small room of each change, whatever the clock says, and of none twice', () => {
  const pacing = createCountPacing(() => 0);
  expect(pacing.next(ROOM, 1, 1)).toEqual({ isNew: true, toEverybody: true });
  expect(pacing.next(ROOM, 2, 1_000)).toEqual({ isNew: true, toEverybody: true });
  expect(pacing.next(ROOM, 2, 1_000)).toEqual({ isNew: false, toEverybody: false });
});

it('tells a crowd less often, and the last number in any case', () => {
  let now = 0;
  const pacing = createCountPacing(() => now);
  const told: number[] = [];
  const look = (devices: number) => {
    if (pacing.next(ROOM, devices, 5_000).toEverybody) told.push(devices);
    now += 2_000;
  };
  for (let n = 1; n <= 10; n += 1) look(n * 500);
  // Nobody comes any more.
  for (let n = 0; n < 10; n += 1) look(5_000);
  expect(told).toEqual([500, 3_000, 5_000]);
});

it('lets no number grow older than twenty seconds', () => {
  let now = 0;
  const pacing = createCountPacing(() => now);
  pacing.next(ROOM, 1, 1_000_000);
  now = 19_999;
  expect(pacing.next(ROOM, 2, 1_000_000).toEverybody).toBe(false);
  now = 20_000;
  expect(pacing.next(ROOM, 3, 1_000_000).toEverybody).toBe(true);
});
