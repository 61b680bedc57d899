/** Who read something of a broadcast lately, by the id of their playback token. */
export class Readers {
  #seen = new Map<string, { at: number; rendition: string | null }>();

  /** @param rendition the picture that was read; null for what says nothing of it, as sound that goes with each */
  note(tokenId: string, now: number, rendition: string | null): void {
    const before = this.#seen.get(tokenId);
    // The newest last, so that counting finds the old ones first.
    this.#seen.delete(tokenId);
    this.#seen.set(tokenId, { at: now, rendition: rendition ?? before?.rendition ?? null });
  }

  /** Distinct readers since `since` (epoch ms), and how many of them each rendition has. */
  since(since: number): { all: number; by: Map<string, number> } {
    const by = new Map<string, number>();
    for (const [tokenId, { at, rendition }] of this.#seen) {
      if (at < since) this.#seen.delete(tokenId);
      else if (rendition) by.set(rendition, (by.get(rendition) ?? 0) + 1);
    }
    return { all: this.#seen.size, by };
  }
}
