import fc from 'fast-check';
import * as library from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import * as ours from '#server/live/text-parser.ts';

const id = fc.option(fc.nat(), { nil: undefined });
const event = fc.tuple(
  fc.string().filter((name) => library.isPacketValid({ type: 2, nsp: '/', data: [name] } as library.Packet)),
  fc.jsonValue(),
);
const packet = fc.oneof(
  fc.record({
    type: fc.constant(0),
    nsp: fc.constant('/'),
    data: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
  }),
  fc.record({ type: fc.constant(1), nsp: fc.constant('/') }),
  fc.record({ type: fc.constant(2), nsp: fc.constant('/'), id, data: event }),
  fc.record({ type: fc.constant(3), nsp: fc.constant('/'), id, data: fc.array(fc.jsonValue()) }),
);

function decoded(
  decoder: { on(event: 'decoded', listener: (packet: unknown) => void): unknown; add(text: string): void },
  text: string,
) {
  const heard: unknown[] = [];
  decoder.on('decoded', (each) => heard.push(each));
  decoder.add(text);
  return heard;
}

describe('packets of Socket.IO', () => {
  it('are written as the library writes them', () => {
    fc.assert(
      fc.property(packet, (each) => {
        expect(new ours.Encoder().encode(each)).toEqual(new library.Encoder().encode(each as library.Packet));
      }),
    );
  });

  it('are read as the library reads them', () => {
    fc.assert(
      fc.property(packet, (each) => {
        const [text = ''] = new ours.Encoder().encode(each);
        expect(decoded(new ours.Decoder(), text)).toEqual(decoded(new library.Decoder() as never, text));
      }),
    );
  });

  it.each([
    '',
    'x',
    '7["a"]',
    '4"no"',
    '2',
    '2{}',
    '2[]',
    '2[1]',
    '2["disconnect"]',
    '2["a"',
    '1{}',
    '0/other,',
    '51-["a"]',
    `2${'9'.repeat(16)}["a"]`,
  ])('that no page sends end the connection: %s', (text) => expect(() => decoded(new ours.Decoder(), text)).toThrow());

  it('of bytes end the connection', () => {
    expect(() => new ours.Decoder().add(Buffer.from('2["a"]'))).toThrow('binary');
  });

  it('after the end are heard by nobody', () => {
    const decoder = new ours.Decoder();
    const heard: unknown[] = [];
    decoder.on('decoded', (each) => heard.push(each));
    decoder.removeListener();
    decoder.add('2["a"]');
    expect(heard).toEqual([]);
  });
});
