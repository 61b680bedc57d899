/** China has had no summer time since 1991. */
const SHANGHAI_MS = 8 * 3_600_000;

/** The year that it is in Beijing. Epoch ms. */
export function yearOf(at: number): number {
  return new Date(at + SHANGHAI_MS).getUTCFullYear();
}

/** From its first moment in Beijing to that of the next, epoch ms. */
export function boundsOf(year: number): { from: number; to: number } {
  return { from: Date.UTC(year, 0) - SHANGHAI_MS, to: Date.UTC(year + 1, 0) - SHANGHAI_MS };
}
