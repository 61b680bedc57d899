import type { Day } from './day.ts';

/** Who watches the class as it runs is at most so far behind it, seconds. */
const AS_IT_RUNS = 60;

interface Stretch {
  /** Seconds of the class. */
  from: number;
  to: number;
  /** Seconds from the start of the class at which it began to be watched, on the wall. */
  at: number;
}

/**
 * What one person really did, second by second, and what that is worth by the published rule; worked out here a second time, without a line
 * of the product's.
 */
export class Seen {
  readonly #day: Day;
  readonly #startedAt: number;
  readonly #length: number;
  readonly #watched: Stretch[] = [];
  readonly #replayed: Stretch[] = [];
  /** When they were surely there: a page opened, a button pressed. */
  readonly #sure: number[] = [];
  readonly #pressed: number[] = [];
  readonly #missed: number[] = [];
  /** The same in the replay: neither takes anything of the other. */
  readonly #missedInReplay: number[] = [];

  constructor(day: Day, startedAt: number, lengthSeconds: number) {
    this.#day = day;
    this.#startedAt = startedAt;
    this.#length = lengthSeconds;
  }

  get seconds(): number {
    return (this.#day.now() - this.#startedAt) / 1_000;
  }

  opened(): void {
    this.#sure.push(this.seconds);
  }

  pressed(): void {
    this.#sure.push(this.seconds);
    this.#pressed.push(this.seconds);
  }

  /** A check that asked at that second was not answered, though they went on watching. */
  missed(at: number): void {
    this.#missed.push(at);
  }

  missedInReplay(at: number): void {
    this.#missedInReplay.push(at);
  }

  /** They have just watched that part of the class: it ended now. */
  watched(from: number, to: number): void {
    this.#watched.push({ from, to, at: this.seconds - (to - from) });
  }

  replayed(from: number, to: number): void {
    this.#replayed.push({ from, to, at: this.seconds - (to - from) });
  }

  /** What they did, for whoever has to find out why it was not credited so; seconds of the class. */
  story(): string[] {
    const lines = [
      ...this.#sure.map((at) => ({ at, line: `${at} surely there` })),
      ...[...this.#missed, ...this.#missedInReplay].map((at) => ({ at, line: `${at} asked, and did not answer` })),
      ...runsOf(this.#watched).map(({ from, to, at }) => ({ at, line: `${at} watched ${from}-${to}` })),
      ...runsOf(this.#replayed).map(({ from, to, at }) => ({ at, line: `${at} watched ${from}-${to} of the replay` })),
    ];
    return lines.sort((a, b) => a.at - b.at).map(({ line }) => line);
  }

  /** Seconds that are due to them. */
  due(): number {
    return this.counted().size;
  }

  /** Those seconds. */
  counted(): Set<number> {
    const inGap = isIn(this.#gapsOf(this.#missed));
    const inReplayGap = isIn(this.#gapsOf(this.#missedInReplay));
    const counted = new Set<number>();
    for (const { from, to, at } of this.#watched) {
      for (let second = from; second < to; second += 1) {
        const wall = at + second - from;
        if (!inGap(second) && !(wall - second > AS_IT_RUNS && inGap(wall))) counted.add(second);
      }
    }
    for (const { from, to, at } of this.#replayed) {
      for (let second = from; second < to; second += 1) if (!inReplayGap(at + second - from)) counted.add(second);
    }
    const isOfClass = (second: number) => second >= 0 && second < this.#length + 30;
    return new Set([...counted].filter(isOfClass));
  }

  /** From when they were last surely there to when they next pressed. */
  #gapsOf(missed: readonly number[]): Gap[] {
    return missed.map((at) => ({
      from: Math.max(...this.#sure.filter((moment) => moment < at)),
      to: Math.min(Number.POSITIVE_INFINITY, ...this.#pressed.filter((moment) => moment >= at)),
    }));
  }
}

interface Gap {
  from: number;
  to: number;
}

function isIn(gaps: readonly Gap[]): (second: number) => boolean {
  return (second) => gaps.some(({ from, to }) => from <= second && second < to);
}

/** Stretches that followed one another without a break, as one. */
function runsOf(stretches: readonly Stretch[]): Stretch[] {
  const runs: Stretch[] = [];
  for (const { from, to, at } of stretches) {
    const last = runs.at(-1);
    if (last?.to === from && last.at + from - last.from === at) last.to = to;
    else runs.push({ from, to, at });
  }
  return runs;
}
