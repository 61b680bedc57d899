import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMissing, lengthOf, newSegment, partLine, readIndex, segmentLine } from '#media/recording-index.ts';

const PDT = Date.UTC(2026, 10, 24, 1, 0, 0);
const PART = 333_333;

function opening(msn: number, changes: { lost?: number; headless?: boolean; gap?: number } = {}): string {
  const { gap, ...rest } = changes;
  const base = { msn, pdt: PDT + msn * 2_000, discontinuity: false, discontinuitySequence: 0, init: 1 };
  return segmentLine({ ...newSegment({ ...base, ...(gap !== undefined && { gap }) }, 0), ...rest });
}

function part(offset: number, length = 10, independent = false): string {
  return partLine({ offset, length, duration: PART, independent });
}

/** What stands there of each segment: number, first byte, bytes, microseconds. */
function shape(text: string, onDisk = 1_000): (number | boolean)[][] {
  return readIndex(text, onDisk).segments.map((each) => [each.msn, each.offset, each.length, lengthOf(each)]);
}

describe('the index of a recording', () => {
  const whole = opening(0) + part(0) + part(10) + opening(1) + part(20) + part(30);

  it('gives segments as stretches of the data', () => {
    expect(shape(whole)).toEqual([
      [0, 0, 20, 2 * PART],
      [1, 20, 20, 2 * PART],
    ]);
    expect(readIndex(whole, 1_000)).toMatchObject({ size: 40, kept: whole.length, longestPart: PART });
  });

  it('ends with the last part that is whole, in the index and in the data', () => {
    for (let cut = whole.length - 1; cut > (opening(0) + part(0)).length; cut -= 1) {
      const { segments, size, kept } = readIndex(whole.slice(0, cut), 1_000);
      expect(kept).toBeLessThanOrEqual(cut);
      expect(whole.slice(0, kept).endsWith('}\n')).toBe(true);
      expect(segments.reduce((sum, each) => sum + each.length, 0)).toBe(size);
    }
    expect(shape(whole, 35)).toEqual([
      [0, 0, 20, 2 * PART],
      [1, 20, 10, PART],
    ]);
  });

  it('leaves out a line that cannot be read, and nothing after it', () => {
    const torn = opening(0) + part(0) + part(10).slice(0, 20);
    const next = `\n${opening(0, { lost: PART })}${part(10, 12)}${opening(1)}${part(22)}`;
    expect(shape(torn + next)).toEqual([
      [0, 0, 22, 3 * PART],
      [1, 22, 10, PART],
    ]);
  });

  it('takes a part at the place of the one before in its stead: that line was whole but for its end', () => {
    const unfinished = opening(0) + part(0) + part(10, 50).trimEnd();
    const next = `\n${opening(0, { lost: PART })}${opening(1)}${part(10, 20)}`;
    expect(shape(unfinished + next)).toEqual([
      [0, 0, 10, 2 * PART],
      [1, 10, 20, PART],
    ]);
  });

  it('keeps bytes whose line is spoilt with their segment', () => {
    const spoilt = opening(0) + part(0) + part(10).replace('{', '?') + part(20) + opening(1) + part(30);
    expect(shape(spoilt)).toEqual([
      [0, 0, 30, 2 * PART],
      [1, 30, 10, PART],
    ]);
  });

  it('knows a segment of which nothing can be played, and how long it was', () => {
    const text =
      opening(0) +
      part(0) +
      opening(1, { lost: 6 * PART, headless: true }) +
      opening(2, { gap: 7 }) +
      opening(3) +
      part(10);
    const { segments } = readIndex(text, 1_000);
    expect(segments.map((each) => [each.msn, isMissing(each), lengthOf(each)])).toEqual([
      [0, false, PART],
      [1, true, 6 * PART],
      [2, true, 7],
      [3, false, PART],
    ]);
  });

  it('says the same however often things are said again', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 60 }), (order) => {
        // 0: a part, 1: a part is lost, 2: the next segment, 3: everything about this segment again.
        let text = opening(0);
        let [msn, size, lost, parts] = [0, 0, 0, 0];
        const expected = [{ length: 0, duration: 0 }];
        for (const what of order) {
          const segment = expected[msn] as { length: number; duration: number };
          if (what === 0) {
            text += part(size, 5);
            size += 5;
            parts += 1;
            segment.length += 5;
            segment.duration += PART;
          } else if (what === 1) {
            lost += PART;
            segment.duration += PART;
            text += opening(msn, { lost });
          } else if (what === 2 && parts > 0) {
            msn += 1;
            [lost, parts] = [0, 0];
            expected.push({ length: 0, duration: 0 });
            text += opening(msn);
          } else if (what === 3) text += opening(msn, { lost });
        }
        while (expected.at(-1)?.length === 0) expected.pop();
        const read = readIndex(text, size).segments;
        expect(read.map((each) => ({ length: each.length, duration: lengthOf(each) }))).toEqual(expected);
      }),
    );
  });
});
