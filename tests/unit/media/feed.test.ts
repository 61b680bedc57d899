import { pino } from 'pino';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { Broadcast } from '#media/broadcast.ts';
import { Feed } from '#media/feed.ts';
import { findFfmpeg } from '#media/ffmpeg.ts';
import { type Fragment, movedTo } from '#media/fmp4.ts';
import { RUNGS, SOUND } from '#media/ladder.ts';
import { makeSlate, type Slate } from '#media/slate.ts';
import type { Source } from '#media/source.ts';

const logger = pino({ level: 'silent' });
const OUTPUTS = ['360p', SOUND];
const INFO = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8058',
  prefix: 'abcdefghijklmnop',
  kind: 'live' as const,
};

/** Real fragments; what is in the picture does not matter here. */
let slate: Slate;
beforeAll(async () => {
  slate = await makeSlate(await findFfmpeg(process.env.FFMPEG_PATH, logger), RUNGS.slice(2), logger);
});

/** A source of which the test says what its encoder writes. */
class WrittenSource {
  #listener: Parameters<Source['onBytes']>[0] = () => undefined;
  readonly waitedMs = 0;
  readonly publication = {
    source: () => ({ videoCodec: 'h264', audioCodec: 'aac', width: 640, height: 360, framesPerSecond: 30 }),
  };

  onBytes(listener: Parameters<Source['onBytes']>[0]): void {
    this.#listener = listener;
  }

  runs() {
    return { outputs: OUTPUTS, startedAt: Date.now };
  }

  /** The init segments, and `seconds` of picture and sound from `from` on. */
  write(run: number, from: number, seconds: number): void {
    for (const name of OUTPUTS) {
      const { init, track, loop } = slate.get(name) as NonNullable<ReturnType<Slate['get']>>;
      if (from === 0) this.#write(init.bytes, run, name);
      let at = from * track.timescale;
      for (let n = 0; at < (from + seconds) * track.timescale; n += 1) {
        const fragment = loop[n % loop.length] as Fragment;
        this.#write(movedTo(fragment, track, at).bytes, run, name);
        at += Math.round((fragment.duration * track.timescale) / 1_000_000);
      }
    }
  }

  #write(bytes: Buffer, run: number, name: string): void {
    this.#listener(bytes, run, name);
  }
}

const feeds: Feed[] = [];
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close();
});

function feedInto(broadcast: Broadcast) {
  const source = new WrittenSource();
  const seen: string[] = [];
  const feed = new Feed(source as unknown as Source, broadcast, {
    clock: Date.now,
    logger,
    onPicture: () => void seen.push('picture'),
    onMoved: () => void seen.push('moved'),
    onReplaced: () => void seen.push('replaced'),
  });
  feeds.push(feed);
  return { source, feed, seen };
}

it('takes the place of another with its first picture, who is told once', () => {
  const broadcast = new Broadcast(INFO, null, () => undefined);
  const [first, second] = [feedInto(broadcast), feedInto(broadcast)];
  first.source.write(1, 0, 2);
  expect([first.feed.showing, second.feed.showing]).toEqual([true, false]);
  second.source.write(1, 0, 2);
  expect([first.feed.showing, second.feed.showing]).toEqual([false, true]);
  expect(first.seen).toEqual(['picture', 'replaced']);
});

it('does not come back with what its encoder still holds when it is let go', () => {
  const broadcast = new Broadcast(INFO, null, () => undefined);
  const [first, second] = [feedInto(broadcast), feedInto(broadcast)];
  first.source.write(1, 0, 2);
  second.source.write(1, 0, 2);
  first.feed.close();
  first.source.write(1, 2, 2);
  expect(second.feed.showing).toBe(true);
  expect(second.seen).toEqual(['picture']);
});

it('is nobody’s loss when an encoder follows another of the same publisher', () => {
  const broadcast = new Broadcast(INFO, null, () => undefined);
  const { source, feed, seen } = feedInto(broadcast);
  source.write(1, 0, 2);
  source.write(2, 0, 2);
  expect(feed.showing).toBe(true);
  expect(seen).toEqual(['picture', 'picture']);
});

it('goes from the preview into the class at a key frame, and its end ends the class’s picture alone', () => {
  const [preview, live] = ['preview', 'live'].map(
    (kind) => new Broadcast({ ...INFO, kind: kind as 'live' }, null, () => undefined),
  ) as [Broadcast, Broadcast];
  const { source, feed, seen } = feedInto(preview);
  source.write(1, 0, 2);
  feed.moveTo(live);
  source.write(1, 2, 2);
  expect(feed.broadcast).toBe(live);
  expect(seen).toEqual(['picture', 'moved']);
  feed.pause();
  expect([preview.busy, live.busy]).toEqual([true, false]);
});
