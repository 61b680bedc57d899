import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { decrypt } from '#media/srt/keys.ts';
import { controlPacket, HANDSHAKE, HEADER, KEEPALIVE, parsePacket, USER_DEFINED } from '#media/srt/packet.ts';

const INDUCTION = 1;
const CONCLUSION = 0xffffffff;
const FIRST = 1_000;

export interface KeyMaterial {
  message: Buffer;
  salt: Buffer;
  even: Buffer;
}

/** A key of a caller's own, wrapped under the passphrase. */
export function makeKeyMaterial(passphrase: string, salt = randomBytes(16)): KeyMaterial {
  const even = randomBytes(16);
  const wrapping = pbkdf2Sync(passphrase, salt.subarray(8), 2048, 16, 'sha1');
  const cipher = createCipheriv('id-aes128-wrap', wrapping, Buffer.alloc(8, 0xa6));
  const head = Buffer.from([0x12, 0x20, 0x29, 1, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 4, 4]);
  return { message: Buffer.concat([head, salt, cipher.update(even), cipher.final()]), salt, even };
}

/** A packet of data as a caller with this key sends it. */
export function dataPacket({ salt, even }: KeyMaterial, sequence: number, payload: Buffer, to = 0): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt32BE(sequence, 0);
  head.writeUInt32BE(0xe8000000, 4);
  head.writeUInt32BE(to, 12);
  // The counter's stream is its own inverse.
  const body = decrypt({ salt, even, odd: null }, { kind: 'data', sequence, key: 'even', payload });
  return Buffer.concat([head, body ?? Buffer.alloc(0)]);
}

/**
 * An SRT caller of which everything is in the test's hands: it repeats nothing by itself, and says whatever it is told. For what
 * libsrt never does.
 */
export class SrtCaller {
  readonly socket = dgram.createSocket('udp4');
  readonly #port: number;
  readonly #socketId: number;
  #cookie = 0;
  /** The server's. */
  peer = 0;
  keys: KeyMaterial | null = null;
  #keeping: NodeJS.Timeout | undefined;
  #next = FIRST;

  private constructor(port: number, socketId: number) {
    this.#port = port;
    this.#socketId = socketId;
  }

  /** One that has its cookie. */
  static async at(port: number, { socketId = 77, address = '127.0.0.1' } = {}): Promise<SrtCaller> {
    const caller = new SrtCaller(port, socketId);
    caller.socket.bind(0, address);
    await once(caller.socket, 'listening');
    caller.send(caller.#handshake(INDUCTION, 4, []));
    caller.#cookie = (await caller.heard()).readUInt32BE(44);
    return caller;
  }

  /** One that was let in with the stream key. @throws when it was not */
  static async into(port: number, streamId: string, keys: KeyMaterial, options = {}): Promise<SrtCaller> {
    const caller = await SrtCaller.at(port, options);
    const refused = await caller.call(streamId, keys);
    if (refused !== null) throw new Error(`refused with ${refused}`);
    return caller;
  }

  /** Asks to be let in. @returns null when it was, or with which number it was refused */
  async call(streamId: string, keys: KeyMaterial): Promise<number | null> {
    this.conclude(streamId, keys);
    const answer = await this.heard();
    const type = answer.readUInt32BE(36);
    if (type !== CONCLUSION) return type;
    this.keys = keys;
    this.peer = answer.readUInt32BE(40);
    return null;
  }

  /** Says that it wants to be let in, without waiting for an answer. */
  conclude(streamId: string, keys: KeyMaterial): void {
    const able = Buffer.alloc(12);
    able.writeUInt32BE(0x010500, 0);
    able.writeUInt32BE(0xbf & ~0x40, 4);
    able.writeUInt16BE(120, 8);
    able.writeUInt16BE(120, 10);
    const id = Buffer.alloc(Math.ceil(streamId.length / 4) * 4);
    id.write(streamId);
    const extensions: [number, Buffer][] = [
      [1, able],
      [3, keys.message],
      [5, id.swap32()],
    ];
    this.send(this.#handshake(CONCLUSION, 5, extensions));
  }

  /** Keeps the connection until it is closed, as libsrt does. */
  keep(): void {
    this.#keeping = setInterval(() => this.control(KEEPALIVE), 500);
  }

  /** The next bytes in order. */
  give(payload: Buffer): void {
    this.giveAt(this.#next, payload);
    this.#next += 1;
  }

  giveAt(sequence: number, payload: Buffer): void {
    if (this.keys) this.send(dataPacket(this.keys, sequence, payload, this.peer));
  }

  control(type: number): void {
    this.send(controlPacket({ type }, 0, this.peer));
  }

  /** Says its key once more, or another one. */
  sayKeys(message: Buffer): void {
    this.send(controlPacket({ type: USER_DEFINED, subtype: 3, content: message }, 0, this.peer));
  }

  send(bytes: Buffer): void {
    this.socket.send(bytes, this.#port, '127.0.0.1');
  }

  /** The next packet of this kind, or the next of a handshake. */
  async heard(type = HANDSHAKE): Promise<Buffer> {
    for (;;) {
      const [bytes] = (await once(this.socket, 'message')) as [Buffer];
      const packet = parsePacket(bytes);
      if (packet?.kind === 'control' && packet.type === type) return bytes;
    }
  }

  close(): void {
    clearInterval(this.#keeping);
    this.socket.close();
  }

  #handshake(type: number, version: number, extensions: [number, Buffer][]): Buffer {
    const content = Buffer.alloc(48);
    content.writeUInt32BE(version, 0);
    content.writeUInt16BE(extensions.length > 0 ? 7 : 2, 6);
    content.writeUInt32BE(FIRST, 8);
    content.writeUInt32BE(1_500, 12);
    content.writeUInt32BE(8_192, 16);
    content.writeUInt32BE(type, 20);
    content.writeUInt32BE(this.#socketId, 24);
    content.writeUInt32BE(this.#cookie, 28);
    const all = extensions.map(([kind, body]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(kind, 0);
      head.writeUInt16BE(body.length / 4, 2);
      return Buffer.concat([head, body]);
    });
    return controlPacket({ type: HANDSHAKE, content: Buffer.concat([content, ...all]) }, 0, 0);
  }
}
