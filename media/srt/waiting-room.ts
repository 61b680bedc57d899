/** Callers whose passphrase is being looked at, or about whom the app was asked. */
const MAX_CALLERS = 32;
/** Those of one address: two encoders of an office at once. Others of it come back in a quarter of a second. */
const MAX_OF_ADDRESS = 2;
/** With those that have given way: what was begun for them goes on until it is done. */
const MAX_WORK = 64;
/** A caller says it again every quarter of a second; one that has not for so long has given up. */
const GIVEN_UP_MS = 1_000;

export interface Waiting {
  readonly address: string;
  /** When it last asked; monotonic, ms. */
  askedAt: number;
  gaveWay: boolean;
}

/** Places of callers that have not been answered yet. Many from one place keep nobody out who calls from another. */
export class WaitingRoom {
  readonly #now: () => number;
  readonly #waiting = new Map<string, Waiting>();
  #work = 0;

  /** @param now monotonic, ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The caller asks once more. @returns whether it is waiting */
  hear(name: string): boolean {
    const waiting = this.#waiting.get(name);
    if (waiting) waiting.askedAt = this.#now();
    return waiting !== undefined;
  }

  /** @returns null where there is no place. `leave` must follow for every other */
  enter(name: string, address: string): Waiting | null {
    if (this.#work >= MAX_WORK || this.#of(address).length >= MAX_OF_ADDRESS) return null;
    if (this.#waiting.size >= MAX_CALLERS) this.#giveWay();
    const waiting: Waiting = { address, askedAt: this.#now(), gaveWay: false };
    this.#waiting.set(name, waiting);
    this.#work += 1;
    return waiting;
  }

  leave(name: string, waiting: Waiting): void {
    this.#work -= 1;
    if (this.#waiting.get(name) === waiting) this.#waiting.delete(name);
  }

  /** Whether nobody is there any more to be let in. */
  isGone({ askedAt, gaveWay }: Waiting): boolean {
    return gaveWay || this.#now() - askedAt > GIVEN_UP_MS;
  }

  #of(address: string): [string, Waiting][] {
    return [...this.#waiting].filter(([, waiting]) => waiting.address === address);
  }

  /** The oldest of an address that has more than others; where none has, the oldest. */
  #giveWay(): void {
    const all = [...this.#waiting];
    const [name, waiting] = all.find(([, { address }]) => this.#of(address).length > 1) ?? all[0] ?? [];
    if (name === undefined || !waiting) return;
    waiting.gaveWay = true;
    this.#waiting.delete(name);
  }
}
