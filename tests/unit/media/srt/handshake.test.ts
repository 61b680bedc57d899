import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseHandshake } from '#media/srt/handshake.ts';
import { parsePacket } from '#media/srt/packet.ts';

it('takes any bytes at all for a packet or for none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (any) => {
      const bytes = Buffer.from(any);
      parsePacket(bytes);
      parseHandshake(bytes);
    }),
    { numRuns: 2_000 },
  );
});

it('reads the stream id, whose words are turned round', () => {
  const head = Buffer.alloc(48);
  // "#!::r=abc" and zeros up to a whole word.
  const id = Buffer.from('::!#ba=r\0\0\0c', 'latin1');
  const bytes = Buffer.concat([head, Buffer.from([0, 5, 0, 3]), id]);
  expect(parseHandshake(bytes)?.extensions.streamId).toBe('#!::r=abc');
  // One that says to be longer than it is counts for nothing.
  expect(parseHandshake(bytes.subarray(0, -1))?.extensions.streamId).toBeNull();
});
