/** As long as nothing came, the upload has stopped: a slow line still sends something in this time. */
const STOPPED_AFTER_MS = 20_000;

/** Tells which of the unfinished uploads are being sent, by whatever page: those that grow. */
export class Elsewhere {
  #seen = new Map<string, { received: number; grewAt: number }>();

  /** @param at ms, of any clock. @returns ids of those that have grown of late; none at the first look */
  note(at: number, uploads: readonly { id: string; received: number }[]): ReadonlySet<string> {
    const seen = new Map<string, { received: number; grewAt: number }>();
    for (const { id, received } of uploads) {
      const before = this.#seen.get(id);
      const grew = before !== undefined && received > before.received;
      seen.set(id, { received, grewAt: grew ? at : (before?.grewAt ?? Number.NEGATIVE_INFINITY) });
    }
    this.#seen = seen;
    return new Set([...seen].filter(([, { grewAt }]) => at - grewAt < STOPPED_AFTER_MS).map(([id]) => id));
  }
}
