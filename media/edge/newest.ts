import type { Reload } from '../stream.ts';

/** How far a live playlist has come, read from its text. */
export interface Progress {
  ended: boolean;
  /** Its last whole segment; -1 for none. */
  segment: number;
  /** Its last part, if it lists any. */
  part: { msn: number; index: number } | null;
}

export function progressOf(playlist: string): Progress {
  const part = lastMatch(playlist, /^#EXT-X-PART:.*URI="part-(\d+)\.(\d+)\.m4s"/gm);
  const segment = lastMatch(playlist, /^seg-(\d+)\.m4s$/gm);
  return {
    ended: playlist.includes('#EXT-X-ENDLIST'),
    segment: segment ? Number(segment[1]) : -1,
    part: part ? { msn: Number(part[1]), index: Number(part[2]) } : null,
  };
}

/** The part that the playlist has got last, or where it lists none the segment; null where nothing is added any more. */
export function newestName({ ended, segment, part }: Progress): string | null {
  if (ended) return null;
  if (part) return `part-${part.msn}.${part.index}.m4s`;
  return segment < 0 ? null : `seg-${segment}.m4s`;
}

/** Whether the playlist already has what a blocking reload waits for (rfc8216bis 6.2.5.2). */
export function holds({ ended, segment, part }: Progress, reload: Reload): boolean {
  if (ended || reload.msn <= segment) return true;
  if (reload.part === undefined || part === null) return false;
  return part.msn > reload.msn || (part.msn === reload.msn && part.index >= reload.part);
}

function lastMatch(text: string, pattern: RegExp): RegExpMatchArray | undefined {
  return [...text.matchAll(pattern)].at(-1);
}
