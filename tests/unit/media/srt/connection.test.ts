import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { SrtConnection } from '#media/srt/connection.ts';
import { decrypt } from '#media/srt/keys.ts';
import {
  ACK,
  ACKACK,
  controlPacket,
  DROP_REQUEST,
  HEADER,
  KEEPALIVE,
  NAK,
  parsePacket,
  SHUTDOWN,
} from '#media/srt/packet.ts';

const KEYS = { salt: Buffer.alloc(16, 1), even: Buffer.alloc(16, 2), odd: null };
const FIRST = 1_000;

function connect() {
  let time = 0;
  const sent: { type: number; number: number; content: Buffer }[] = [];
  const connection = new SrtConnection({
    logger: pino({ level: 'silent' }),
    clock: () => time,
    dataMs: 60_000,
    remoteAddress: '127.0.0.1',
    peerSocketId: 7,
    initialSequence: FIRST,
    latency: 120,
    keys: KEYS,
    passphrase: 'a passphrase',
    broadcast: { id: '', sessionId: '', prefix: '', kind: 'live' },
    now: () => time,
    send(bytes) {
      const packet = parsePacket(bytes);
      if (packet?.kind === 'control') sent.push(packet);
    },
  });
  return {
    connection,
    sent,
    pass(ms: number) {
      for (let left = ms; left > 0; left -= 10) {
        time += 10;
        connection.tick();
      }
    },
    types: () => sent.splice(0).map(({ type }) => type),
  };
}

function data(sequence: number, text = 'anything'): Buffer {
  const packet = { kind: 'data', sequence, key: 'even', payload: Buffer.from(text) } as const;
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32BE(sequence, 0);
  bytes.writeUInt32BE(0xe8000000, 4);
  return Buffer.concat([bytes, decrypt(KEYS, packet) ?? Buffer.alloc(0)]);
}

describe('a caller', () => {
  it('hears what came and what is missing, and how long it takes is learned from its answer', () => {
    const { connection, sent, pass, types } = connect();
    connection.receive(data(FIRST));
    connection.receive(data(FIRST + 3));
    expect(types()).toEqual([NAK]);
    pass(10);
    expect(sent[0]).toMatchObject({ type: ACK, number: 1 });
    expect(sent[0]?.content.readUInt32BE(0)).toBe(FIRST + 1);
    pass(20);
    connection.receive(controlPacket({ type: ACKACK, number: 1 }, 0, 0));
    sent.splice(0);
    connection.receive(data(FIRST + 1));
    connection.receive(data(FIRST + 2));
    pass(10);
    expect(sent[0]?.content.readUInt32BE(0)).toBe(FIRST + 4);
    expect(sent[0]?.content.readUInt32BE(4)).toBe(20_000);
    connection.end('');
  });

  it('is told to be kept, asked for what is missing until that is given up, and given up when it is silent', () => {
    const { connection, pass, types } = connect();
    const ended = vi.fn();
    connection.publication.onEnd(ended);
    connection.receive(data(FIRST));
    pass(10);
    connection.receive(controlPacket({ type: ACKACK, number: 1 }, 0, 0));
    connection.receive(data(FIRST + 2));
    types();
    pass(110);
    expect(types()).toEqual(Array(6).fill(NAK));
    pass(10);
    expect(types()).toEqual([ACK]);
    pass(2_000);
    expect(types()).toEqual([KEEPALIVE, KEEPALIVE]);
    pass(3_000);
    expect(ended).toHaveBeenCalledWith('connection lost');
    expect(types().at(-1)).toBe(SHUTDOWN);
  });

  it('may send what it likes, encrypted as it should be or not', () => {
    const any = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    const control = fc
      .tuple(fc.constantFrom(ACK, NAK, ACKACK, DROP_REQUEST, KEEPALIVE, 0x7fff, 99), fc.nat(4), fc.nat(), any)
      .map(([type, subtype, number, content]) => controlPacket({ type, subtype, number, content }, 0, 0));
    const packets = fc
      .tuple(fc.integer({ min: FIRST - 10, max: FIRST + 20_000 }), fc.string())
      .map(([sequence, text]) => data(sequence, text));
    fc.assert(
      fc.property(fc.array(fc.oneof(any, control, packets), { maxLength: 50 }), (all) => {
        const { connection, pass } = connect();
        for (const bytes of all) {
          connection.receive(bytes);
          pass(10);
        }
        expect(connection.ended).toBe(false);
        connection.end('');
      }),
    );
  });
});
