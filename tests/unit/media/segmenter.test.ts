import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place, SEGMENT_LIMIT, SEGMENT_TARGET } from '#media/segmenter.ts';

interface Piece {
  duration: number;
  independent: boolean;
}

function segmentsOf(pieces: Piece[]): { segments: Piece[][]; skipped: Piece[] } {
  const segments: Piece[][] = [];
  const skipped: Piece[] = [];
  for (const piece of pieces) {
    const open = segments.at(-1)?.reduce((sum, part) => sum + part.duration, 0);
    const placement = place(open, piece);
    if (placement === 'skip') skipped.push(piece);
    else if (placement === 'cut') segments.push([piece]);
    else segments.at(-1)?.push(piece);
  }
  return { segments, skipped };
}

const pieces = fc.array(fc.record({ duration: fc.integer({ min: 10_000, max: 400_000 }), independent: fc.boolean() }), {
  maxLength: 200,
});

describe('cut rules', () => {
  it('cut at the key frame that ends two seconds, also when it is a millisecond early', () => {
    const gop = (last: number): Piece[] =>
      Array.from({ length: 6 }, (_, at) => ({ duration: at === 5 ? last : 333_333, independent: at === 0 }));
    const { segments } = segmentsOf([...gop(333_335), ...gop(332_000), ...gop(333_335)]);
    expect(segments.map((segment) => segment.length)).toEqual([6, 6, 6]);
  });

  it('leave key frames before the target inside the segment', () => {
    const { segments } = segmentsOf(Array.from({ length: 8 }, () => ({ duration: 500_000, independent: true })));
    expect(segments.map((segment) => segment.length)).toEqual([4, 4]);
  });

  it('lose nothing after the first key frame, in order', () => {
    fc.assert(
      fc.property(pieces, (input) => {
        const { segments, skipped } = segmentsOf(input);
        expect([...skipped, ...segments.flat()]).toEqual(input);
        expect(skipped.every((piece) => !piece.independent)).toBe(true);
      }),
    );
  });

  it('make segments of the target length, that begin with a key frame, and never grow without bound', () => {
    fc.assert(
      fc.property(pieces, (input) => {
        const { segments } = segmentsOf(input);
        for (const [at, segment] of segments.entries()) {
          const duration = segment.reduce((sum, piece) => sum + piece.duration, 0);
          expect(duration).toBeLessThan(SEGMENT_LIMIT + 400_000);
          if (at < segments.length - 1) expect(duration).toBeGreaterThanOrEqual(SEGMENT_TARGET - 50_000);
          const before = segments[at - 1]?.reduce((sum, piece) => sum + piece.duration, 0) ?? 0;
          if (before < SEGMENT_LIMIT) expect(segment[0]?.independent).toBe(true);
        }
      }),
    );
  });
});
