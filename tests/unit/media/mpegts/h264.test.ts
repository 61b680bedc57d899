import { expect, it } from 'vitest';
import { decoderConfiguration, parseAccessUnit } from '#media/mpegts/h264.ts';
import { KEY_PICTURE, nal, SPS } from '#tests/support/transport-stream.ts';

const SLICE = nal(0x61, 1);

it('takes a picture of as many slices as one can have', () => {
  const { nals, sps, pps, key } = parseAccessUnit(Buffer.concat([KEY_PICTURE, ...Array(1_500).fill(SLICE)]), false);
  expect([nals.length, sps.length, pps.length, key]).toEqual([1_503, 1, 1, true]);
  expect(decoderConfiguration(sps, pps)).not.toBeNull();
});

it('leaves out one of more, without counting them all', () => {
  const { nals, sps, key } = parseAccessUnit(Buffer.concat([KEY_PICTURE, ...Array(300_000).fill(SLICE)]), true);
  expect([nals, sps, key]).toEqual([[], [], false]);
});

it('takes nothing for a parameter set that is too long to be one', () => {
  const long = Buffer.concat([nal(...SPS), Buffer.alloc(4 * 1024 * 1024, 0xff)]);
  expect(parseAccessUnit(long, true)).toMatchObject({ sps: [], key: false });
});
