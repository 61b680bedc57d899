interface Connection {
  readonly publishing: boolean;
  end(reason: string): void;
}

/** Open connections of those who publish. Idle ones, however many, keep nobody out: the oldest gives way, unless all are publishing. */
export class Places<C extends Connection> {
  readonly #open = new Set<C>();
  readonly #max: number;

  /** @param max as many at the same time; a district has a handful of classes */
  constructor(max = 64) {
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  take(connection: C): void {
    this.#open.add(connection);
    if (this.#open.size <= this.#max) return;
    const oldest = [...this.#open].find(({ publishing }) => !publishing) ?? connection;
    this.#open.delete(oldest);
    oldest.end('too many connections');
  }

  leave(connection: C): void {
    this.#open.delete(connection);
  }

  endAll(reason: string): void {
    for (const connection of this.#open) connection.end(reason);
  }
}
