/** One connection to what carries the bus. It never mends itself: a broken one is left, and another made. */
export interface Line {
  /** Resolves when it was taken, to be heard by every worker, this one too, in the order of sending. */
  send(text: string): Promise<void>;
  close(): void;
}

export interface LineEvents {
  heard(text: string): void;
  /** It heard or sent nothing any more; said at most a few times. */
  broken(error: Error): void;
}

/** Makes a line. It resolves when whatever is sent from then on is heard. */
export type Dial = (events: LineEvents) => Promise<Line>;

/** @throws Error when it takes longer */
export function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1_000} s`)), ms);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
