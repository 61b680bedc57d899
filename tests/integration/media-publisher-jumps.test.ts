import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { PublishedVia, SourceFormat } from '#contract/media.ts';
import type { Ffmpeg } from '#media/ffmpeg.ts';
import { RUNGS, rungsFor } from '#media/ladder.ts';
import { Publication } from '#media/publication.ts';
import { SoundFiller } from '#media/sound.ts';
import { createSource, type EncoderRun } from '#media/source.ts';
import type { Tag } from '#media/tag.ts';
import { SWEPT_PREFIX } from '#tests/support/temporary-folder.ts';

const T = Date.UTC(2026, 10, 24, 1, 0, 0);
const FRAME = 40;
const GOP = 50;

/** An encoder that takes everything and says nothing. */
let ffmpeg: Ffmpeg;
let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), SWEPT_PREFIX));
  const sink = path.join(folder, 'sink');
  fs.writeFileSync(sink, '#!/bin/sh\nexec cat > /dev/null\n', { mode: 0o755 });
  ffmpeg = { path: sink, version: '5.1', fallback: false, meters: false, follows: false };
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A publisher of whose stream the test decides when and with which timestamp each frame comes. */
class Told extends Publication {
  readonly via: PublishedVia = 'rtmp';
  readonly container = 'flv';
  readonly ready = true;
  readonly awaitsAudio = false;
  #frames = 0;

  headers(): Buffer {
    return Buffer.from('headers');
  }

  begin() {
    const sound = new SoundFiller({ heard: true, frameMs: FRAME, silence: null });
    return { headers: this.headers(), sound, soundRefused: false };
  }

  source(): SourceFormat {
    return { width: 640, height: 360, framesPerSecond: 25, videoCodec: 'avc1', audioCodec: 'mp4a' };
  }

  picture(timestamp: number): void {
    this.#give(this.#frames % GOP === 0 ? 'key' : 'inter', timestamp);
    this.#frames += 1;
  }

  sound(timestamp: number): void {
    this.#give('audio', timestamp);
  }

  #give(kind: Tag['kind'], timestamp: number): void {
    this.give({ bytes: Buffer.alloc(100), kind, timestamp }, 100);
  }
}

function published() {
  let now = T;
  const closed: string[] = [];
  const clock = () => now;
  const disconnect = (reason: string) => void closed.push(reason);
  const publication = new Told({ remoteAddress: '127.0.0.1', clock, disconnect, setPaused: () => undefined });
  const rungs = (height: number | null) => rungsFor(RUNGS, height);
  const source = createSource(publication, { ffmpeg, rungs, clock, logger: pino({ level: 'silent' }) });
  onTestFinished(() => source.release());
  const run = (number: number): EncoderRun | null => {
    try {
      return source.runs(number);
    } catch {
      return null;
    }
  };
  const passes = (ms: number) => {
    now += ms;
  };
  return { publication, source, closed, clock, passes, run };
}

/** Twenty seconds, without a break for the encoder that began with them. */
function expectOneRun(soundAt: (at: number) => number): void {
  const { publication, source, closed, passes } = published();
  const pids = new Set<number | undefined>();
  for (let at = 0; at < 20_000; at += FRAME) {
    publication.picture(at);
    publication.sound(soundAt(at));
    pids.add(source.encoderPid);
    passes(FRAME);
  }
  expect(closed).toEqual([]);
  expect([...pids]).toEqual([expect.any(Number)]);
}

it('goes on with a picture whose sound comes more than a second behind it', () => {
  expectOneRun((at) => at - 1_300);
});

it('goes on with a picture whose sound has another clock, or gets one', () => {
  expectOneRun((at) => at + 3_600_000);
  expectOneRun((at) => (at < 10_000 ? at : at - 9_000_000));
});

it('dates no picture into the future where a publisher’s clock leaps by some seconds', async () => {
  const { publication, clock, passes, run } = published();
  let leap = 0;
  let at = 0;
  const play = () => {
    publication.picture(at + leap);
    publication.sound(at + leap);
    at += FRAME;
    passes(FRAME);
  };
  while (at < 10_000) play();
  expect(run(1)?.startedAt()).toBe(T);
  leap = 8_000;
  // Until the encoder before has let go, and there was a key frame after it.
  await expect
    .poll(
      () => {
        play();
        return run(2);
      },
      { timeout: 15_000, interval: 5 },
    )
    .not.toBeNull();
  expect(run(1)?.startedAt()).toBe(T);
  const late = clock() - (run(2)?.startedAt() ?? 0);
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThanOrEqual(GOP * FRAME + FRAME);
});
