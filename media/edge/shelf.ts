import type { Clock } from '../clock.ts';
import type { OriginAnswer } from './origin.ts';

interface Kept {
  answer: OriginAnswer;
  until: number;
}

/** Answers that may be given again, for as long as the origin allows, the longest unused leaving first. */
export class Shelf {
  readonly #capacity: number;
  readonly #clock: Clock;
  #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param capacity bytes */
  constructor(capacity: number, clock: Clock) {
    this.#capacity = capacity;
    this.#clock = clock;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): OriginAnswer | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#kept.delete(key);
    if (kept.until <= this.#clock()) {
      this.#bytes -= kept.answer.bytes.length;
      return undefined;
    }
    this.#kept.set(key, kept);
    return kept.answer;
  }

  /** Keeps an answer if the origin says for how long; errors never. */
  put(key: string, answer: OriginAnswer): void {
    const seconds = /\bmax-age=(\d{1,9})\b/.exec(answer.caching)?.[1];
    if (answer.status !== 200 || seconds === undefined || seconds === '0') return;
    if (answer.bytes.length > this.#capacity / 4) return;
    this.#drop(key);
    this.#kept.set(key, { answer, until: this.#clock() + Number(seconds) * 1_000 });
    this.#bytes += answer.bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#capacity) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    this.#bytes -= kept.answer.bytes.length;
  }
}
