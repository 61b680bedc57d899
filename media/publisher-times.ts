import { PublisherClock } from './publisher-clock.ts';

/** An encoder would fill a gap that is longer with still pictures. */
const MAX_GAP_MS = 10_000;
const MAX_BACKWARDS_MS = 1_000;
/** A hole comes as late as it is long; a picture that comes so much sooner than it was taken has another clock than the last. */
const MAX_LEAP_MS = 1_000;
/** Who comes back later than this, by the clock of before, has more waiting on its line, or has not counted on; a slate is further behind its time. */
const MAX_LATE_MS = 500;
/** A line gives what waited on it faster than it was taken; when pictures of so long took as long to come, nothing waits any more. */
const SETTLED_MS = 1_000;
/** What a steady line may differ by within that time. */
const STEADY_MS = 100;
/** Sound that is further from its picture, either way, has a clock of its own. */
const MAX_APART_MS = 10_000;

/** Tells which of a publisher's timestamps go on from those before, and what they are on the wall. */
export class PublisherTimes {
  #clock = new PublisherClock();
  #lastPicture: number | null = null;
  #silent = false;
  /** The picture from which on the line may be steady. */
  #settling: { timestamp: number; arrivedAt: number } | null = null;

  /** Since the last jump of the publisher's count. */
  get clock(): PublisherClock {
    return this.#clock;
  }

  /**
   * The publisher is back from a silence, and it is not known yet how late its pictures are. A run that begins with them would have
   * dates in the future as soon as it caught up; viewers would be shown what is long over.
   */
  get settling(): boolean {
    return this.#settling !== null;
  }

  /**
   * Notes a picture; the arguments are those of {@link PublisherClock.observe}.
   * @returns whether it does not go on from the last one
   */
  picture(timestamp: number, arrivedAt: number, waitedMs: number): boolean {
    const returns = this.#silent;
    this.#silent = false;
    const anew =
      this.#lastPicture !== null &&
      (returns ? !this.#isInTime(timestamp, arrivedAt) : this.#jumps(this.#lastPicture, timestamp, arrivedAt));
    if (anew) this.#clock = new PublisherClock();
    this.#lastPicture = timestamp;
    this.#clock.observe(timestamp, arrivedAt, waitedMs);
    if (returns && anew) this.#settling = { timestamp, arrivedAt };
    else this.#settle(timestamp, arrivedAt);
    return anew;
  }

  /** No picture comes any more. Whatever comes next is held against the clock of before. */
  fallSilent(): void {
    this.#silent = true;
  }

  /** Whether sound with this timestamp belongs to no picture that is anywhere near. */
  isApart(timestamp: number): boolean {
    return this.#lastPicture !== null && Math.abs(timestamp - this.#lastPicture) > MAX_APART_MS;
  }

  #settle(timestamp: number, arrivedAt: number): void {
    if (!this.#settling) return;
    const [taken, came] = [timestamp - this.#settling.timestamp, arrivedAt - this.#settling.arrivedAt];
    if (Math.min(taken, came) < SETTLED_MS) return;
    this.#settling = Math.abs(taken - came) > STEADY_MS ? { timestamp, arrivedAt } : null;
  }

  #isInTime(timestamp: number, arrivedAt: number): boolean {
    const late = arrivedAt - (this.#clock.wallTimeOf(timestamp) ?? arrivedAt);
    return late >= -MAX_LEAP_MS && late <= MAX_LATE_MS;
  }

  #jumps(from: number, to: number, now: number): boolean {
    if (to - from > MAX_GAP_MS || from - to > MAX_BACKWARDS_MS) return true;
    const takenAt = this.#clock.wallTimeOf(to);
    return to - from > MAX_LEAP_MS && takenAt !== null && takenAt - now > MAX_LEAP_MS;
  }
}
