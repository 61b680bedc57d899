import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Boundary, ON_BOUNDARY, type Placement, pdtAt, Timeline } from '#media/timeline.ts';

const PDT = Date.UTC(2026, 10, 24, 1, 0, 0);
const PART = 333_333;
const SOUND_PART = 341_333;
/** The encoder's clock begins here. */
const START = 1_000_000;

interface Timed {
  start: number;
  duration: number;
  independent: boolean;
}

/** Fragments of a picture with a key frame every two seconds. */
function pictures(count: number): Timed[] {
  return Array.from({ length: count }, (_, at) => {
    const start = START + Math.floor(at / 6) * 2_000_000 + (at % 6) * PART;
    return { start, duration: at % 6 === 5 ? 2_000_000 - 5 * PART : PART, independent: at % 6 === 0 };
  });
}

function sounds(count: number, from = START - 21_333): Timed[] {
  return Array.from({ length: count }, (_, at) => {
    return { start: from + at * SOUND_PART, duration: SOUND_PART, independent: true };
  });
}

/** A rendition as the packager drives it; sound that must wait is asked about again. */
class Follower {
  readonly #timeline: Timeline;
  readonly #sound: boolean;
  #open: Boundary | undefined;
  #waiting: Timed[] = [];
  readonly cuts: { at: Boundary; start: number }[] = [];
  readonly placed: Timed[] = [];

  constructor(timeline: Timeline, sound: boolean) {
    this.#timeline = timeline;
    this.#sound = sound;
  }

  take(fragment: Timed): void {
    if (!this.#sound) {
      const pdtOf = () => PDT + fragment.start / 1_000;
      this.#place(fragment, this.#timeline.picture(this.#open, fragment, pdtOf));
      return;
    }
    this.#waiting.push(fragment);
    this.follow();
  }

  follow(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const placement = this.#timeline.sound(this.#open, next);
      if (placement.kind === 'wait') return;
      this.#waiting.shift();
      this.#place(next, placement);
    }
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  close(): void {
    this.#open = undefined;
    this.#waiting = [];
  }

  #place(fragment: Timed, placement: Placement): void {
    if (placement.kind === 'cut') {
      this.#open = placement.at;
      this.cuts.push({ at: placement.at, start: fragment.start });
    }
    if (placement.kind !== 'skip') this.placed.push(fragment);
  }
}

function followers(timeline: Timeline): [Follower, Follower, Follower] {
  return [new Follower(timeline, false), new Follower(timeline, false), new Follower(timeline, true)];
}

describe('the boundaries of segments', () => {
  it('are at key frames two seconds apart, dated by the clock', () => {
    const timeline = new Timeline();
    timeline.beginRun();
    const [picture] = followers(timeline);
    for (const fragment of pictures(13)) picture.take(fragment);
    expect(picture.cuts.map(({ at }) => [at.msn, at.start, at.pdt])).toEqual([
      [0, START, PDT + 1_000],
      [1, START + 2_000_000, PDT + 3_000],
      [2, START + 4_000_000, PDT + 5_000],
    ]);
    expect(timeline.end).toBeCloseTo(PDT + 5_333, 0);
  });

  it('are the same for all renditions, in whatever order their fragments come', () => {
    // Of each rendition the next fragment, chosen at random, as long as any has one.
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 300 }), fc.nat(400_000), (order, soundFrom) => {
        const timeline = new Timeline();
        timeline.beginRun();
        const all = followers(timeline);
        const queues = [pictures(60), pictures(60), sounds(60, START - 21_333 + soundFrom)];
        const step = (which: number) => {
          const next = queues[which]?.shift();
          if (next) all[which]?.take(next);
          all[2].follow();
        };
        for (const which of order) step(which);
        while (queues.some((queue) => queue.length > 0)) for (const which of [0, 1, 2]) step(which);

        const [first, second, sound] = all;
        expect(second.cuts).toEqual(first.cuts);
        expect(first.cuts.map(({ at }) => at.msn)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(sound.cuts.map(({ at }) => at)).toEqual(first.cuts.map(({ at }) => at));
        for (const { at, start } of sound.cuts.slice(1)) {
          expect(Math.abs(start - at.start)).toBeLessThanOrEqual(SOUND_PART / 2 + ON_BOUNDARY);
        }
      }),
    );
  });

  it('leave no segment without sound where a key frame makes one that is shorter than a part of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200_000, max: 330_000 }), fc.nat(341_000), (short, soundFrom) => {
        const timeline = new Timeline();
        timeline.beginRun({
          cadence: { within: 2_050_000, every: 2_000_000, fillsParts: true },
          refuse: () => undefined,
        });
        const [picture, , sound] = followers(timeline);
        let start = START;
        for (const length of [2_000_000, short, 2_000_000, 2_000_000]) {
          for (let at = 0; at < length; at += PART)
            picture.take({ start: start + at, duration: Math.min(PART, length - at), independent: at === 0 });
          start += length;
        }
        for (const fragment of sounds(18, START - soundFrom)) sound.take(fragment);
        expect(picture.cuts.map(({ at }) => at.start - START)).toEqual([
          0,
          2_000_000,
          2_000_000 + short,
          4_000_000 + short,
        ]);
        expect(sound.cuts.map(({ at }) => at.msn)).toEqual([0, 1, 2, 3]);
      }),
    );
  });

  it('refuse a copied picture at whose key frame a rung has none, and show nothing that cannot be decoded', () => {
    const timeline = new Timeline();
    const refused: string[] = [];
    const cadence = { within: 2_050_000, every: 2_000_000, fillsParts: true };
    timeline.beginRun({ cadence, refuse: (reason) => refused.push(reason) });
    const [copied, follower] = followers(timeline);
    const all = pictures(24);
    for (const fragment of all) copied.take(fragment);
    expect(refused).toEqual([]);
    for (const [at, fragment] of all.entries())
      follower.take({ ...fragment, independent: fragment.independent && at !== 6 });
    expect(refused).not.toEqual([]);
    expect(follower.cuts.map(({ at }) => at.msn)).toEqual([0, 2, 3]);
    expect(follower.placed).toEqual(
      all.filter((_, at) => at < 6 || at >= 12).map(({ start }) => expect.objectContaining({ start })),
    );
  });

  it('never keep sound waiting but around a cut', () => {
    const timeline = new Timeline();
    timeline.beginRun();
    const [picture, , sound] = followers(timeline);
    const ahead = sounds(12);
    for (const fragment of pictures(1)) picture.take(fragment);
    for (const fragment of ahead.slice(0, 6)) sound.take(fragment);
    expect(sound.waiting).toBe(0);
    sound.take(ahead[6] as Timed);
    expect(sound.waiting).toBe(1);
    for (const fragment of pictures(7).slice(1)) picture.take(fragment);
    sound.follow();
    expect(sound.waiting).toBe(0);
    expect(sound.cuts.map(({ at }) => at.msn)).toEqual([0, 1]);
  });

  it('leave out sound from before the first picture', () => {
    const timeline = new Timeline();
    timeline.beginRun();
    const [picture, , sound] = followers(timeline);
    for (const fragment of sounds(3, START - 700_000)) sound.take(fragment);
    picture.take(pictures(1)[0] as Timed);
    sound.follow();
    expect(sound.placed.map(({ start }) => start)).toEqual([START - 700_000 + 2 * SOUND_PART]);
  });

  it('go on after a break with the next number and a discontinuity, and never back in time', () => {
    const timeline = new Timeline();
    timeline.beginRun();
    const [picture] = followers(timeline);
    for (const fragment of pictures(8)) picture.take(fragment);
    const end = timeline.end as number;
    timeline.beginRun();
    picture.close();
    expect(timeline.end).toBe(end);
    // Its clock says that it began before the last one ended.
    const [first] = pictures(1);
    const placement = timeline.picture(undefined, first as Timed, () => PDT);
    expect(placement).toMatchObject({ kind: 'cut', at: { msn: 2, run: 2, discontinuity: true } });
    expect(placement.kind === 'cut' && placement.at).toMatchObject({ discontinuitySequence: 1, pdt: Math.round(end) });
  });

  it('follow a clock that runs fast back by no more than a few milliseconds a segment', () => {
    const timeline = new Timeline();
    timeline.beginRun();
    let open: Boundary | undefined;
    for (const [at, fragment] of pictures(60).entries()) {
      // Each segment is two seconds long, and three less seconds have passed on the wall in each.
      const placement = timeline.picture(open, fragment, () => PDT + fragment.start / 1_000 - at * 500);
      if (placement.kind !== 'cut') continue;
      if (open) expect(placement.at.pdt).toBe(Math.round(pdtAt(open, fragment.start)) - 5);
      open = placement.at;
    }
    expect(open?.msn).toBe(9);
  });

  it('tell a rendition that was away what it has missed', () => {
    const timeline = new Timeline();
    timeline.beginRun();
    const [picture] = followers(timeline);
    for (const fragment of pictures(20)) picture.take(fragment);
    timeline.beginRun();
    const missed = timeline.between(0, 4);
    expect(missed.map(({ msn, length }) => [msn, length])).toEqual([
      [1, 2_000_000],
      [2, 2_000_000],
      [3, 2 * PART],
    ]);
  });

  it('go on from a recording', () => {
    const boundary = { msn: 7, run: 2, start: 0, pdt: PDT, discontinuity: false, discontinuitySequence: 1 };
    const timeline = new Timeline({ boundaries: [{ ...boundary, length: 1_500_000 }], end: PDT + 1_500 });
    expect(timeline.end).toBe(PDT + 1_500);
    timeline.beginRun();
    const placement = timeline.picture(undefined, pictures(1)[0] as Timed, () => PDT + 60_000);
    expect(placement).toMatchObject({
      at: { msn: 8, run: 3, discontinuity: true, discontinuitySequence: 2, pdt: PDT + 60_000 },
    });
  });
});
