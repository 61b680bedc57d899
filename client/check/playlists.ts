import type { NetworkFigures } from '#contract/network.ts';

/** A variant of a multivariant playlist. */
export interface CheckedVariant {
  /** Bits per second. */
  bandwidth: number;
  /** Lines of its picture; null: the sound alone. */
  lines: number | null;
  uri: string;
}

/** Variants of a multivariant playlist, the one that takes least first; none in a playlist of segments. */
export function variantsOf(playlist: string): CheckedVariant[] {
  const lines = playlist.split(/\r?\n/);
  const found = lines.flatMap((line, at) => {
    const bandwidth = Number(/^#EXT-X-STREAM-INF:(?:.*,)?BANDWIDTH=(\d{1,12})/.exec(line)?.[1]);
    const uri = lines[at + 1]?.trim();
    if (!bandwidth || !uri || uri.startsWith('#')) return [];
    const [, width, height] = /\bRESOLUTION=(\d{1,5})x(\d{1,5})/.exec(line) ?? [];
    return [{ bandwidth, lines: width && height ? Math.min(Number(width), Number(height)) : null, uri }];
  });
  return found.sort((a, b) => a.bandwidth - b.bandwidth);
}

/** Addresses of the newest segments of a playlist, the newest last; parts are no segments. */
export function segmentsOf(playlist: string, atMost: number): string[] {
  const lines = playlist.split(/\r?\n/).map((line) => line.trim());
  let announced = false;
  const found: string[] = [];
  for (const line of lines) {
    if (line.startsWith('#EXTINF')) announced = true;
    else if (announced && line !== '' && !line.startsWith('#')) {
      found.push(line);
      announced = false;
    }
  }
  return found.slice(-atMost);
}

/** What a class takes, kbit/s. */
export function needsOf(variants: readonly CheckedVariant[]): NonNullable<NetworkFigures['needs']> | null {
  const [lowest] = variants.filter(({ lines }) => lines !== null);
  const pictures = variants.filter(({ lines }) => lines !== null);
  const highest = pictures[pictures.length - 1];
  const sound = variants.find(({ lines }) => lines === null);
  if (!lowest && !sound) return null;
  return {
    soundKbps: kbps(sound),
    lowestKbps: kbps(lowest),
    highestKbps: kbps(highest),
  };
}

/** Whether an answer is what a playlist begins with (RFC 8216, 4.3.1.1). */
export function isPlaylist(text: string): boolean {
  return text.startsWith('#EXTM3U');
}

/** Whether bytes begin as a segment of ours does: with one of the boxes of a fragment (ISO/IEC 14496-12). */
export function isFragment(head: Uint8Array): boolean {
  const type = String.fromCharCode(...head.subarray(4, 8));
  return ['styp', 'moof', 'sidx', 'prft', 'emsg', 'ftyp'].includes(type);
}

function kbps(variant: CheckedVariant | undefined): number | null {
  return variant ? Math.round(variant.bandwidth / 1_000) : null;
}
