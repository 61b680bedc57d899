import type { PlaylistSegment, RecordedPlaylist } from './playlist.ts';
import { DATA, initName, isMissing, lengthOf, type RecordedSegment } from './recording-index.ts';
import { numbersFrom, targetDurationOf } from './windows.ts';

/** Numbers and lengths of a playlist of recorded segments; those of a rendition that began later than others begin later. */
export function recordedPlaylist(
  segments: readonly RecordedSegment[],
  entry: (segment: RecordedSegment) => PlaylistSegment,
): RecordedPlaylist {
  const longest = segments.reduce((most, segment) => Math.max(most, lengthOf(segment)), 0);
  return {
    targetDuration: targetDurationOf(longest),
    ...numbersFrom(segments[0]),
    segments: segments.map(entry),
  };
}

/** A segment as a stretch of the data file, for a playlist that lies beside it. */
export function stretchEntry(segment: RecordedSegment): PlaylistSegment {
  const entry = numberedEntry(segment);
  if (entry.gap) return entry;
  return { ...entry, uri: DATA, byteRange: { offset: segment.offset, length: segment.length } };
}

/** A segment by its number, as viewers ask for it. There is nothing at the address of a gap. */
export function numberedEntry(segment: RecordedSegment): PlaylistSegment {
  return {
    uri: `seg-${segment.msn}.m4s`,
    duration: lengthOf(segment),
    pdt: segment.pdt,
    discontinuity: segment.discontinuity,
    initUri: initName(segment.init),
    parts: [],
    gap: isMissing(segment),
  };
}
