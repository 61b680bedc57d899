import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecoderConfiguration } from '#media/h264/avcc.ts';
import { hasRecoveryPoint } from '#media/h264/sei.ts';
import { readSequenceParameters } from '#media/h264/sps.ts';
import { type CONFIGURATIONS, record } from './configurations.ts';

function parametersOf(name: keyof typeof CONFIGURATIONS) {
  const { sequenceSets } = readDecoderConfiguration(record(name));
  return readSequenceParameters(sequenceSets[0] as Buffer);
}

describe('a sequence parameter set', () => {
  it.each([
    ['high', { profile: 100, level: 30, width: 854, height: 480, reordered: 0, framesPerSecond: 25 }],
    ['baseline', { profile: 66, level: 30, width: 640, height: 360, reordered: 0, framesPerSecond: 30 }],
    ['reordered', { profile: 100, level: 31, width: 1280, height: 720, reordered: 2, framesPerSecond: 30 }],
    ['cropped', { profile: 100, level: 40, width: 1920, height: 1080, reordered: 0, progressive: true }],
    ['interlaced', { profile: 100, width: 1920, height: 1080, progressive: false }],
    ['fullColour', { profile: 244, chromaFormat: 3, bitDepth: 8, width: 640, height: 360 }],
    ['tenBit', { profile: 110, chromaFormat: 1, bitDepth: 10 }],
    ['constantRate', { profile: 100, reordered: 0, framesPerSecond: 30_000 / 1_001 }],
    ['wide', { squarePixels: false, width: 640, height: 480 }],
  ] as const)('of %s says what it is', (name, expected) => {
    expect(parametersOf(name)).toMatchObject(expected);
  });

  it('that is cut off or damaged is refused, never waited for', () => {
    const whole = readDecoderConfiguration(record('constantRate')).sequenceSets[0] as Buffer;
    for (let length = 0; length < whole.length - 1; length += 1)
      expect(() => readSequenceParameters(whole.subarray(0, length))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readSequenceParameters(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('a decoder configuration', () => {
  it('that is cut off or damaged is refused', () => {
    const whole = record('high');
    for (let length = 0; length < whole.length - 5; length += 1)
      expect(() => readDecoderConfiguration(whole.subarray(0, length))).toThrow(RangeError);
    expect(() => readDecoderConfiguration(Buffer.from(whole).fill(0, 0, 1))).toThrow(RangeError);
  });
});

describe('supplemental information', () => {
  it('says where decoding may begin, also behind other messages', () => {
    expect(hasRecoveryPoint(Buffer.from('06060184 80'.replace(' ', ''), 'hex'))).toBe(true);
    const long = [Buffer.from([6, 5, 0xff, 1]), Buffer.alloc(256, 6), Buffer.from([6, 1, 0x84, 0x80])];
    expect(hasRecoveryPoint(Buffer.concat(long))).toBe(true);
    expect(hasRecoveryPoint(Buffer.concat([...long.slice(0, 2), Buffer.from([0x80])]))).toBe(false);
    expect(hasRecoveryPoint(Buffer.from([6]))).toBe(false);
  });
});
