import { type Cue, MAX_CAPTIONS_BYTES, MAX_CUES } from '#contract/captions.ts';
import { AppError } from '../errors.ts';

/*
 * Reads what people have: WebVTT, or SRT as editors and speech recognition write it. Nothing but plain text is taken over.
 */

const TIME = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})`;
/** What follows the times in WebVTT are settings, in SRT coordinates: neither is for a player whose size nobody knows. */
const TIMES = new RegExp(`^\\s*${TIME}\\s+-->\\s+${TIME}(?:\\s.*)?$`);
/** Blocks of WebVTT that are no cues. */
const NO_CUE = /^(?:NOTE|STYLE|REGION)(?:\s|$)/;
/** A day. A longer cue time is a mistake. */
const MAX_TIME_MS = 86_400_000;

interface Line {
  number: number;
  text: string;
}

/**
 * The cues of a file, in the order of their times.
 * @throws AppError `captions-…`, with the line
 */
export function readCaptions(bytes: Buffer): Cue[] {
  if (bytes.length > MAX_CAPTIONS_BYTES)
    throw new AppError('captions-too-large', { limit: `${MAX_CAPTIONS_BYTES / 1_048_576} MB` });
  const lines = decode(bytes)
    .split(/\r\n|\r|\n/)
    .map((text, at) => ({ number: at + 1, text }));
  const isWebVtt = /^WEBVTT(?:\s|$)/.test(lines[0]?.text ?? '');
  const blocks = blocksOf(lines).slice(isWebVtt ? 1 : 0);
  const cues: Cue[] = [];
  for (const block of blocks) {
    const [first] = block;
    if (!first || (isWebVtt && NO_CUE.test(first.text))) continue;
    const cue = cueOf(block);
    if (!cue) continue;
    if (cues.length === MAX_CUES) throw new AppError('captions-too-many', { line: first.number, limit: MAX_CUES });
    cues.push(cue);
  }
  if (cues.length === 0) throw new AppError('captions-empty');
  return cues.sort((one, other) => one.from - other.from || one.to - other.to);
}

function decode(bytes: Buffer): string {
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe ? ['utf-16le'] : bytes[0] === 0xfe && bytes[1] === 0xff ? ['utf-16be'] : [];
  for (const encoding of [...marked, 'utf-8', 'gb18030']) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      // Any bytes are text of some encoding; what is no text has these.
      if (!text.includes('\0')) return text;
    } catch {
      // The next one.
    }
  }
  throw new AppError('captions-encoding');
}

/** Lines that stand together. */
function blocksOf(lines: Line[]): Line[][] {
  const blocks: Line[][] = [[]];
  for (const line of lines) {
    if (line.text.trim() === '') blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  // The first block is the header of WebVTT also where it is alone.
  return blocks.filter((block) => block.length > 0);
}

/** Null for one without words. */
function cueOf(block: Line[]): Cue | null {
  // A name or number may stand before the times.
  const at = block.findIndex(({ text }) => text.includes('-->'));
  const [first, timing] = [block[0], block[at]];
  if (at > 1 || !timing) throw new AppError('captions-no-time', { line: first?.number ?? 1 });
  const found = TIMES.exec(timing.text);
  const [from, to] = found ? [timeOf(found.slice(1, 5)), timeOf(found.slice(5, 9))] : [null, null];
  if (from === null || to === null) throw new AppError('captions-time', { line: timing.number });
  if (to <= from) throw new AppError('captions-backwards', { line: timing.number });
  const text = block
    .slice(at + 1)
    .map((line) => plain(line.text))
    .filter((line) => line !== '')
    .join('\n');
  return text === '' ? null : { from, to, text };
}

/** @param fields hours (which may be missing), minutes, seconds, and the fraction as it is written */
function timeOf([hours, minutes, seconds, fraction]: (string | undefined)[]): number | null {
  const [h, m, s, ms] = [hours ?? '0', minutes, seconds, (fraction ?? '').padEnd(3, '0')].map(Number);
  if (h === undefined || m === undefined || s === undefined || ms === undefined || m > 59 || s > 59) return null;
  const time = ((h * 60 + m) * 60 + s) * 1_000 + ms;
  return time <= MAX_TIME_MS ? time : null;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', lrm: '', rlm: '' };

/** Without marks of either format: fonts and colours are the viewer's. What looks like a mark and is none stays. */
function plain(line: string): string {
  return (
    line
      .replace(/<\/?[a-z][^<>]*>|<\d[\d:.]*>/gi, '')
      .replace(/\{\\[^{}]*\}/g, '')
      .replace(/&(amp|lt|gt|quot|nbsp|lrm|rlm);/g, (_, name: string) => ENTITIES[name] ?? '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufeff]/g, '')
      .trim()
  );
}
