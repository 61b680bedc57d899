import { once } from 'node:events';
import net from 'node:net';
import { type Amf, decodeAmf, encodeAmf } from '#media/rtmp/amf0.ts';
import { ChunkReader, type Message, writeChunks } from '#media/rtmp/chunks.ts';

const COMMAND = 20;

/** An RTMP client that sends exactly what a test says, right or wrong. */
export class RtmpClient {
  readonly socket: net.Socket;
  readonly closed: Promise<unknown>;
  readonly #reader = new ChunkReader();
  readonly #inbox: Message[] = [];
  #arrived: () => void = () => undefined;
  #handshakeLeft = 1 + 2 * 1536;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const rest = bytes.subarray(Math.min(bytes.length, this.#handshakeLeft));
      this.#handshakeLeft -= bytes.length - rest.length;
      this.#inbox.push(...this.#reader.push(rest));
      this.#arrived();
    });
    socket.on('close', () => this.#arrived());
  }

  static async connect(port: number): Promise<RtmpClient> {
    const socket = net.connect(port, '127.0.0.1');
    const client = new RtmpClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Connects, shakes hands and asks to publish; resolves with the code of the answer. */
  static async publish(port: number, name: string): Promise<{ client: RtmpClient; code: Amf }> {
    const client = await RtmpClient.connect(port);
    client.shakeHands();
    client.command('connect', 1, { app: 'live', type: 'nonprivate' });
    client.command('releaseStream', 2, null, name);
    client.command('FCPublish', 3, null, name);
    client.command('createStream', 4, null);
    client.command('publish', 5, null, name, 'live');
    const [, , , status] = await client.answer('onStatus');
    return { client, code: (status as { code: Amf }).code };
  }

  shakeHands(): void {
    this.socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(2 * 1536)]));
  }

  command(...values: Amf[]): void {
    this.send(3, { type: COMMAND, streamId: 1, timestamp: 0, payload: encodeAmf(values) });
  }

  send(chunkStreamId: number, message: Message): void {
    this.socket.write(writeChunks(chunkStreamId, message, 128));
  }

  /** The next command of this name. @throws when the connection closes before. */
  async answer(name: string): Promise<Amf[]> {
    for (;;) {
      const at = this.#inbox.findIndex(({ type, payload }) => type === COMMAND && decodeAmf(payload)[0] === name);
      const message = this.#inbox[at];
      if (message) {
        this.#inbox.splice(at, 1);
        return decodeAmf(message.payload);
      }
      await this.#more();
    }
  }

  /** The next message of this type. @throws when the connection closes before. */
  async message(type: number): Promise<Message> {
    for (;;) {
      const at = this.#inbox.findIndex((message) => message.type === type);
      const [message] = at < 0 ? [] : this.#inbox.splice(at, 1);
      if (message) return message;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    if (this.socket.closed) throw new Error('the connection was closed');
    await new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
  }
}
