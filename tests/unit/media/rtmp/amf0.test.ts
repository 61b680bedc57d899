import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amf, AmfError, decodeAmf, encodeAmf, skipAmf } from '#media/rtmp/amf0.ts';

const leaf: fc.Arbitrary<Amf> = fc.oneof(
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constant(null),
  fc.constant(undefined),
);
const key = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text !== '__proto__');
const value: fc.Arbitrary<Amf> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 5 }),
  fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 3 })), { maxKeys: 5, noNullPrototype: true }),
);

describe('AMF0', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        expect(decodeAmf(encodeAmf(values))).toEqual(values);
      }),
    );
  });

  it('knows where a value ends', () => {
    fc.assert(
      fc.property(value, value, (first, second) => {
        const bytes = encodeAmf([first, second]);
        expect(decodeAmf(bytes.subarray(skipAmf(bytes, 0)))).toEqual([second]);
      }),
    );
  });

  it('answers garbage and cut-off bytes with its own error alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeAmf(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(AmfError);
        }
      }),
    );
  });

  it('refuses objects nested without end', () => {
    const nested = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from([3, 0, 1, 0x61])));
    expect(() => decodeAmf(nested)).toThrow(AmfError);
  });
});
