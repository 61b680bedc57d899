/** Distinct readers, and how many of them each rendition has. */
export interface ReaderCounts {
  all: number;
  by: Record<string, number>;
}

/** Who read something of a broadcast lately: here by the id of their playback token, and as edges report of theirs. */
export class Readers {
  #seen = new Map<string, { at: number; rendition: string | null }>();
  #edges = new Map<string, { at: number; counts: ReaderCounts }>();

  /** @param rendition the picture that was read; null for what says nothing of it, as sound that goes with each */
  note(tokenId: string, now: number, rendition: string | null): void {
    const before = this.#seen.get(tokenId);
    // The newest last, so that counting finds the old ones first.
    this.#seen.delete(tokenId);
    this.#seen.set(tokenId, { at: now, rendition: rendition ?? before?.rendition ?? null });
  }

  hear(edge: string, now: number, counts: ReaderCounts): void {
    this.#edges.set(edge, { at: now, counts });
  }

  /** Readers since `since` (epoch ms). */
  since(since: number): { all: number; by: Map<string, number> } {
    const by = new Map<string, number>();
    const add = (rendition: string, readers: number) => by.set(rendition, (by.get(rendition) ?? 0) + readers);
    for (const [tokenId, { at, rendition }] of this.#seen) {
      if (at < since) this.#seen.delete(tokenId);
      else if (rendition) add(rendition, 1);
    }
    let all = this.#seen.size;
    for (const [edge, { at, counts }] of this.#edges) {
      if (at < since) {
        this.#edges.delete(edge);
        continue;
      }
      all += counts.all;
      for (const [rendition, readers] of Object.entries(counts.by)) add(rendition, readers);
    }
    return { all, by };
  }
}
