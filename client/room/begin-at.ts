/**
 * A live playlist that says where a player begins (rfc8216bis 4.4.2.2): at this moment of the session axis. Left as it is
 * when it lists no such moment, or only nearer to its end than a player may begin.
 */
export function beginAt(playlist: string, pdtMs: number): string {
  const first = /^#EXT-X-PROGRAM-DATE-TIME:(.*)$/m.exec(playlist)?.[1];
  const offset = first === undefined ? Number.NaN : (pdtMs - Date.parse(first)) / 1_000;
  // Negated, so that a playlist without a date is left alone.
  if (!(offset >= 0 && offset < lengthOf(playlist) - holdBackOf(playlist))) return playlist;
  return playlist.replace('#EXTM3U\n', `#EXTM3U\n#EXT-X-START:TIME-OFFSET=${offset.toFixed(3)}\n`);
}

/** Of its whole segments, seconds. */
function lengthOf(playlist: string): number {
  let seconds = 0;
  for (const line of playlist.match(/^#EXTINF:[\d.]+/gm) ?? []) seconds += Number(line.slice('#EXTINF:'.length));
  return seconds;
}

function holdBackOf(playlist: string): number {
  const ofParts = /PART-HOLD-BACK=([\d.]+)/.exec(playlist)?.[1];
  return ofParts === undefined ? 3 * Number(/^#EXT-X-TARGETDURATION:(\d+)/m.exec(playlist)?.[1]) : Number(ofParts);
}
