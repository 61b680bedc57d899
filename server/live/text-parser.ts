/*
 * Socket.IO's protocol 5, as far as rooms speak it: text in the main namespace. For the server's `parser` option. The library's own
 * looks through every message for binary parts and keeps an emitter for each connection, which a crowd pays for.
 */

interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
}

const [CONNECT, DISCONNECT, EVENT, ACK] = [0, 1, 2, 3];
const ZERO = 0x30;
/** More would be no exact number. */
const ID_DIGITS = 15;
/** Names that mean something to the emitter of a socket. */
const RESERVED = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']);

export class Encoder {
  encode({ type, nsp, id, data }: Packet): [string] {
    const where = nsp === '/' || nsp === undefined ? '' : `${nsp},`;
    return [`${type}${where}${id ?? ''}${data === undefined ? '' : JSON.stringify(data)}`];
  }
}

/** Tells its one listener of each packet. */
export class Decoder {
  #decoded: ((packet: Packet) => void) | null = null;

  on(_event: 'decoded', listener: (packet: Packet) => void): void {
    this.#decoded = listener;
  }

  removeListener(): void {
    this.#decoded = null;
  }

  destroy(): void {
    this.#decoded = null;
  }

  /** @throws Error for what a page of ours does not send: the connection ends */
  add(message: unknown): void {
    if (typeof message !== 'string') throw new Error('binary data');
    this.#decoded?.(decode(message));
  }
}

function decode(message: string): Packet {
  const type = message.charCodeAt(0) - ZERO;
  let at = 1;
  while (isDigit(message.charCodeAt(at))) at += 1;
  if (at - 1 > ID_DIGITS) throw new Error('an endless number');
  const packet: Packet = { type, nsp: '/' };
  if (at > 1) packet.id = Number(message.slice(1, at));
  if (at < message.length) packet.data = JSON.parse(message.slice(at));
  if (!isPossible(packet)) throw new Error('no packet of this protocol');
  return packet;
}

function isPossible({ type, data }: Packet): boolean {
  if (type === CONNECT) return data === undefined || (typeof data === 'object' && data !== null);
  if (type === DISCONNECT) return data === undefined;
  if (type === EVENT) return Array.isArray(data) && typeof data[0] === 'string' && !RESERVED.has(data[0]);
  return type === ACK && Array.isArray(data);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code < ZERO + 10;
}
