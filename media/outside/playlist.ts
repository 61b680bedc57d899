/** A variant of a multivariant playlist. */
export interface Variant {
  uri: string;
  /** Bits per second at most; null when it does not say. */
  bitrate: number | null;
  width: number | null;
  height: number | null;
  framesPerSecond: number | null;
  /** As RFC 6381 writes them; null when it does not say. */
  codecs: string[] | null;
}

export interface MediaPlaylist {
  kind: 'media';
  /** Longest segment, ms. */
  segmentMs: number;
  /** Where its end is: changes with every part or segment that is added, and tells nothing else. */
  end: string;
  /** PROGRAM-DATE-TIME of its end, epoch ms; null when it has none. */
  endDate: number | null;
  /** How much lies between the start of its newest segment and its end, ms. */
  newestMs: number;
  /** Addresses of its newest segment or part, and of the init segment. */
  uris: string[];
  /** Nothing will be added to it. */
  over: boolean;
}

export type Playlist = { kind: 'multivariant'; variants: Variant[] } | MediaPlaylist;

/** Reads what we need of a playlist (RFC 8216), in one pass over its lines; null when it is none. */
export function parsePlaylist(text: string): Playlist | null {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() !== '#EXTM3U') return null;
  if (lines.some((line) => line.startsWith('#EXT-X-STREAM-INF:'))) {
    return { kind: 'multivariant', variants: variantsOf(lines) };
  }
  return lines.some((line) => line.startsWith('#EXT-X-TARGETDURATION:')) ? mediaPlaylist(lines) : null;
}

function variantsOf(lines: string[]): Variant[] {
  const variants: Variant[] = [];
  let attributes: Map<string, string> | null = null;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) attributes = attributesOf(line);
    if (line === '' || line.startsWith('#') || !attributes) continue;
    const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(attributes.get('RESOLUTION') ?? '') ?? [];
    variants.push({
      uri: line.trim(),
      bitrate: number(attributes.get('BANDWIDTH')),
      width: number(width),
      height: number(height),
      framesPerSecond: number(attributes.get('FRAME-RATE')),
      codecs: attributes.get('CODECS')?.split(',') ?? null,
    });
    attributes = null;
  }
  return variants;
}

function mediaPlaylist(lines: string[]): MediaPlaylist {
  let [msn, segments, parts] = [0, 0, 0];
  let segmentMs = 0;
  let newestMs = 0;
  let partsMs = 0;
  let date: number | null = null;
  let over = false;
  let [segment, part, map] = [undefined, undefined, undefined] as (string | undefined)[];
  for (const line of lines) {
    const [tag = '', value = ''] = split(line);
    if (tag === '#EXT-X-TARGETDURATION') segmentMs = (number(value) ?? 0) * 1_000;
    else if (tag === '#EXT-X-MEDIA-SEQUENCE') msn = number(value) ?? 0;
    else if (tag === '#EXT-X-PROGRAM-DATE-TIME') date = dateOf(value);
    else if (tag === '#EXT-X-MAP') map = attributesOf(line).get('URI');
    else if (tag === '#EXT-X-ENDLIST') over = true;
    else if (tag === '#EXT-X-PLAYLIST-TYPE') over ||= value.trim() === 'VOD';
    else if (tag === '#EXT-X-PART') {
      const attributes = attributesOf(line);
      parts += 1;
      partsMs += (number(attributes.get('DURATION')) ?? 0) * 1_000;
      part = attributes.get('URI');
    } else if (tag === '#EXTINF') {
      newestMs = (number(value.split(',', 1)[0]) ?? 0) * 1_000;
      if (date !== null) date += newestMs;
    } else if (line !== '' && !line.startsWith('#')) {
      segments += 1;
      [parts, partsMs] = [0, 0];
      [segment, part] = [line.trim(), undefined];
    }
  }
  return {
    kind: 'media',
    segmentMs,
    // With its newest address, which a stream that begins anew under the same number changes.
    end: `${msn + segments}.${parts} ${part ?? segment ?? ''}`,
    endDate: date === null ? null : date + partsMs,
    newestMs: newestMs + partsMs,
    uris: [part ?? segment, map].filter((uri) => uri !== undefined),
    over,
  };
}

function split(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line.trimEnd(), ''] : [line.slice(0, colon), line.slice(colon + 1)];
}

/** Attributes of a tag: `NAME=value` or `NAME="value, with commas"`. */
function attributesOf(line: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of line.matchAll(/[:,]\s*([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))/g)) {
    found.set(name, quoted ?? plain.trim());
  }
  return found;
}

function number(text: string | undefined): number | null {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** Both `Z` and `+08:00` are usual, and `+0800`, which ffmpeg writes. */
function dateOf(text: string): number | null {
  const date = Date.parse(text.trim().replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(date) ? null : date;
}
