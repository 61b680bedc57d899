import type { CaptionLanguage, Cue } from '#contract/captions.ts';
import { numbersFrom, targetDurationOf } from './windows.ts';

/*
 * The text of captions: a playlist of WebVTT segments, and the segments (RFC 8216, 3.5). Pure: the same state gives the same bytes.
 */

/** What a segment of captions covers. */
export interface CaptionStretch {
  msn: number;
  /** Where it begins on the session axis, epoch ms. */
  pdt: number;
  /** Microseconds. */
  duration: number;
  discontinuity: boolean;
  discontinuitySequence: number;
  /** Another clock than that of the stretch before it. */
  clockChanged: boolean;
}

/** A clock of MPEG-TS, by which captions and picture are brought together, has 33 bits of these (RFC 8216, 3.5). */
const TICKS_PER_MS = 90;
const CLOCK_TICKS = 2 ** 33;

/** Where renditions of captions lie below a broadcast's prefix. */
export const CAPTIONS = 'captions';
const NAMES: Record<CaptionLanguage, string> = { zh: '中文', en: 'English' };

/** A multivariant playlist of ours that offers captions in these languages. */
export function withCaptions(playlist: string, languages: readonly CaptionLanguage[]): string {
  if (languages.length === 0) return playlist;
  const renditions = languages.map((language) => {
    const address = `URI="${CAPTIONS}/${language}.m3u8"`;
    return `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="${CAPTIONS}",NAME="${NAMES[language]}",LANGUAGE="${language}",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,${address}`;
  });
  const lines = playlist.split('\n');
  const first = lines.findIndex((line) => line.startsWith(VARIANT));
  return lines
    .flatMap((line, at) => [
      ...(at === first ? renditions : []),
      line.startsWith(VARIANT) ? `${line},SUBTITLES="${CAPTIONS}"` : line,
    ])
    .join('\n');
}

const VARIANT = '#EXT-X-STREAM-INF:';

export function captionPlaylist<T extends CaptionStretch>(stretches: readonly T[], nameOf: (of: T) => string): string {
  const { discontinuitySequence } = numbersFrom(stretches[0]);
  const longest = stretches.reduce((most, { duration }) => Math.max(most, duration), 0);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDurationOf(longest)}`,
    // Its segments are other than those of the picture, and so are their numbers.
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...stretches.flatMap((stretch) => [
      ...(stretch.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(stretch.pdt).toISOString()}`,
      `#EXTINF:${(stretch.duration / 1_000_000).toFixed(6)},`,
      nameOf(stretch),
    ]),
    '#EXT-X-ENDLIST',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The cues of one stretch, with the times that they have in their file. One that is shown beyond the end of a segment is in the next,
 * too, with the same times and the same name, so that players know it again.
 * @param clock what the picture's clock says at its beginning, microseconds; null where there is no picture, and so nothing to caption
 */
export function captionText(
  { zero, cues }: { zero: number; cues: readonly Cue[] },
  { pdt, duration, clockChanged }: CaptionStretch,
  clock: number | null,
): string {
  const [from, to] = [pdt - zero, pdt - zero + duration / 1_000];
  // On another clock players would not know it again, and show it twice.
  const begins = (cue: Cue) => (clockChanged ? cue.from >= from : cue.to > from);
  const shown =
    clock === null ? [] : cues.map((cue, at) => ({ ...cue, at })).filter((cue) => cue.from < to && begins(cue));
  // A file may begin after the recording does; times of WebVTT are never negative.
  const local = Math.max(0, from);
  const ticks = Math.round(((clock ?? 0) / 1_000 + local - from) * TICKS_PER_MS);
  return [
    'WEBVTT',
    `X-TIMESTAMP-MAP=LOCAL:${timeText(local)},MPEGTS:${((ticks % CLOCK_TICKS) + CLOCK_TICKS) % CLOCK_TICKS}`,
    '',
    ...shown.flatMap(({ at, text, ...cue }) => [
      String(at + 1),
      `${timeText(cue.from)} --> ${timeText(cue.to)}`,
      ...text.split('\n').map(escaped),
      '',
    ]),
  ].join('\n');
}

function timeText(ms: number): string {
  const whole = Math.round(ms);
  const [h, m, s] = [Math.floor(whole / 3_600_000), Math.floor(whole / 60_000) % 60, Math.floor(whole / 1_000) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(h)}:${two(m)}:${two(s)}.${String(whole % 1_000).padStart(3, '0')}`;
}

/** Nothing of it is a mark (WebVTT, 6.4); an arrow would end the cue. */
function escaped(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
