import type { Clock } from './clock.ts';
import { RUNGS, SOUND_BITRATE } from './ladder.ts';
import type { Offer } from './lighter.ts';
import type { ReaderCounts } from './readers.ts';

/** From these shares of the cap on, new viewers are offered less. */
const LOW_FROM = 0.8;
const SOUND_FROM = 0.95;

const WINDOW_S = 5;
/** Headers, playlists and TCP/IP on top of the picture and the sound. */
const OVERHEAD = 1.15;

/** What is sent to viewers, against what the machine's line carries. */
export class Egress {
  readonly #cap: number | null;
  readonly #clock: Clock;
  /** Second → bytes. */
  #sent = new Map<number, number>();

  /** @param cap Mbit/s; null for none */
  constructor(cap: number | null, clock: Clock) {
    this.#cap = cap;
    this.#clock = clock;
  }

  /** Mbit/s. */
  get cap(): number | null {
    return this.#cap;
  }

  add(bytes: number): void {
    const second = Math.floor(this.#clock() / 1_000);
    this.#sent.set(second, (this.#sent.get(second) ?? 0) + bytes);
    if (this.#sent.size <= WINDOW_S + 1) return;
    for (const old of this.#sent.keys()) if (old < second - WINDOW_S) this.#sent.delete(old);
  }

  /** Mbit/s of the last full seconds. */
  get measured(): number {
    const now = Math.floor(this.#clock() / 1_000);
    let bytes = 0;
    for (const [second, sent] of this.#sent) if (second < now && second >= now - WINDOW_S) bytes += sent;
    return (bytes * 8) / WINDOW_S / 1_000_000;
  }

  /** What a new viewer is offered while so much is sent, Mbit/s. Screens that a room shares get all there is. */
  offer(used: number, screen: boolean): Offer {
    if (this.#cap === null || screen) return 'all';
    const share = used / this.#cap;
    if (share >= SOUND_FROM) return 'sound';
    return share >= LOW_FROM ? 'low' : 'all';
  }
}

/** What these readers take, Mbit/s, whoever sends it to them: a cache in front sends more than we see. */
export function taken({ all, by }: ReaderCounts): number {
  let [kbits, pictures] = [0, 0];
  for (const { name, bitrate } of RUNGS) {
    kbits += (by[name] ?? 0) * bitrate;
    pictures += by[name] ?? 0;
  }
  return ((kbits + Math.max(all, pictures) * SOUND_BITRATE) * OVERHEAD) / 1_000;
}
