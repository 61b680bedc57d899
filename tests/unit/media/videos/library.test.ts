import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Logger } from '#media/logger.ts';
import type { FlvIndex } from '#media/videos/flv-index.ts';
import { VideoLibrary } from '#media/videos/library.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

const logger = { warn: () => undefined } as unknown as Logger;
const index: FlvIndex = {
  durationMs: 1_000,
  width: 2,
  height: 2,
  framesPerSecond: 25,
  bytes: 4,
  originMs: 0,
  videoConfig: '',
  audioConfig: null,
  keyFrames: [[0, 13]],
};

let dataDir: string;

beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(() => fs.rmSync(dataDir, { recursive: true }));

async function library(reserveBytes?: number): Promise<{ videos: VideoLibrary; waiting: string[] }> {
  const videos = new VideoLibrary({ dataDir, logger, ...(reserveBytes !== undefined && { reserveBytes }) });
  return { videos, waiting: await videos.open() };
}

const filesOf = (id: string) => fs.readdirSync(path.join(dataDir, 'videos', id)).sort();

it('takes no upload that would leave too little for recordings', async () => {
  const { videos } = await library(Number.MAX_SAFE_INTEGER);
  await expect(videos.expect(randomUUID(), 1)).rejects.toMatchObject({ code: 'disk-full' });
  expect(fs.readdirSync(path.join(dataDir, 'videos'))).toEqual([]);
});

it('finds after a restart what was there, and what waits to be checked, also when that was not written down any more', async () => {
  const { videos } = await library();
  const [begun, whole, noted] = [randomUUID(), randomUUID(), randomUUID()];
  for (const id of [begun, whole, noted]) await videos.expect(id, 4);
  fs.writeFileSync(videos.uploadPath(begun), 'abc');
  for (const id of [whole, noted]) fs.writeFileSync(videos.uploadPath(id), 'abcd');
  await videos.markUploaded(noted);
  fs.mkdirSync(path.join(dataDir, 'videos', 'something-else'));
  const restarted = await library();
  expect(restarted.waiting.sort()).toEqual([whole, noted].sort());
  expect(await restarted.videos.received(begun)).toBe(3);
  expect(restarted.videos.ids.sort()).toEqual([begun, whole, noted].sort());
});

it('keeps of a failed check what could be checked again, and of a good one what is played', async () => {
  const { videos } = await library();
  const [bad, unlucky, good] = [randomUUID(), randomUUID(), randomUUID()];
  for (const id of [bad, unlucky, good]) {
    await videos.expect(id, 4);
    fs.writeFileSync(videos.uploadPath(id), 'abcd');
    fs.writeFileSync(videos.partPath(id), 'part');
    await videos.markUploaded(id);
  }
  await videos.markUnusable(bad, 'no-picture');
  await videos.markUnusable(unlucky, 'disk-full');
  await videos.markReady(good, index);
  expect([filesOf(bad), filesOf(unlucky), filesOf(good)]).toEqual([
    ['about.json'],
    ['about.json', 'upload'],
    ['about.json', 'index.json', 'video.flv'],
  ]);
  expect([await videos.retry(bad), await videos.retry(unlucky), await videos.retry(good)]).toEqual([
    false,
    true,
    false,
  ]);
  expect([await videos.index(bad), await videos.index(good)]).toEqual([null, index]);
  expect((await library()).waiting).toEqual([unlucky]);
});

it('has nothing left of what was removed, however often', async () => {
  const { videos } = await library();
  const id = randomUUID();
  await videos.expect(id, 4);
  await videos.remove(id);
  await videos.remove(id);
  await videos.markUploaded(id);
  expect(videos.get(id)).toBeUndefined();
  expect(fs.readdirSync(path.join(dataDir, 'videos'))).toEqual([]);
});
