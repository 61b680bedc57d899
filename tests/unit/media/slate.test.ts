import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { Broadcast } from '#media/broadcast.ts';
import { type Ffmpeg, findFfmpeg } from '#media/ffmpeg.ts';
import { Fmp4Reader, type Fragment, movedTo } from '#media/fmp4.ts';
import { RUNGS, SOUND } from '#media/ladder.ts';
import { makeSlate, type Slate, SlateShow } from '#media/slate.ts';

const logger = pino({ level: 'silent' });
const NAMES = [...RUNGS.map(({ name }) => name), SOUND];
const INFO = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8058',
  prefix: 'abcdefghijklmnop',
  kind: 'live' as const,
};

let ffmpeg: Ffmpeg;
let slate: Slate;
beforeAll(async () => {
  ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH, logger);
  slate = await makeSlate(ffmpeg, RUNGS, logger);
});

/** What the slate's own track of a name makes of `shown` seconds, as a player reads it. */
function read(name: string, fragments: Fragment[]): Fragment[] {
  const bytes = Buffer.concat([slate.get(name)?.init.bytes ?? Buffer.alloc(0), ...fragments.map((each) => each.bytes)]);
  return new Fmp4Reader().push(bytes).filter((item) => item.kind === 'fragment');
}

describe('the slate', () => {
  it('has every rung in its size, and sound', () => {
    expect([...slate.keys()]).toEqual(NAMES);
    expect(RUNGS.map(({ name }) => slate.get(name)?.init.height)).toEqual(RUNGS.map(({ height }) => height));
    for (const { loop } of slate.values()) expect(loop[0]?.independent).toBe(true);
  });

  it('says in words what has happened', () => {
    // A picture of one colour with a line is below a kilobyte.
    expect(slate.get('720p')?.loop[0]?.bytes.length).toBeGreaterThan(5_000);
  });

  it.each(['720p', SOUND])('is moved in time without a gap: %s', (name) => {
    const { track, loop } = slate.get(name) as NonNullable<ReturnType<Slate['get']>>;
    const hours = Math.round(11 * 3_600 * track.timescale);
    const moved = loop.map((fragment) => movedTo(fragment, track, hours));
    const again = read(name, moved);
    for (const [at, fragment] of again.entries()) {
      expect(fragment.start).toBe(11 * 3_600 * 1_000_000);
      expect(fragment.duration).toBe(moved[at]?.duration);
    }
  });
});

describe('a show', () => {
  const T0 = Date.UTC(2026, 10, 28, 1, 0, 0);

  /** A broadcast that has had six seconds of some picture, up to `end`. */
  function interrupted(): Broadcast {
    const broadcast = new Broadcast(INFO, null, () => undefined);
    const input = broadcast.begin(NAMES);
    for (const [name, { init }] of slate) input.init(name, init);
    for (let second = 0; second < 6; second += 2) {
      for (const [name, { track, loop }] of slate) {
        if (name === SOUND) continue;
        for (const [at, fragment] of loop.entries()) {
          const ticks = ((second * loop.length) / 2 + at) * Math.round(track.timescale / 3);
          input.take(name, movedTo(fragment, track, ticks), () => T0 + second * 1_000);
        }
      }
      const sound = slate.get(SOUND) as NonNullable<ReturnType<Slate['get']>>;
      for (let at = 0; at < 6; at += 1) {
        const fragment = sound.loop[0] as Fragment;
        const ticks = Math.round(((second / 2) * 6 + at) * 0.341333 * 48_000);
        input.take(SOUND, movedTo(fragment, sound.track, ticks), () => T0);
      }
    }
    broadcast.pause();
    return broadcast;
  }

  it('goes on where the picture ended, in every rendition, and its time ends', async () => {
    const broadcast = interrupted();
    const end = broadcast.lastPdt as number;
    let now = end + 700;
    const show = new SlateShow(broadcast, slate, { clock: () => now, seconds: 20 });
    show.start();
    expect(broadcast.lastPdt).toBeGreaterThan(end - 1);
    expect(broadcast.busy).toBe(true);
    now = end + 5_000;
    show.start();
    for (const name of NAMES) {
      const text = broadcast.rendition(name)?.stream.playlist() ?? '';
      const [, dated] =
        /#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-2.mp4"\n#EXT-X-PROGRAM-DATE-TIME:(\S+)/.exec(text) ?? [];
      expect(Math.abs(Date.parse(dated ?? '') - end), name).toBeLessThan(400);
    }
    // As far behind the clock as a publisher is, and never ahead of it.
    expect(now - (broadcast.lastPdt as number)).toBeGreaterThanOrEqual(600);
    expect(now - (broadcast.lastPdt as number)).toBeLessThan(1_000);
    now = end + 700 + 20_000;
    show.start();
    expect(broadcast.busy).toBe(false);
  });

  it('is made of what there is when the broadcast has other rungs', () => {
    const broadcast = interrupted();
    const other: Slate = new Map([...slate].filter(([name]) => name === '480p' || name === SOUND));
    const now = (broadcast.lastPdt as number) + 3_000;
    new SlateShow(broadcast, other, { clock: () => now, seconds: 60 }).start();
    for (const name of NAMES) expect(broadcast.rendition(name)?.stream.playlist(), name).toContain('init-2.mp4');
    broadcast.pause();
  });

  it('needs a picture', () => {
    const broadcast = interrupted();
    const none: Slate = new Map([...slate].filter(([name]) => name === SOUND));
    expect(() => new SlateShow(broadcast, none, { clock: Date.now, seconds: 60 })).toThrow('needs a picture');
  });

  it('stops when somebody is back', () => {
    const broadcast = interrupted();
    let now = (broadcast.lastPdt as number) + 700;
    const show = new SlateShow(broadcast, slate, { clock: () => now, seconds: 60 });
    show.start();
    broadcast.begin(NAMES);
    const before = broadcast.lastPdt;
    now += 10_000;
    show.start();
    expect(broadcast.lastPdt).toBe(before);
    expect(broadcast.busy).toBe(true);
  });
});
