import type { Logger } from '../logger.ts';

/** A caller repeats what was refused, and anybody else may: the log has it once in so long, by address and reason. */
const SAID_MS = 10_000;
/** That no encoder makes up: its next attempt is another handshake. */
const REMEMBERED_MS = 3_000;
/** A stream key that the app does not know; there may be one of it in a moment, though hardly. */
const UNKNOWN_MS = 2_000;
const MAX_KEPT = 1_000;

export interface Refusal {
  reason: string;
  /** As the caller hears it. */
  code: number;
}

/** Who was turned away a moment ago: the same again costs neither a key derivation, nor the app a question, nor the log a line. */
export class Refusals {
  readonly #logger: Logger;
  /** Monotonic, ms. */
  readonly #now: () => number;
  readonly #handshakes = new Kept<Refusal>(REMEMBERED_MS);
  readonly #unknown = new Kept<true>(UNKNOWN_MS);
  readonly #said = new Kept<true>(SAID_MS);

  constructor(logger: Logger, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * @param handshake all of it that decides, so that nobody who calls from the same address, as a whole office may, is refused for another
   */
  of(address: string, handshake: string): Refusal | null {
    return this.#handshakes.get(`${address} ${handshake}`, this.#now()) ?? null;
  }

  isUnknown(streamKey: string): boolean {
    return this.#unknown.get(streamKey, this.#now()) ?? false;
  }

  /** The app does not know it. */
  addUnknown(streamKey: string): void {
    this.#unknown.set(streamKey, true, this.#now());
  }

  add(address: string, handshake: string, refusal: Refusal): void {
    const now = this.#now();
    this.#handshakes.set(`${address} ${handshake}`, refusal, now);
    const about = `${address} ${refusal.reason}`;
    if (this.#said.get(about, now)) return;
    this.#said.set(about, true, now);
    this.#logger.info({ remoteAddress: address, via: 'srt', reason: refusal.reason }, 'publisher refused');
  }
}

/** Values that are good for a while; of too many the oldest give way. */
class Kept<T> {
  readonly #values = new Map<string, { value: T; until: number }>();
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  get(name: string, now: number): T | undefined {
    const kept = this.#values.get(name);
    return kept && kept.until > now ? kept.value : undefined;
  }

  set(name: string, value: T, now: number): void {
    this.#values.delete(name);
    this.#values.set(name, { value, until: now + this.#ms });
    const [oldest] = this.#values.keys();
    if (this.#values.size > MAX_KEPT && oldest !== undefined) this.#values.delete(oldest);
  }
}
