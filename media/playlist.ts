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
  /** Missing in this rendition. */
  gap?: boolean;
}

/** Where another rendition of the same broadcast stands. */
export interface RenditionReport {
  uri: string;
  msn: number;
  part: number;
}

export interface LivePlaylist {
  /** Whole seconds, at least the rounded length of every segment. */
  targetDuration: number;
  /** At least the length of the longest part. */
  partTarget: number;
  /** Seconds from the end that no delta update leaves out. */
  canSkipUntil: number;
  mediaSequence: number;
  discontinuitySequence: number;
  segments: PlaylistSegment[];
  /** How many of the first segments a delta update leaves out; 0 for the whole playlist. */
  skipped: number;
  /** The part that comes next; undefined when the broadcast has ended. */
  hintUri: string | undefined;
  reports: RenditionReport[];
}

export interface Variant {
  uri: string;
  /** Peak, bits per second, sound included. */
  bandwidth: number;
  codecs: string;
  width: number | null;
  height: number | null;
}

export interface Multivariant {
  /** From the top down; none for sound alone. */
  pictures: Variant[];
  /** One rendition of it for all pictures, and by itself for those whom the network leaves no picture. */
  sound: Variant;
}

const SOUND_GROUP = 'sound';

/** The distance from the live edge that players keep, s; the draft wants at least two part targets (4.4.3.8). */
const PART_HOLD_BACK = 0.95;

export function multivariantPlaylist({ pictures, sound }: Multivariant): string {
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${SOUND_GROUP}",NAME="${SOUND_GROUP}",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="${sound.uri}"`,
    ...[...pictures, sound].flatMap(variantLines),
  ]);
}

function variantLines({ uri, bandwidth, codecs, width, height }: Variant): string[] {
  const resolution = width && height ? `,RESOLUTION=${width}x${height}` : '';
  const named = codecs === '' ? '' : `,CODECS="${codecs}"`;
  return [`#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil(bandwidth)}${named}${resolution},AUDIO="${SOUND_GROUP}"`, uri];
}

export function livePlaylist(playlist: LivePlaylist): string {
  const partTarget = playlist.partTarget / 1_000_000;
  const partHoldBack = Math.max(PART_HOLD_BACK, 2 * partTarget);
  const control = [
    'CAN-BLOCK-RELOAD=YES',
    `CAN-SKIP-UNTIL=${playlist.canSkipUntil.toFixed(3)}`,
    `PART-HOLD-BACK=${partHoldBack.toFixed(3)}`,
    `HOLD-BACK=${(3 * playlist.targetDuration).toFixed(3)}`,
  ];
  const { hintUri, reports, skipped } = playlist;
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-SERVER-CONTROL:${control.join(',')}`,
    `#EXT-X-PART-INF:PART-TARGET=${partTarget.toFixed(3)}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
    ...segmentLines(playlist.segments.slice(skipped)),
    hintUri === undefined ? '#EXT-X-ENDLIST' : `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${hintUri}"`,
    ...reports.map(({ uri, msn, part }) => `#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${msn},LAST-PART=${part}`),
  ]);
}

export type CrowdPlaylist = Pick<
  LivePlaylist,
  'targetDuration' | 'mediaSequence' | 'discontinuitySequence' | 'segments'
> & { ended: boolean };

/** The same segments as ordinary HLS: few requests, and nothing that is asked for before it is there. */
export function crowdPlaylist(playlist: CrowdPlaylist): string {
  return text([
    ...ordinaryHead(playlist),
    ...segmentLines(playlist.segments.map((segment) => ({ ...segment, parts: [] }))),
    ...(playlist.ended ? ['#EXT-X-ENDLIST'] : []),
  ]);
}

export interface RecordedPlaylist {
  targetDuration: number;
  mediaSequence: number;
  discontinuitySequence: number;
  segments: PlaylistSegment[];
}

/** The whole of a closed recording. */
export function recordingPlaylist(playlist: RecordedPlaylist): string {
  return text([
    ...ordinaryHead(playlist),
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...segmentLines(playlist.segments),
    '#EXT-X-ENDLIST',
  ]);
}

/** Of a playlist without anything that an old player would not know. */
function ordinaryHead({ targetDuration, mediaSequence, discontinuitySequence }: RecordedPlaylist): string[] {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
  ];
}

export interface WholePlaylist extends Omit<RecordedPlaylist, 'segments'> {
  /** Seconds from the end that no delta update leaves out. */
  canSkipUntil: number;
  /** How many of the first segments a delta update leaves out; 0 for the whole playlist. */
  skipped: number;
  /** The text of the segments that are listed. */
  body: string;
  /** Nothing follows. */
  closed: boolean;
}

/** A class from its first segment on: as it grows, or whole. Of those who follow it nobody waits for a part. */
export function wholePlaylist(playlist: WholePlaylist): string {
  const { closed, skipped } = playlist;
  const head = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    ...(closed ? [] : [`#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=${playlist.canSkipUntil.toFixed(3)}`]),
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
    `#EXT-X-PLAYLIST-TYPE:${closed ? 'VOD' : 'EVENT'}`,
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
  ];
  return `${text(head)}${playlist.body}${closed ? '#EXT-X-ENDLIST\n' : ''}`;
}

/** The lines of segments that follow one with this init segment. */
export function segmentText(segments: PlaylistSegment[], init?: string): string {
  return segments.length === 0 ? '' : text(segmentLines(segments, init));
}

function segmentLines(segments: PlaylistSegment[], init?: string): string[] {
  let initUri = init;
  return segments.flatMap((segment) => {
    const lines: string[] = [];
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    // Nothing is decoded of a gap, and its init segment may be missing as well.
    if (segment.initUri !== initUri && !segment.gap) {
      lines.push(`#EXT-X-MAP:URI="${segment.initUri}"`);
      initUri = segment.initUri;
    }
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.pdt).toISOString()}`);
    for (const { uri, duration, independent } of segment.parts) {
      lines.push(`#EXT-X-PART:DURATION=${seconds(duration)},URI="${uri}"${independent ? ',INDEPENDENT=YES' : ''}`);
    }
    if (segment.uri === undefined) return lines;
    if (segment.gap) lines.push('#EXT-X-GAP');
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
