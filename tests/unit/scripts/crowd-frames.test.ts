import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ws from 'ws';
import { FrameReader, frame, TEXT } from '#scripts/bench/crowd/frames.ts';

/** What ws has and its types leave out. */
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: { isServer: boolean }) => Writable;
  Sender: { frame(data: Buffer, options: object): Buffer[] };
};

test('what is sent, a server of ws reads', async () => {
  for (const text of ['2', '420["room:join",{"ticket":"甲"}]', 'x'.repeat(126), '问'.repeat(20_000)]) {
    const read = await new Promise((resolve, reject) => {
      const receiver = new Receiver({ isServer: true });
      receiver.on('message', (message: Buffer) => resolve(message.toString()));
      receiver.on('error', reject);
      receiver.write(frame(text));
    });
    expect(read).toBe(text);
  }
});

test('frames of a server are read however the network cuts them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom('y'.repeat(70_000), 'z'.repeat(300)))),
      fc.array(fc.integer({ min: 40, max: 50_000 }), { minLength: 1 }),
      (texts, sizes) => {
        const stream = Buffer.concat(texts.flatMap((text) => Sender.frame(Buffer.from(text), SERVER)));
        const reader = new FrameReader();
        const read: string[] = [];
        for (let at = 0, n = 0; at < stream.length; n += 1) {
          const size = sizes[n % sizes.length] ?? 1;
          // The socket's buffer is filled anew each time, so what is kept must be a copy.
          const chunk = Buffer.from(stream.subarray(at, at + size));
          reader.push(chunk, (opcode, payload) => {
            expect(opcode).toBe(TEXT);
            read.push(payload.toString());
          });
          chunk.fill(0);
          at += size;
        }
        expect(read).toEqual(texts);
      },
    ),
  );
});

const SERVER = { fin: true, opcode: TEXT, mask: false, readOnly: true, rsv1: false };
