import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amf, AmfError, decodeAmf, encodeAmf } from '#media/rtmp/amf0.ts';

const { value } = fc.letrec<{ value: Amf }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.double(),
    fc.boolean(),
    fc.string({ unit: 'grapheme' }),
    fc.constant(null),
    fc.constant(undefined),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('AMF0', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        expect(decodeAmf(encodeAmf(values))).toEqual(values);
      }),
    );
  });

  it('reads the array with names that encoders send as metadata', () => {
    const array = Buffer.concat([Buffer.of(8, 0, 0, 0, 1, 0, 5), Buffer.from('width'), encodeAmf([640])]);
    expect(decodeAmf(Buffer.concat([array, Buffer.of(0, 0, 9)]))).toEqual([{ width: 640 }]);
  });

  it('keeps a name like __proto__ a name', () => {
    const object = Buffer.concat([Buffer.of(3, 0, 9), Buffer.from('__proto__'), encodeAmf([1]), Buffer.of(0, 0, 9)]);
    const [decoded] = decodeAmf(object);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.keys(decoded as object)).toEqual(['__proto__']);
  });

  it('says so when bytes are none, and never anything else', () => {
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

  it.each([
    ['cut short', encodeAmf(['publish']).subarray(0, 5)],
    ['nested without end', Buffer.alloc(4_000, Buffer.of(10, 0, 0, 0, 1))],
    ['an array of four thousand million', Buffer.of(10, 0xff, 0xff, 0xff, 0xff)],
    ['more values than any command has', Buffer.alloc(2_000, 5)],
    ['an object without end', Buffer.of(3, 0, 1, 97, 5)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeAmf(bytes)).toThrow(AmfError);
  });
});
