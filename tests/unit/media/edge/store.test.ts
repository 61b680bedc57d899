import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Shelf } from '#media/edge/shelf.ts';
import { Store } from '#media/edge/store.ts';
import { createLogger } from '#media/logger.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

const PREFIX = 'p'.repeat(32);
const logger = createLogger('silent');
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

it('has as files what the shelf keeps, and nothing of a process before', async () => {
  fs.writeFileSync(path.join(folder, `${PREFIX}.360p.part-1.0.m4s`), 'old');
  fs.writeFileSync(path.join(folder, 'somebody-elses.txt'), '');
  const store = new Store(folder, logger);
  await store.open();
  expect(fs.readdirSync(folder)).toEqual(['somebody-elses.txt']);
  const removed: Promise<void>[] = [];
  const shelf = new Shelf(250, stoppedClock(0), (key) => removed.push(store.remove(key)));
  for (const n of [1, 2, 3]) {
    const key = `${PREFIX}/360p/seg-${n}.m4s`;
    const answer = { status: 200, type: 'x', caching: 'max-age=60', bytes: Buffer.alloc(60, n) };
    expect(shelf.put(key, answer)).toBe(true);
    await Promise.all([store.put(key, answer.bytes), store.put(key, answer.bytes)]);
  }
  const segments = () => fs.readdirSync(folder).filter((name) => name.startsWith(PREFIX));
  expect(segments()).toEqual([1, 2, 3].map((n) => `${PREFIX}.360p.seg-${n}.m4s`));
  expect(fs.readFileSync(path.join(folder, segments()[1] ?? ''))).toEqual(Buffer.alloc(60, 2));
  for (const n of [4, 5])
    shelf.put(`${PREFIX}/360p/seg-${n}.m4s`, {
      status: 200,
      type: 'x',
      caching: 'max-age=60',
      bytes: Buffer.alloc(60),
    });
  await Promise.all(removed);
  expect(segments()).toEqual([`${PREFIX}.360p.seg-2.m4s`, `${PREFIX}.360p.seg-3.m4s`]);
});

it('does without what cannot be written', async () => {
  const store = new Store(path.join(folder, 'gone'), logger);
  await expect(store.put(`${PREFIX}/360p/seg-1.m4s`, Buffer.alloc(1))).resolves.toBeUndefined();
});
