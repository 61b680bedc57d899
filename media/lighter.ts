/** What of a class a new viewer is offered: everything, the lowest picture and the sound, or the sound. */
export type Offer = 'all' | 'low' | 'sound';

/** A multivariant playlist of ours with fewer variants, where it has others to leave. */
export function lighter(playlist: string, offer: Offer): string {
  if (offer === 'all') return playlist;
  const lines = playlist.split('\n');
  const heights = lines.map(heightOf).filter((height) => height !== null);
  const lowest = Math.min(...heights);
  const left = (line: string): boolean => {
    const height = heightOf(line);
    return height !== null && (offer === 'sound' || height > lowest);
  };
  const kept = lines.filter((line, at) => !left(line) && !left(lines[at - 1] ?? ''));
  return kept.some((line) => line.startsWith(VARIANT)) ? kept.join('\n') : playlist;
}

const VARIANT = '#EXT-X-STREAM-INF:';

/** Of the picture of a variant; null for the sound alone, and for other lines. */
function heightOf(line: string): number | null {
  const height = line.startsWith(VARIANT) ? /RESOLUTION=\d+x(\d+)/.exec(line)?.[1] : undefined;
  return height === undefined ? null : Number(height);
}
