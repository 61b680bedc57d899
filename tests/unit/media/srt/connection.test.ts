import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SrtConnection, type SrtConnectionOptions } from '#media/srt/connection.ts';
import { decrypt, openKeyMaterial } from '#media/srt/keys.ts';
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
  USER_DEFINED,
} from '#media/srt/packet.ts';
import { SrtPublication } from '#media/srt/publication.ts';
import { makeKeyMaterial } from '#tests/support/srt-caller.ts';
import {
  AAC,
  AUDIO_PID,
  adtsFrame,
  H264,
  HEVC,
  KEY_PICTURE,
  MP2,
  type ProgramTable,
  pat,
  pesUnit,
  pmt,
  unitPackets,
  VIDEO_PID,
} from '#tests/support/transport-stream.ts';

const KEYS = { salt: Buffer.alloc(16, 1), even: Buffer.alloc(16, 2), odd: null, wrapping: Buffer.alloc(16) };
const FIRST = 1_000;
const soon = { timeout: 45_000 };
const PASSPHRASE = 'a passphrase';

vi.mock('#media/srt/keys.ts', async (original) => {
  const keys = await original<typeof import('#media/srt/keys.ts')>();
  return { ...keys, openKeyMaterial: vi.fn(keys.openKeyMaterial) };
});

function connect(options: Partial<SrtConnectionOptions> = {}) {
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
    keyMaterial: Buffer.from('key material'),
    passphrase: PASSPHRASE,
    takeSalt: () => true,
    now: () => time,
    send(bytes) {
      const packet = parsePacket(bytes);
      if (packet?.kind === 'control') sent.push(packet);
    },
    ...options,
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
    /** One tick after so long, as after something that took all our time. */
    block(ms: number) {
      time += ms;
      connection.tick();
    },
    types: () => sent.splice(0).map(({ type }) => type),
  };
}

type Line = ReturnType<typeof connect>;

function data(sequence: number, content: string | Buffer = 'anything'): Buffer {
  const packet = { kind: 'data', sequence, key: 'even', payload: Buffer.from(content) } as const;
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

describe('a stream that nobody can read', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['in order', (line: Line) => line.connection.receive(data(FIRST))],
    [
      'behind a hole that is given up',
      (line: Line) => {
        line.connection.receive(data(FIRST + 1));
        line.pass(200);
      },
    ],
    [
      'while the encoder takes nothing',
      (line: Line) => {
        line.connection.publication.pause();
        line.connection.receive(data(FIRST));
        expect(line.connection.ended).toBe(false);
        line.connection.publication.resume();
      },
    ],
  ])('ends itself and nothing else, %s', (_, send) => {
    vi.spyOn(SrtPublication.prototype, 'take').mockImplementation(() => {
      throw new RangeError('out of range');
    });
    const line = connect();
    const ended = vi.fn();
    line.connection.publication.onEnd(ended);
    send(line);
    expect(ended).toHaveBeenCalledExactlyOnceWith('unreadable stream');
    expect(line.types().at(-1)).toBe(SHUTDOWN);
  });
});

describe('a packet', () => {
  it('larger than any that fits into the network is none', () => {
    const { connection, pass, types } = connect();
    connection.receive(data(FIRST, Buffer.alloc(1_457)));
    pass(10);
    expect(types()).toEqual([]);
    connection.receive(data(FIRST, Buffer.alloc(1_456)));
    pass(10);
    expect(types()).toEqual([ACK]);
    connection.end('');
  });

  it('of next to nothing fills what is kept for an encoder that takes nothing', () => {
    const { connection } = connect();
    connection.publication.pause();
    for (let sequence = FIRST; sequence < FIRST + 17_000 && !connection.ended; sequence += 1)
      connection.receive(data(sequence, 'x'));
    expect(connection.ended).toBe(true);
  });

  it('that came while we were busy is not given up for lost', () => {
    const { connection, pass, block, sent } = connect();
    connection.receive(data(FIRST));
    connection.receive(data(FIRST + 2));
    pass(10);
    block(400);
    // It is read after the timer that was due has had its turn.
    connection.receive(data(FIRST + 1));
    pass(10);
    expect(sent.findLast(({ type }) => type === ACK)?.content.readUInt32BE(0)).toBe(FIRST + 3);
    connection.end('');
  });
});

describe('a key that is said', () => {
  function request(message: Buffer): Buffer {
    return controlPacket({ type: USER_DEFINED, subtype: 3, content: message }, 0, 0);
  }

  it('again is answered without being opened again, and others one at a time', async () => {
    const opened = vi.mocked(openKeyMaterial).mockClear();
    const { connection, types } = connect();
    const { message } = makeKeyMaterial(PASSPHRASE);
    for (let time = 0; time < 50; time += 1) connection.receive(request(message));
    await vi.waitFor(() => expect(types()).toEqual([USER_DEFINED]), soon);
    expect(opened).toHaveBeenCalledOnce();
    for (let time = 0; time < 50; time += 1) connection.receive(request(message));
    expect(types()).toEqual(Array(50).fill(USER_DEFINED));
    expect(opened).toHaveBeenCalledOnce();
    connection.end('');
  });

  it('after another has used it is not taken', async () => {
    const { connection, types } = connect({ takeSalt: () => false });
    const { message } = makeKeyMaterial(PASSPHRASE);
    connection.receive(request(message));
    await vi.waitFor(() => expect(vi.mocked(openKeyMaterial).mock.settledResults.at(-1)?.type).toBe('fulfilled'), soon);
    await Promise.resolve();
    expect(types()).toEqual([]);
    connection.end('');
  });
});

describe('an encoder that sends what we do not take', () => {
  const table = { video: H264, audio: MP2 };
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Each has a table of its program, and a picture that makes the one before it whole. */
  function stream(tables: ProgramTable[]): Buffer[] {
    return tables.map((program, at) =>
      Buffer.concat([
        pat(at),
        pmt(program, at),
        ...unitPackets(VIDEO_PID, at, pesUnit(0xe0, at * 3_600, KEY_PICTURE), true),
        ...unitPackets(AUDIO_PID, at, pesUnit(0xc0, at * 3_600, adtsFrame(Buffer.alloc(50, 1)))),
      ]),
    );
  }

  it.each([
    ['its picture', { video: HEVC, audio: AAC }, 'unsupported-video'],
    ['its sound', table, 'unsupported-audio'],
  ])('is cut off for %s, whatever else it sends, and nothing of it is shown', (_, program, reason) => {
    const { connection } = connect();
    const [ended, given] = [vi.fn(), vi.fn()];
    connection.publication.onEnd(ended);
    connection.publication.onTag(given);
    stream(Array(400).fill(program)).forEach((bytes, at) => {
      connection.receive(data(FIRST + at, bytes));
      vi.advanceTimersByTime(40);
    });
    expect(ended).toHaveBeenCalledExactlyOnceWith(reason);
    expect(given).not.toHaveBeenCalled();
  });

  it('is not when it has been set right', () => {
    const { connection } = connect();
    const given = vi.fn();
    connection.publication.onTag(given);
    stream([...Array(100).fill(table), ...Array(400).fill({ video: H264, audio: AAC })]).forEach((bytes, at) => {
      connection.receive(data(FIRST + at, bytes));
      vi.advanceTimersByTime(40);
    });
    expect(connection.ended).toBe(false);
    expect(given).toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    // Silence ends it as it does anybody.
    expect(connection.ended).toBe(true);
  });
});
