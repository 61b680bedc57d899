import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '#media/logger.ts';
import { AUDIO, flvHeader, flvTag, VIDEO } from '#media/rtmp/flv.ts';
import type { Tag } from '#media/tag.ts';
import { type FlvIndex, FlvIndexer } from '#media/videos/flv-index.ts';
import { FlvReader } from '#media/videos/flv-reader.ts';
import { type Ending, FilePlayer } from '#media/videos/player.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

/* A file of five seconds: a picture each 100 ms, every tenth a key frame, whose number is in its payload; sound each 50 ms. */

const logger = { error: () => undefined } as unknown as Logger;
const ORIGIN = 40;

let folder: string;
let file: string;
let index: FlvIndex;
let now: number;
let sent: { at: number; tag: Tag }[];
let held: number[];
let endings: Ending[];

beforeEach(async () => {
  folder = await temporaryFolder();
  file = path.join(folder, 'video.flv');
  const pictures = Array.from({ length: 50 }, (_, n) => {
    return flvTag(VIDEO, ORIGIN + n * 100, Buffer.from([n % 10 === 0 ? 0x17 : 0x27, 1, n]));
  });
  const bytes = Buffer.concat([
    flvHeader(true),
    flvTag(VIDEO, 0, Buffer.from([0x17, 0])),
    flvTag(AUDIO, 0, Buffer.from([0xaf, 0, 0x11, 0x90])),
    ...pictures.flatMap((picture, n) => [
      picture,
      flvTag(AUDIO, ORIGIN + n * 100 + 10, Buffer.from([0xaf, 1])),
      flvTag(AUDIO, ORIGIN + n * 100 + 60, Buffer.from([0xaf, 1])),
    ]),
  ]);
  fs.writeFileSync(file, bytes);
  const indexer = new FlvIndexer();
  for (const tag of new FlvReader().push(bytes)) indexer.take(tag);
  index = indexer.finish({ width: 320, height: 180, framesPerSecond: 10, bytes: bytes.length }) as FlvIndex;
  now = 1_000_000;
  sent = [];
  held = [];
  endings = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  fs.rmSync(folder, { recursive: true });
});

async function play(
  changes: { zeroAt?: number; fromMs?: number; now?: number; held?: boolean } = {},
): Promise<FilePlayer> {
  const player = new FilePlayer({
    file,
    index,
    zeroAt: now,
    fromMs: 0,
    now,
    held: false,
    ...changes,
    clock: () => now,
    logger,
    onHeld: (positionMs) => held.push(positionMs),
    onEnd: (ending) => endings.push(ending),
  });
  player.publication.onTag((tag) => sent.push({ at: now, tag }));
  await player.start();
  return player;
}

/** Lets time pass. The file is short enough to be read before its start. */
function pass(ms: number): void {
  for (let gone = 0; gone < ms; gone += 20) {
    now += 20;
    vi.advanceTimersByTime(20);
  }
}

/** Number of a picture: its last byte before the back pointer. */
const numberOf = ({ tag }: { tag: Tag }) => tag.bytes.at(-5) ?? -1;
const pictures = () => sent.filter(({ tag }) => tag.kind === 'key' || tag.kind === 'inter');

describe('a file that is played', () => {
  it('is sent by the clock, whole, and ends by itself', async () => {
    const begun = now;
    await play();
    pass(6_000);
    expect(endings).toEqual(['finished']);
    expect(pictures().map(numberOf)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(sent.filter(({ tag }) => tag.kind === 'audio')).toHaveLength(100);
    for (const { at, tag } of sent) {
      expect(at - begun).toBeGreaterThanOrEqual(tag.timestamp);
      expect(at - begun - tag.timestamp).toBeLessThanOrEqual(60);
    }
  });

  it('waits for its time', async () => {
    await play({ zeroAt: now + 1_000 });
    pass(900);
    expect(sent).toEqual([]);
    pass(180);
    expect(pictures().map(numberOf)).toEqual([0]);
  });

  it('goes on after an interruption at the first key frame that is not past', async () => {
    await play({ zeroAt: now - 1_500 });
    pass(400);
    expect(sent).toEqual([]);
    pass(200);
    expect(numberOf(pictures()[0] as { tag: Tag })).toBe(20);
    expect(pictures()[0]?.tag.timestamp).toBe(0);
  });

  it('held, repeats one key frame without sound, and goes on from it with time that never goes back', async () => {
    const player = await play();
    pass(1_500);
    player.hold();
    pass(1_500);
    expect(held).toEqual([2_000]);
    const standing = sent.length;
    pass(2_000);
    expect(sent.slice(standing).every((each) => each.tag.kind === 'key' && numberOf(each) === 20)).toBe(true);
    expect(sent.length - standing).toBe(20);
    expect(player.positionMs).toBe(2_000);
    player.resume();
    pass(6_000);
    expect(endings).toEqual(['finished']);
    const shown = pictures().map(numberOf);
    expect([...new Set(shown)]).toEqual(Array.from({ length: 50 }, (_, n) => n));
    const times = pictures().map(({ tag }) => tag.timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('that stood still begins at the same key frame, however long the way to its beginning was', async () => {
    const decided = now;
    now += 7;
    await play({ held: true, fromMs: 2_000, now: decided, zeroAt: decided - 2_000 });
    pass(100);
    expect(held).toEqual([2_000]);
  });

  it('sends nothing while its encoder is not ready for more, and all of it afterwards', async () => {
    const player = await play();
    pass(500);
    player.publication.pause();
    const before = sent.length;
    pass(1_000);
    expect(sent.length).toBe(before);
    player.publication.resume();
    pass(5_000);
    expect(pictures()).toHaveLength(50);
  });

  describe('of many bytes', () => {
    /** Two minutes of a picture each second, 256 KiB each. */
    const PICTURES = 120;
    const PICTURE_BYTES = 256 * 1024;
    let reads: Promise<{ bytesRead: number }>[];

    beforeEach(() => {
      const bytes = Buffer.concat([
        flvHeader(false),
        flvTag(VIDEO, 0, Buffer.from([0x17, 0])),
        ...Array.from({ length: PICTURES }, (_, n) =>
          flvTag(VIDEO, n * 1_000, Buffer.concat([Buffer.from([0x17, 1]), Buffer.alloc(PICTURE_BYTES, n)])),
        ),
      ]);
      fs.writeFileSync(file, bytes);
      const indexer = new FlvIndexer();
      for (const tag of new FlvReader().push(bytes)) indexer.take(tag);
      index = indexer.finish({ width: 320, height: 180, framesPerSecond: 1, bytes: bytes.length }) as FlvIndex;
      reads = [];
      const open = fsPromises.open.bind(fsPromises);
      vi.spyOn(fsPromises, 'open').mockImplementation(async (...args) => {
        const handle = await open(...args);
        const read = handle.read.bind(handle) as (...given: unknown[]) => Promise<{ bytesRead: number }>;
        handle.read = ((...given: unknown[]) => {
          const reading = read(...given);
          reads.push(reading);
          return reading;
        }) as typeof handle.read;
        return handle;
      });
    });
    afterEach(() => {
      vi.restoreAllMocks();
    });

    /** Lets time pass in steps after which all that was asked of the disk has come. @returns bytes read in all */
    async function passReading(ms: number): Promise<number> {
      for (let gone = 0; gone < ms; gone += 100) {
        pass(100);
        await Promise.all(reads);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return (await Promise.all(reads)).reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    }

    it('is read no further while it stands still', async () => {
      const player = await play({ held: true });
      const read = await passReading(3_000);
      expect(held).toEqual([0]);
      expect(read).toBeLessThan(6 * PICTURE_BYTES);
      expect(await passReading(30_000)).toBe(read);
      player.resume();
      expect(await passReading(10_000)).toBeGreaterThan(read + 8 * PICTURE_BYTES);
      player.stop('enough');
    });

    it('is not read to its end for an encoder that takes nothing', async () => {
      const player = await play();
      player.publication.pause();
      expect(await passReading(90_000)).toBeLessThan(17 * 1024 * 1024);
      player.publication.resume();
      await passReading(45_000);
      expect(endings).toEqual(['finished']);
    });
  });

  it('stops once, however often it is told to, and stands by when somebody else is on air', async () => {
    const stopped = await play();
    stopped.stop('enough');
    stopped.publication.close('again');
    expect(endings).toEqual(['stopped']);
    const waiting = await play();
    waiting.publication.standBy();
    expect(endings).toEqual(['stopped', 'standby']);
    const before = sent.length;
    pass(1_000);
    expect(sent.length).toBe(before);
  });

  it('fails when its file is shorter than it was, or gone', async () => {
    fs.truncateSync(file, 400);
    await play();
    pass(3_000);
    fs.rmSync(file);
    await play();
    expect(endings).toEqual(['failed', 'failed']);
  });
});
