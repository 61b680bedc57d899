import { randomBytes } from 'node:crypto';

/** The first byte is not that of plain RTMP: a scanner, HTTP, or encrypted RTMP. */
class HandshakeError extends Error {}

const VERSION = 3;
const BLOCK = 1536;

/**
 * The server's half of the plain handshake (Adobe RTMP 1.0, section 5.2). A version field of zero in our block tells
 * Flash-era clients, ffmpeg among them, not to expect the digests of the undocumented variant.
 */
export class Handshake {
  #waiting: Buffer = Buffer.alloc(0);
  #answered = false;
  readonly #send: (bytes: Buffer) => void;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  /** What follows the handshake; null while it is not complete. @throws HandshakeError */
  push(bytes: Buffer): Buffer | null {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (!this.#answered) {
      if (this.#waiting[0] !== VERSION) throw new HandshakeError('not RTMP');
      if (this.#waiting.length < 1 + BLOCK) return null;
      const theirs = this.#waiting.subarray(1, 1 + BLOCK);
      this.#send(Buffer.concat([Buffer.of(VERSION), Buffer.alloc(8), randomBytes(BLOCK - 8), theirs]));
      this.#waiting = this.#waiting.subarray(1 + BLOCK);
      this.#answered = true;
    }
    return this.#waiting.length < BLOCK ? null : this.#waiting.subarray(BLOCK);
  }
}
