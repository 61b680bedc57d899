import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecoderConfiguration } from '#media/h264/avcc.ts';
import { type Announced, CopyCheck } from '#media/h264/copy-check.ts';
import { RUNGS, type Rung } from '#media/ladder.ts';
import { LONGEST_PART_MS, partEndsAt, SHORTEST_PART_MS } from '#media/parts.ts';
import { expectedCut, place } from '#media/segmenter.ts';
import { type CONFIGURATIONS, record } from './configurations.ts';

const TOP = RUNGS[0] as Rung;
const NONE: Announced = { framesPerSecond: null, bitrate: null };

function sample(...nals: Buffer[]): Buffer {
  return Buffer.concat(
    nals.map((nal) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nal.length);
      return Buffer.concat([length, nal]);
    }),
  );
}

const slice = (bytes = 400) => Buffer.alloc(bytes, 0x41);
const idr = (bytes = 400) => Buffer.alloc(bytes, 0x65);

/** A publisher of which the test says when its frames come. */
function publisher(name: keyof typeof CONFIGURATIONS = 'reordered', announced = NONE) {
  const check = new CopyCheck();
  check.configure(record(name), announced);
  let now = 0;
  const send = (timestamp: number, key: boolean, changes: object = {}) => {
    now = timestamp;
    check.take({ timestamp, key, compositionOffset: 0, sample: sample(key ? idr() : slice()), ...changes });
    return check.objection(TOP);
  };
  return {
    check,
    send,
    /** Groups of frames between key frames, ms each. @returns the first objection */
    groups(lengths: number[], fps = 25, bytes = 400): string | null {
      for (const length of lengths) {
        const from = now === 0 ? 0 : now + 1_000 / fps;
        for (let at = 0; at < length - 1; at += 1_000 / fps) {
          const key = at === 0;
          const objection = send(Math.round(from + at), key, { sample: sample(key ? idr(bytes) : slice(bytes)) });
          if (objection !== null) return objection;
        }
      }
      return null;
    },
  };
}

describe('a picture may be copied', () => {
  it.each(['high', 'baseline', 'constantRate'] as const)('as %s', (name) => {
    expect(publisher(name).check.objection(TOP)).toBeNull();
  });

  it.each([
    ['reordered', 'order of their display'],
    ['cropped', '1080 lines'],
    ['interlaced', 'interlaced'],
    ['fullColour', 'profile 244'],
    ['tenBit', 'profile 110'],
    ['wide', 'not square'],
    ['demanding', 'level 51'],
  ] as const)('not as %s', (name, reason) => {
    expect(publisher(name).check.objection(TOP)).toContain(reason);
  });

  it('not before there is a configuration that can be read', () => {
    const check = new CopyCheck();
    expect(check.objection(TOP)).not.toBeNull();
    check.configure(Buffer.from([1, 2, 3]), NONE);
    expect(check.objection(TOP)).not.toBeNull();
    check.configure(record('high'), NONE);
    expect(check.objection(TOP)).toBeNull();
  });

  it('not faster than rungs are, nor at a rate of which no parts can be made', () => {
    const at = (framesPerSecond: number) => publisher('high', { ...NONE, framesPerSecond }).check.objection(TOP);
    expect([10, 12, 15, 20, 24, 25, 29.97, 30].map(at)).toEqual(Array(8).fill(null));
    expect([5, 17, 50, 60].filter((rate) => at(rate) === null)).toEqual([]);
  });

  it('not when it says that it is far heavier than the rung', () => {
    const at = (bitrate: number) => publisher('high', { ...NONE, bitrate }).check.objection(TOP);
    expect(at(2_500_000)).toBeNull();
    expect(at(6_000_000)).toBe('6000 kbit/s');
  });
});

describe('a picture can not be copied any more', () => {
  it('at the first frame that comes more than two seconds after a key frame', () => {
    const { groups, send } = publisher('high');
    expect(groups([2_000, 2_000, 1_000, 2_000])).toBeNull();
    expect(groups([2_040])).toBeNull();
    expect(groups([4_000])).toBe('no key frame for 2080 ms');
    expect(send(60_000, true)).not.toBeNull();
  });

  it('when key frames come later than they always did, since segments were made of several', () => {
    const { check, groups } = publisher('high');
    expect(groups(Array(10).fill(1_000))).toBeNull();
    // So long it may be chance.
    expect(check.cadence).toMatchObject({ within: 2_050_000, every: 1_000_000 });
    expect(groups(Array(12).fill(1_000))).toBeNull();
    expect(check.cadence).toMatchObject({ within: 1_050_000, every: 1_000_000 });
    expect(groups([2_000])).toBe('no key frame for 1080 ms');
  });

  it.each([
    ['frames out of order', { compositionOffset: 40 }, 'order'],
    ['a key frame that is not called so', { sample: sample(idr()) }, 'not called so'],
    ['a recovery point', { sample: sample(Buffer.from([6, 6, 1, 0x84, 0x80]), slice()) }, 'recovery points'],
    ['lengths that are wrong', { sample: Buffer.from([0, 0, 9, 9, 0x41]) }, 'damaged'],
    ['no picture in it', { sample: sample(Buffer.from([9, 0x10])) }, 'without a picture'],
    ['another size in it', { sample: sample(Buffer.from([0x67, 1, 2]), slice()) }, 'another configuration'],
  ])('with %s', (_, changes, reason) => {
    const { groups, send } = publisher('high');
    expect(groups([1_000])).toBeNull();
    expect(send(1_000, false, changes)).toContain(reason);
  });

  it('when a frame is lost, the clock stands still, or key frames alone come', () => {
    const frames = (...times: number[]) => {
      const { groups, send } = publisher('high');
      groups([1_000]);
      return times.map((time) => send(time, false)).at(-1);
    };
    expect(frames(1_000, 1_040, 1_080)).toBeNull();
    expect(frames(1_000, 1_400)).toBe('frames come unevenly');
    expect(frames(1_000, 1_000)).toBe('timestamps don’t grow');
    const { send } = publisher('high');
    expect([send(0, true), send(200, true)]).toEqual([null, 'key frames alone']);
  });

  it('with a key frame, once it has been too heavy', () => {
    const { check, groups } = publisher('high');
    // 25 frames of 16 kB a second.
    expect(groups([2_000, 2_000, 2_000, 2_000], 25, 16_000)).toBeNull();
    expect(groups([2_000], 25, 16_000)).toMatch(/^3\d{3} kbit\/s$/);
    expect(check.peakOf(TOP)).toBe(3_600_000);
  });

  it('not for a heavy beginning, but for one segment that is heavier than players were told', () => {
    // As an encoder begins whose buffer is full: 2.4 Mbit/s, and a second more of it at once.
    const encoder = publisher('high');
    expect(encoder.groups([2_000], 25, 17_500)).toBeNull();
    expect(encoder.groups(Array(10).fill(2_000), 25, 12_000)).toBeNull();
    const { check, groups } = publisher('high');
    expect(groups([2_000, 2_000], 25, 1_000)).toBeNull();
    expect(check.peakOf(TOP)).toBe(3_600_000);
    expect(groups([2_000, 2_000], 25, 20_000)).toMatch(/^\d{4} kbit\/s in a segment$/);
  });

  it('with key frames that are closer than a part of sound, again and again', () => {
    const { groups } = publisher('high');
    expect(groups([2_000, 240, 2_000, 240])).toBeNull();
    expect(groups([240, 240])).toBe('key frames closer than parts');
  });

  it('when it has not as many frames as it says', () => {
    const { groups } = publisher('high', { ...NONE, framesPerSecond: 15 });
    expect(groups([1_000, 1_000], 15)).toBeNull();
    expect(groups([2_000, 1_000], 25)).toBe('25 frames a second, not 15');
  });

  it('for a minute, during which everything must go well', () => {
    const { check, groups, send } = publisher('high');
    groups([4_000]);
    const good = (seconds: number, from: number) => {
      for (let at = 0; at < seconds * 25; at += 1) send(from + at * 40, at % 50 === 0);
    };
    good(50, 10_000);
    expect(check.objection(TOP)).not.toBeNull();
    good(12, 60_000);
    expect(check.objection(TOP)).toBeNull();
  });
});

it('takes the parameters that are sent again with a key frame', () => {
  const { sequenceSets, pictureSets } = readDecoderConfiguration(record('high'));
  const { send } = publisher('high');
  expect(send(0, true, { sample: sample(...sequenceSets, ...pictureSets, idr()) })).toBeNull();
});

/** Frames of a publisher: how much later each one is than it should be, and whether the encoder makes it a key frame. */
const films = fc.record({
  fps: fc.constantFrom(10, 12, 15, 20, 24, 25, 30),
  keyEvery: fc.integer({ min: 3, max: 80 }),
  scenes: fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 6 }),
  jitter: fc.array(fc.integer({ min: -12, max: 12 }), { maxLength: 600 }),
  changeAt: fc.integer({ min: 1, max: 900 }),
  keyEveryThen: fc.integer({ min: 3, max: 200 }),
});

it('lets through only what makes segments and parts that keep the rules', () => {
  let copied = 0;
  fc.assert(
    fc.property(films, ({ fps, keyEvery, scenes, jitter, changeAt, keyEveryThen }) => {
      const { check, send } = publisher('high', { ...NONE, framesPerSecond: fps });
      const endsAt = partEndsAt(fps) / 1_000;
      let sinceKey = 0;
      let part: { from: number; key: boolean } | null = null;
      let segment: { from: number; lastPart: number } | null = null;
      // As ffmpeg ends parts, and as the packager places them.
      const placed = (from: number, key: boolean, to: number) => {
        const open = segment ? (from - segment.from) * 1_000 : undefined;
        const placement = place(open, { independent: key }, check.cadence, (segment?.lastPart ?? 0) * 1_000);
        const length = to - from;
        expect(length).toBeLessThanOrEqual(LONGEST_PART_MS);
        if (placement === 'cut') {
          expect(key).toBe(true);
          segment = { from, lastPart: length };
        } else if (segment) {
          expect(segment.lastPart).toBeGreaterThanOrEqual(SHORTEST_PART_MS);
          segment.lastPart = length;
          expect(to - segment.from).toBeLessThan(2_500);
        }
      };
      for (let n = 0; n < 900; n += 1) {
        const every = n < changeAt ? keyEvery : keyEveryThen;
        const key = n === 0 || sinceKey >= every || scenes.includes(n);
        sinceKey = key ? 1 : sinceKey + 1;
        const at = Math.round((n * 1_000) / fps) + (jitter[n] ?? 0) + 20;
        if (send(at, key) !== null) return;
        copied += 1;
        if (part && (key || at - part.from >= endsAt)) {
          placed(part.from, part.key, at);
          part = { from: at, key };
        }
        part ??= { from: at, key };
      }
    }),
    { numRuns: 60 },
  );
  expect(copied).toBeGreaterThan(2_000);
});

it('expects the next segment where it comes', () => {
  const expected = (within: number, fillsParts = true, every: number | null = within - 50_000) =>
    expectedCut({ within, every, fillsParts });
  expect(expected(2_050_000)).toBe(1_990_000);
  expect(expected(2_050_000, true, null)).toBe(1_990_000);
  expect(expected(1_050_000)).toBe(1_990_000);
  expect(expected(1_050_000, false)).toBe(990_000);
  expect(expected(1_550_000)).toBe(1_490_000);
  expect(expected(550_000)).toBe(1_990_000);
});
