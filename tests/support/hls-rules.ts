/*
 * What draft-pantos-hls-rfc8216bis asks of the playlists that we write, read without any code of ours. Section numbers are
 * those of the draft. Durations are seconds.
 */

interface Part {
  uri: string;
  duration: number;
  independent: boolean;
}

interface Segment {
  msn: number;
  /** Null while only its parts are there. */
  uri: string | null;
  duration: number;
  /** Epoch ms. */
  pdt: number | null;
  /** How many discontinuities the stream had up to here. */
  discontinuities: number;
  startsDiscontinuity: boolean;
  map: string | null;
  gap: boolean;
  parts: Part[];
}

export interface Playlist {
  text: string;
  tags: Map<string, string>;
  targetDuration: number;
  partTarget: number | null;
  mediaSequence: number;
  discontinuitySequence: number;
  skipped: number;
  segments: Segment[];
  hint: string | null;
  reports: Map<string, string>[];
  ended: boolean;
}

/** `A=1,B="x,y"` */
function attributes(text: string): Map<string, string> {
  const found = text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g);
  return new Map([...found].map(([, name = '', value = '']) => [name, value.replace(/^"|"$/g, '')]));
}

export function readPlaylist(text: string): Playlist {
  const lines = text.split('\n');
  if (lines[0] !== '#EXTM3U') throw new Error('does not begin with #EXTM3U');
  if (lines.pop() !== '') throw new Error('does not end with a line feed');
  const tags = new Map<string, string>();
  const playlist: Playlist = {
    text,
    tags,
    targetDuration: Number.NaN,
    partTarget: null,
    mediaSequence: 0,
    discontinuitySequence: 0,
    skipped: 0,
    segments: [],
    hint: null,
    reports: [],
    ended: false,
  };
  let next: Omit<Segment, 'msn' | 'discontinuities'> = emptySegment(null);
  let discontinuities = 0;
  const close = (uri: string | null) => {
    const msn = playlist.mediaSequence + playlist.skipped + playlist.segments.length;
    playlist.segments.push({ ...next, uri, msn, discontinuities });
    next = emptySegment(next.map);
  };
  for (const line of lines.slice(1)) {
    if (!line.startsWith('#')) {
      close(line);
      continue;
    }
    const [, tag = '', value = ''] = /^#([^:]+)(?::(.*))?$/.exec(line) ?? [];
    switch (tag) {
      case 'EXT-X-TARGETDURATION':
        playlist.targetDuration = Number(value);
        break;
      case 'EXT-X-PART-INF':
        playlist.partTarget = Number(attributes(value).get('PART-TARGET'));
        break;
      case 'EXT-X-MEDIA-SEQUENCE':
        playlist.mediaSequence = Number(value);
        break;
      case 'EXT-X-DISCONTINUITY-SEQUENCE':
        playlist.discontinuitySequence = Number(value);
        discontinuities = Number(value);
        break;
      case 'EXT-X-SKIP':
        playlist.skipped = Number(attributes(value).get('SKIPPED-SEGMENTS'));
        break;
      case 'EXT-X-DISCONTINUITY':
        discontinuities += 1;
        next.startsDiscontinuity = true;
        break;
      case 'EXT-X-MAP':
        next.map = attributes(value).get('URI') ?? null;
        break;
      case 'EXT-X-PROGRAM-DATE-TIME':
        next.pdt = Date.parse(value);
        break;
      case 'EXT-X-GAP':
        next.gap = true;
        break;
      case 'EXTINF':
        next.duration = Number.parseFloat(value);
        break;
      case 'EXT-X-PART': {
        const part = attributes(value);
        const independent = part.get('INDEPENDENT') === 'YES';
        next.parts.push({ uri: part.get('URI') ?? '', duration: Number(part.get('DURATION')), independent });
        break;
      }
      case 'EXT-X-PRELOAD-HINT':
        if (next.parts.length > 0) close(null);
        playlist.hint = attributes(value).get('URI') ?? null;
        break;
      case 'EXT-X-RENDITION-REPORT':
        playlist.reports.push(attributes(value));
        break;
      case 'EXT-X-ENDLIST':
        playlist.ended = true;
        break;
      default:
    }
    tags.set(tag, value);
  }
  return playlist;
}

function emptySegment(map: string | null): Omit<Segment, 'msn' | 'discontinuities'> {
  return { uri: null, duration: 0, pdt: null, startsDiscontinuity: false, map, gap: false, parts: [] };
}

type Report = (rule: string, problem: string) => void;
const ROUNDING = 0.000_01;

/** What of a live media playlist breaks a rule by itself. */
export function checkPlaylist(playlist: Playlist, report: Report): void {
  const { tags, targetDuration, partTarget, segments } = playlist;
  const version = Number(tags.get('EXT-X-VERSION'));
  if (version < 9) report('8', `version ${version} with EXT-X-SKIP, which needs 9`);
  if (!Number.isInteger(targetDuration)) report('4.4.3.1', `target duration ${targetDuration}`);
  if (partTarget === null) {
    report('4.4.3.7', 'parts without EXT-X-PART-INF');
    return;
  }

  const control = attributes(tags.get('EXT-X-SERVER-CONTROL') ?? '');
  const seconds = (name: string) => Number(control.get(name));
  if (control.get('CAN-BLOCK-RELOAD') !== 'YES') report('4.4.3.8', 'low latency without CAN-BLOCK-RELOAD');
  if (!(seconds('PART-HOLD-BACK') >= 2 * partTarget)) report('4.4.3.8', `PART-HOLD-BACK ${seconds('PART-HOLD-BACK')}`);
  if (!(seconds('HOLD-BACK') >= 3 * targetDuration)) report('4.4.3.8', `HOLD-BACK ${seconds('HOLD-BACK')}`);
  if (!(seconds('CAN-SKIP-UNTIL') >= 6 * targetDuration))
    report('4.4.3.8', `CAN-SKIP-UNTIL ${seconds('CAN-SKIP-UNTIL')}`);
  if (!playlist.ended && playlist.hint === null) report('4.4.5.3', 'no preload hint');

  for (const [at, segment] of segments.entries()) {
    const { msn, uri, duration, parts, gap } = segment;
    if (uri !== null && Math.round(duration) > targetDuration) report('4.4.3.1', `segment ${msn} lasts ${duration}`);
    if (uri === null && at !== segments.length - 1) report('6.2.1', `segment ${msn} is open in the middle`);
    if (uri !== null && segment.pdt === null) report('4.4.4.6', `segment ${msn} has no date`);
    if (segment.map === null && !gap) report('4.4.4.5', `segment ${msn} has no init segment`);
    const sum = parts.reduce((all, part) => all + part.duration, 0);
    if (uri !== null && parts.length > 0 && Math.abs(sum - duration) > ROUNDING * parts.length) {
      report('4.4.4.9', `segment ${msn} lasts ${duration}, its parts ${sum}`);
    }
    for (const [index, part] of parts.entries()) {
      if (part.duration > partTarget + ROUNDING) report('4.4.4.9', `part ${part.uri} lasts ${part.duration}`);
      const isLast = index === parts.length - 1;
      if (!isLast && part.duration < 0.85 * partTarget)
        report('4.4.4.9', `part ${part.uri} lasts only ${part.duration}`);
    }
  }
  // Parts further than three target durations from the end are to be removed (4.4.4.9); one segment of slack for the open one.
  let after = 0;
  for (const segment of segments.toReversed()) {
    if (segment.parts.length > 0 && after > 4 * targetDuration)
      report('4.4.4.9', `parts of ${segment.msn} are still listed`);
    after += segment.duration || segment.parts.reduce((all, part) => all + part.duration, 0);
  }
}

/** What breaks a rule from one version of a playlist to the next (6.2.1, 6.2.2). */
export function checkNext(before: Playlist, after: Playlist, report: Report): void {
  if (after.targetDuration !== before.targetDuration) {
    report('6.2.1', `target duration ${before.targetDuration} became ${after.targetDuration}`);
  }
  if (after.partTarget !== before.partTarget) report('6.2.1', `part target became ${after.partTarget}`);
  if (after.mediaSequence < before.mediaSequence) report('6.2.2', `media sequence went back to ${after.mediaSequence}`);
  if (after.discontinuitySequence < before.discontinuitySequence) {
    report('6.2.2', `discontinuity sequence went back to ${after.discontinuitySequence}`);
  }
  if (before.ended && after.text !== before.text) report('6.2.1', 'changed after its end');
  for (const old of before.segments) {
    const same = after.segments.find(({ msn }) => msn === old.msn);
    if (!same) {
      if (old.msn >= after.mediaSequence + after.skipped) report('6.2.1', `segment ${old.msn} vanished`);
      continue;
    }
    // A gap needs no init segment, and has that of what is listed before it.
    const fixed = ({ pdt, discontinuities, startsDiscontinuity, map, gap }: Segment) =>
      JSON.stringify([pdt, discontinuities, startsDiscontinuity, gap ? null : map, gap]);
    if (fixed(old) !== fixed(same)) report('6.2.1', `segment ${old.msn} changed: ${fixed(old)} → ${fixed(same)}`);
    if (old.uri !== null && (same.uri !== old.uri || same.duration !== old.duration)) {
      report('6.2.1', `segment ${old.msn} changed after it was closed`);
    }
    if (same.parts.length === 0) continue;
    for (const [at, part] of old.parts.entries()) {
      if (JSON.stringify(same.parts[at]) !== JSON.stringify(part)) report('6.2.1', `part ${part.uri} changed`);
    }
  }
}

const HALF_A_PART_MS = 175;

/** Dates are those of what comes before plus its length, within a run (4.4.4.6); `slackMs` for a publisher's clock. */
export function checkDates(segments: Segment[], slackMs: number, report: Report): void {
  for (const [at, segment] of segments.entries()) {
    const before = segments[at - 1];
    if (!before || before.pdt === null || segment.pdt === null) continue;
    const off = segment.pdt - before.pdt - before.duration * 1_000;
    // A gap is where the pictures have their segment, whose boundaries sound meets to half a part.
    const isOff = Math.abs(off) > (segment.gap ? HALF_A_PART_MS : slackMs);
    if (!segment.startsDiscontinuity && isOff) {
      report('4.4.4.6', `segment ${segment.msn} is dated ${off.toFixed(1)} ms off`);
    }
    if (segment.pdt < before.pdt) report('4.4.4.6', `segment ${segment.msn} is dated before the one before it`);
  }
}

/** A delta update says, with what was known before, the same as the whole playlist of that moment (6.2.5.1). */
export function checkDelta(known: Playlist, delta: Playlist, whole: Playlist, report: Report): void {
  if (delta.mediaSequence !== whole.mediaSequence) report('6.2.5.1', 'a delta update of another media sequence');
  const listed = whole.segments.map(({ msn }) => msn);
  const first = delta.mediaSequence + delta.skipped;
  for (const msn of listed) {
    if (msn < first && !known.segments.some((each) => each.msn === msn))
      report('6.2.5.1', `${msn} is left out and unknown`);
    if (msn >= first && !delta.segments.some((each) => each.msn === msn)) report('6.2.5.1', `${msn} is missing`);
  }
}

/** Renditions of one presentation have the same segments (6.2.4): dates and discontinuities of a number agree. */
export function checkTogether(one: Playlist, other: Playlist, slackMs: number, report: Report): void {
  for (const segment of one.segments) {
    const same = other.segments.find(({ msn }) => msn === segment.msn);
    if (!same) continue;
    if (same.discontinuities !== segment.discontinuities) report('6.2.4', `discontinuities of ${segment.msn} differ`);
    if (same.pdt === null || segment.pdt === null) continue;
    if (Math.abs(same.pdt - segment.pdt) > slackMs) report('6.2.4', `dates of ${segment.msn} differ`);
  }
}
