import type { Face, Faces } from './faces.ts';

/** Characters of one face; `x` from the beginning of their line, pt. */
interface Run {
  face: Face;
  text: string;
  x: number;
}

export interface Line {
  runs: Run[];
  /** pt */
  width: number;
}

export interface Setting {
  /** pt */
  size: number;
  weight?: 'regular' | 'bold';
  /** pt; nothing is broken without it. */
  width?: number;
  /** Of the first line, pt. */
  indent?: number;
}

/** Stands for a sign that no face has. */
const GETA = '〓';
/** Between Chinese and Latin or digits, in em. */
const GAP = 0.2;
/** These begin no line, and those end none. */
const CLOSING = /[、。，．：；！？）】》」』”’…·,.:;!?)\]}%]/u;
const OPENING = /[（【《「『“‘([{]/u;
const LATIN = /[\p{Script=Latin}\p{Nd}]/u;
/** What stays together within a line: numbers, addresses, words. */
const WORD = /[\p{Script=Latin}\p{Nd}@#&_+=/\-.:?%]/u;
const HAN = /\p{Script=Han}/u;

interface Sign {
  text: string;
  face: Face;
  /** pt, with the gap before it. */
  advance: number;
  gap: number;
}

/**
 * Sets text in lines after the rules of Chinese type: a thin gap beside Latin and digits, no line that begins with a closing mark or ends
 * with an opening one. `missing` collects the signs that no face has; 〓 stands for them.
 */
export function setLines(faces: Faces, text: string, setting: Setting, missing: Set<string> = new Set()): Line[] {
  const { width = Number.POSITIVE_INFINITY, indent = 0 } = setting;
  const signs = signsOf(faces, text, setting, missing);
  const lines: Line[] = [];
  let from = 0;
  while (from < signs.length) {
    const start = lines.length === 0 ? indent : 0;
    const to = endOfLine(signs, from, width - start);
    lines.push(lineOf(signs.slice(from, to), start));
    from = to;
    // A space that a line would begin with is the break itself.
    while (signs[from]?.text === ' ') from += 1;
  }
  return lines.length > 0 ? lines : [{ runs: [], width: 0 }];
}

/** The largest size, going down from `setting.size` to `least`, at which the text takes no more than so many lines. */
export function fittingSize(faces: Faces, text: string, setting: Setting, lines: number, least: number): number {
  for (let size = setting.size; size > least; size -= 0.5) {
    if (setLines(faces, text, { ...setting, size }).length <= lines) return size;
  }
  return least;
}

function signsOf(faces: Faces, text: string, { size, weight = 'regular' }: Setting, missing: Set<string>): Sign[] {
  let before = '';
  return Array.from(text.normalize('NFC').replace(/\s+/gu, ' '), (sign) => {
    const point = sign.codePointAt(0) ?? 0;
    const face = [weight, 'regular', 'rare'].find((each) => faces[each as Face].hasGlyphForCodePoint(point)) as
      | Face
      | undefined;
    if (!face) missing.add(sign);
    const shown = face ? sign : GETA;
    const font = faces[face ?? weight];
    const glyph = font.glyphForCodePoint(shown.codePointAt(0) ?? 0);
    const gap = (HAN.test(before) && LATIN.test(sign)) || (LATIN.test(before) && HAN.test(sign)) ? GAP * size : 0;
    before = sign;
    return { text: shown, face: face ?? weight, advance: (glyph.advanceWidth / font.unitsPerEm) * size + gap, gap };
  });
}

/** Index behind the last sign of the line that begins at `from`: at least one. */
function endOfLine(signs: Sign[], from: number, width: number): number {
  let used = -(signs[from]?.gap ?? 0);
  let to = from;
  while (to < signs.length && used + (signs[to]?.advance ?? 0) <= width) {
    used += signs[to]?.advance ?? 0;
    to += 1;
  }
  if (to >= signs.length) return signs.length;
  for (let end = to; end > from; end -= 1) if (mayBreak(signs[end - 1]?.text ?? '', signs[end]?.text ?? '')) return end;
  return Math.max(to, from + 1);
}

function mayBreak(before: string, after: string): boolean {
  if (before === ' ') return true;
  if (after === ' ' || CLOSING.test(after) || OPENING.test(before)) return false;
  return !(WORD.test(before) && WORD.test(after));
}

function lineOf(signs: Sign[], start: number): Line {
  const runs: Run[] = [];
  let x = start;
  signs.forEach(({ text, face, advance, gap }, n) => {
    const shift = n === 0 ? 0 : gap;
    const last = runs.at(-1);
    if (last && last.face === face && shift === 0) last.text += text;
    else runs.push({ face, text, x: x + shift });
    x += n === 0 ? advance - gap : advance;
  });
  return { runs, width: x };
}
