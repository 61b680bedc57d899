/*
 * Playlist text after draft-pantos-hls-rfc8216bis. Pure: the same state gives the same bytes. Durations are
 * microseconds, times epoch milliseconds.
 */

export interface PlaylistPart {
  uri: string;
  duration: number;
  independent: boolean;
}

export interface PlaylistSegment {
  /** Undefined while the segment is open: then only its parts are listed. */
  uri: string | undefined;
  duration: number;
  pdt: number;
  /** The encoder was restarted, or the publisher changed, before this segment. */
  discontinuity: boolean;
  initUri: string;
  /** Empty for those too old to be fetched in parts. */
  parts: PlaylistPart[];
  byteRange?: { length: number; offset: number };
}

export interface LivePlaylist {
  /** Whole seconds, at least the rounded length of every segment. */
  targetDuration: number;
  /** At least the length of the longest part. */
  partTarget: number;
  mediaSequence: number;
  discontinuitySequence: number;
  segments: PlaylistSegment[];
  /** The part that comes next; undefined when the broadcast has ended. */
  hintUri: string | undefined;
}

export interface Variant {
  uri: string;
  /** Peak, bits per second. */
  bandwidth: number;
  codecs: string;
  width: number | null;
  height: number | null;
}

/** The distance from the live edge that players keep, s; the draft wants at least two part targets (4.4.3.8). */
const PART_HOLD_BACK = 1.0;

export function multivariantPlaylist(variants: Variant[]): string {
  const lines = variants.flatMap(({ uri, bandwidth, codecs, width, height }) => {
    const resolution = width && height ? `,RESOLUTION=${width}x${height}` : '';
    const named = codecs === '' ? '' : `,CODECS="${codecs}"`;
    return [`#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil(bandwidth)}${named}${resolution}`, uri];
  });
  return text(['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-INDEPENDENT-SEGMENTS', ...lines]);
}

export function livePlaylist(playlist: LivePlaylist): string {
  const partTarget = playlist.partTarget / 1_000_000;
  const partHoldBack = Math.max(PART_HOLD_BACK, 2 * partTarget);
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${partHoldBack.toFixed(3)},HOLD-BACK=${(
      3 * playlist.targetDuration
    ).toFixed(3)}`,
    `#EXT-X-PART-INF:PART-TARGET=${partTarget.toFixed(3)}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
    ...segmentLines(playlist.segments),
    playlist.hintUri === undefined ? '#EXT-X-ENDLIST' : `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${playlist.hintUri}"`,
  ]);
}

/** The whole of a closed recording. */
export function recordingPlaylist(segments: PlaylistSegment[]): string {
  const longest = Math.max(0, ...segments.map((segment) => segment.duration));
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(longest / 1_000_000))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...segmentLines(segments),
    '#EXT-X-ENDLIST',
  ]);
}

function segmentLines(segments: PlaylistSegment[]): string[] {
  let initUri: string | undefined;
  return segments.flatMap((segment) => {
    const lines: string[] = [];
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.initUri !== initUri) lines.push(`#EXT-X-MAP:URI="${segment.initUri}"`);
    initUri = segment.initUri;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.pdt).toISOString()}`);
    for (const { uri, duration, independent } of segment.parts) {
      lines.push(`#EXT-X-PART:DURATION=${seconds(duration)},URI="${uri}"${independent ? ',INDEPENDENT=YES' : ''}`);
    }
    if (segment.uri === undefined) return lines;
    lines.push(`#EXTINF:${seconds(segment.duration)},`);
    if (segment.byteRange) lines.push(`#EXT-X-BYTERANGE:${segment.byteRange.length}@${segment.byteRange.offset}`);
    lines.push(segment.uri);
    return lines;
  });
}

function seconds(micros: number): string {
  return (micros / 1_000_000).toFixed(6);
}

function text(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}
