import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangeOf } from '#server/archives/range.ts';

test.each([
  [undefined, null],
  ['bytes=0-', { from: 0, to: 100 }],
  ['bytes=10-19', { from: 10, to: 20 }],
  ['bytes=90-500', { from: 90, to: 100 }],
  ['bytes=-10', { from: 90, to: 100 }],
  ['bytes=-500', { from: 0, to: 100 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=20-10', null],
  ['bytes=0-1,5-6', null],
  ['lines=0-1', null],
  ['bytes=-', null],
])('%s of a hundred bytes', (header, range) => {
  expect(rangeOf(header, 100)).toEqual(range);
});

test('what is given lies within the file', () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(fc.nat()), fc.nat(), (first, last, size) => {
      const range = rangeOf(`bytes=${first}-${last ?? ''}`, size);
      return range === null || range === 'unsatisfiable' || (range.from < range.to && range.to <= size);
    }),
  );
});
