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
  readonly #onDrop: (key: string) => void;
  #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param capacity bytes */
  constructor(capacity: number, clock: Clock, onDrop: (key: string) => void = () => undefined) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#onDrop = onDrop;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): OriginAnswer | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    if (kept.until <= this.#clock()) {
      this.#drop(key);
      return undefined;
    }
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.answer;
  }

  /** Keeps an answer if the origin says for how long; errors never. @returns whether it does */
  put(key: string, answer: OriginAnswer): boolean {
    const seconds = /\bmax-age=(\d{1,9})\b/.exec(answer.caching)?.[1];
    if (answer.status !== 200 || seconds === undefined || seconds === '0') return false;
    if (answer.bytes.length > this.#capacity / 4) return false;
    const before = this.#kept.get(key);
    if (before) this.#bytes -= before.answer.bytes.length;
    this.#kept.delete(key);
    this.#kept.set(key, { answer, until: this.#clock() + Number(seconds) * 1_000 });
    this.#bytes += answer.bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#capacity) break;
      this.#drop(oldest);
    }
    return true;
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    this.#bytes -= kept.answer.bytes.length;
    this.#onDrop(key);
  }
}
