import { PublisherClock } from './publisher-clock.ts';

/** An encoder would fill a gap that is longer with still pictures. */
const MAX_GAP_MS = 10_000;
const MAX_BACKWARDS_MS = 1_000;
/** A hole comes as late as it is long; a picture that comes so much sooner than it was taken has another clock than the last. */
const MAX_LEAP_MS = 1_000;
/** Sound that is further from its picture, either way, has a clock of its own. */
const MAX_APART_MS = 10_000;

/** Tells which of a publisher's timestamps go on from those before, and what they are on the wall. */
export class PublisherTimes {
  #clock = new PublisherClock();
  #lastPicture: number | null = null;

  /** Since the publisher's last silence, or the last jump of its count. */
  get clock(): PublisherClock {
    return this.#clock;
  }

  /**
   * Notes a picture; the arguments are those of {@link PublisherClock.observe}.
   * @returns whether the publisher's count has jumped since the last one
   */
  picture(timestamp: number, arrivedAt: number, waitedMs: number): boolean {
    const jumped = this.#lastPicture !== null && this.#jumps(this.#lastPicture, timestamp, arrivedAt);
    if (jumped) this.beginAnew();
    this.#lastPicture = timestamp;
    this.#clock.observe(timestamp, arrivedAt, waitedMs);
    return jumped;
  }

  /** Nothing connects the times that follow with those before. */
  beginAnew(): void {
    this.#clock = new PublisherClock();
  }

  /** Whether sound with this timestamp belongs to no picture that is anywhere near. */
  isApart(timestamp: number): boolean {
    return this.#lastPicture !== null && Math.abs(timestamp - this.#lastPicture) > MAX_APART_MS;
  }

  #jumps(from: number, to: number, now: number): boolean {
    if (to - from > MAX_GAP_MS || from - to > MAX_BACKWARDS_MS) return true;
    const takenAt = this.#clock.wallTimeOf(to);
    return to - from > MAX_LEAP_MS && takenAt !== null && takenAt - now > MAX_LEAP_MS;
  }
}
