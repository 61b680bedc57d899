import net from 'node:net';
import type { Ack } from '#contract/errors.ts';
import { CLOSE, FrameReader, frame, PING, TEXT } from './frames.ts';

export interface LineListener {
  /** Socket.IO has let us in. */
  connected(line: Line): void;
  /** `["event",payload]` that the server sent unasked. The bytes are only good until this returns. */
  event(message: Buffer): void;
  /** Not after `hangUp`. */
  closed(line: Line, why: string): void;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const CONNECT = frame('40');
const PONG = frame('3');
const WS_PONG_OPCODE = 10;
/** Filled by each socket's reading in turn, so that thousands need no buffers of their own. */
const SHARED = Buffer.allocUnsafe(256 * 1_024);
/** Bytes of all lines of this process, without the systems' headers. */
export const traffic = { received: 0, sent: 0 };
/** As ASCII: what Engine.IO's and Socket.IO's packets begin with. */
const [ZERO, TWO, THREE, FOUR] = [0x30, 0x32, 0x33, 0x34];

/** What a phone's browser asks for, so that the server keeps as much of it as in real life. */
export function upgradeRequest(url: URL, cookie: string): Buffer {
  return Buffer.from(
    [
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
      `Host: ${url.host}`,
      'Connection: Upgrade',
      'Pragma: no-cache',
      'Cache-Control: no-cache',
      'User-Agent: Mozilla/5.0 (Linux; Android 13; V2241A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.47',
      'Upgrade: websocket',
      `Origin: ${url.origin}`,
      'Sec-WebSocket-Version: 13',
      'Accept-Encoding: gzip, deflate',
      'Accept-Language: zh-CN,zh;q=0.9',
      `Cookie: ${cookie}`,
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
      '\r\n',
    ].join('\r\n'),
  );
}

/** One Socket.IO connection over a bare socket. */
export class Line {
  readonly #socket: net.Socket;
  readonly #listener: LineListener;
  readonly #frames = new FrameReader();
  readonly #waiting = new Map<number, (answer: Ack<never>) => void>();
  #upgraded = false;
  #head = '';
  #acks = 0;
  #why = 'closed';
  #over = false;

  constructor(url: URL, from: string, request: Buffer, listener: LineListener) {
    this.#listener = listener;
    this.#socket = net.connect({
      host: url.hostname,
      port: Number(url.port),
      localAddress: from,
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: (bytes, buffer) => {
          this.#take((buffer as Buffer).subarray(0, bytes));
          return true;
        },
      },
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#why = error.code ?? error.message;
    });
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('close', () => {
      if (this.#over) return;
      this.#over = true;
      listener.closed(this, this.#why);
    });
    this.#write(request);
  }

  /** Sends an event; whoever is cut off before the ack hears of it by `closed` alone. */
  request<T>(event: string, payload: string, answered: (answer: Ack<T>) => void): void {
    const id = this.#acks;
    this.#acks += 1;
    this.#waiting.set(id, answered as (answer: Ack<never>) => void);
    this.#write(frame(`42${id}["${event}",${payload}]`));
  }

  hangUp(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #write(bytes: Buffer): void {
    traffic.sent += bytes.length;
    this.#socket.write(bytes);
  }

  #take(chunk: Buffer): void {
    traffic.received += chunk.length;
    if (this.#over) return;
    if (this.#upgraded) {
      this.#frames.push(chunk, this.#onFrame);
      return;
    }
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(END_OF_HEAD.toString());
    if (end < 0) return;
    if (!this.#head.startsWith('HTTP/1.1 101')) {
      this.#why = this.#head.slice(0, this.#head.indexOf('\r\n'));
      this.#socket.destroy();
      return;
    }
    const rest = Buffer.from(this.#head.slice(end + END_OF_HEAD.length), 'latin1');
    this.#upgraded = true;
    this.#head = '';
    if (rest.length > 0) this.#frames.push(rest, this.#onFrame);
  }

  #onFrame = (opcode: number, payload: Buffer): void => {
    if (this.#over) return;
    if (opcode === CLOSE) this.#socket.destroy();
    else if (opcode === PING) this.#write(frame(payload.toString(), WS_PONG_OPCODE));
    else if (opcode === TEXT) this.#onPacket(payload);
  };

  #onPacket(packet: Buffer): void {
    const kind = packet[0];
    if (kind === TWO) this.#write(PONG);
    else if (kind === ZERO) this.#write(CONNECT);
    else if (kind !== FOUR) return;
    else if (packet[1] === ZERO) this.#listener.connected(this);
    else if (packet[1] === TWO) this.#listener.event(packet.subarray(2));
    else if (packet[1] === THREE) this.#onAck(packet);
    else this.#socket.destroy();
  }

  #onAck(packet: Buffer): void {
    const bracket = packet.indexOf('[');
    const id = Number(packet.toString('latin1', 2, bracket));
    const answered = this.#waiting.get(id);
    this.#waiting.delete(id);
    const [answer] = JSON.parse(packet.toString('utf8', bracket)) as [Ack<never>];
    answered?.(answer);
  }
}
