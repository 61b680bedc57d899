import net from 'node:net';

/** What came back, as far as a load generator looks. */
export interface Reply {
  status: number;
  /** Status line and headers. */
  head: string;
  /** On the wire, headers included. */
  bytes: number;
  body: Buffer;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that sends prebuilt requests, one after the other. Bare sockets: an HTTP client would cost more
 * than what it measures.
 */
export class Wire {
  readonly #socket: net.Socket;
  #chunks: Buffer[] = [];
  #size = 0;
  #expected = -1;
  #head = '';
  #bodyAt = 0;
  #status = 0;
  #done: ((reply: Reply) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;
  #broken: Error | null = null;

  /** @param from an address of this machine: each has its own ports */
  constructor(url: URL, from: string) {
    this.#socket = net.connect({ host: url.hostname, port: Number(url.port), localAddress: from, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  ask(request: Buffer | string): Promise<Reply> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#expected < 0) {
      const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
      this.#chunks = [all];
      const end = all.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const head = all.toString('latin1', 0, end);
      this.#head = head;
      this.#status = Number(head.slice(9, 12));
      this.#bodyAt = end + END_OF_HEAD.length;
      this.#expected = this.#bodyAt + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    }
    if (this.#size < this.#expected) return;
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const reply = { status: this.#status, head: this.#head, bytes: this.#size, body: all.subarray(this.#bodyAt) };
    this.#chunks = [];
    this.#size = 0;
    this.#expected = -1;
    const done = this.#done;
    this.#done = null;
    done?.(reply);
  }

  #fail(error: Error): void {
    this.#broken = error;
    this.#failed?.(error);
  }
}

/**
 * Source addresses of this machine. Each has about 28,000 ports, but the kernel looks for a free one ever longer as those of ended
 * connections fill up: 30 µs a connection with few of them taken, 600 µs with a third. Hence many addresses with few ports each.
 */
export const ADDRESSES = 100;

export function addressFor(n: number): string {
  return `127.0.0.${2 + (n % ADDRESSES)}`;
}

export function get(url: URL, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nAccept-Encoding: gzip\r\n\r\n`;
}
