import { MediaError } from '../errors.ts';

interface Open<T> {
  answer: Promise<T>;
  stop: AbortController;
  waiting: number;
}

/** One question for all who ask the same while it is open. It is given up when the last of them has left. */
export class Collapse<T> {
  readonly #limit: number;
  #open = new Map<string, Open<T>>();

  /** @param limit how many different questions may be open */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws MediaError `busy`; what `ask` throws; the reason of `left` when that fires first */
  async join(key: string, left: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    left.throwIfAborted();
    const found = this.#open.get(key);
    const open = found ?? this.#begin(key, ask);
    open.waiting += 1;
    let leave: () => void = () => undefined;
    const gone = new Promise<never>((_, reject) => {
      leave = () => reject(left.reason);
      left.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([open.answer, gone]);
    } finally {
      left.removeEventListener('abort', leave);
      open.waiting -= 1;
      if (open.waiting === 0 && this.#open.get(key) === open) {
        this.#open.delete(key);
        open.stop.abort();
      }
    }
  }

  #begin(key: string, ask: (signal: AbortSignal) => Promise<T>): Open<T> {
    if (this.#open.size >= this.#limit) throw new MediaError('busy');
    const stop = new AbortController();
    const answer = ask(stop.signal);
    const open = { answer, stop, waiting: 0 };
    this.#open.set(key, open);
    const done = () => {
      if (this.#open.get(key) === open) this.#open.delete(key);
    };
    answer.then(done, done);
    return open;
  }
}
