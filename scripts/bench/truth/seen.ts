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

  /** They have just watched that part of the class: it ended now. */
  watched(from: number, to: number): void {
    this.#watched.push({ from, to, at: this.seconds - (to - from) });
  }

  replayed(from: number, to: number): void {
    this.#replayed.push({ from, to, at: this.seconds - (to - from) });
  }

  /** Seconds that are due to them. */
  due(): number {
    const gaps = this.#missed.map((at) => ({
      from: Math.max(...this.#sure.filter((moment) => moment < at)),
      to: Math.min(Number.POSITIVE_INFINITY, ...this.#pressed.filter((moment) => moment >= at)),
    }));
    const inGap = (second: number) => gaps.some(({ from, to }) => from <= second && second < to);
    const counted = new Set<number>();
    for (const { from, to, at } of this.#watched) {
      for (let second = from; second < to; second += 1) {
        const wall = at + second - from;
        if (!inGap(second) && !(wall - second > AS_IT_RUNS && inGap(wall))) counted.add(second);
      }
    }
    for (const { from, to, at } of this.#replayed) {
      for (let second = from; second < to; second += 1) if (!inGap(at + second - from)) counted.add(second);
    }
    return [...counted].filter((second) => second >= 0 && second < this.#length + 30).length;
  }
}
