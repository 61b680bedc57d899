import {
  MAX_PUBLISH_MESSAGE,
  PUBLISH_PATH,
  PublishAnswer,
  type PublishHello,
  type PublishRefusal,
} from '#contract/publish.ts';

export interface UplinkListeners {
  onAccepted(): void;
  /** Once: the server said no, or (null) the connection was lost. */
  onEnd(refusal: PublishRefusal | null): void;
}

/** From the connection to the server's answer. */
const ANSWER_MS = 15_000;
/** The server says several times a second what it has taken; silence while there is something to take is a lost network. */
const SILENCE_MS = 8_000;

/** One connection to the media process. */
export class Uplink {
  readonly #socket: WebSocket;
  readonly #listeners: UplinkListeners;
  #sent = 0;
  #taken = 0;
  #heardAt = Date.now();
  #accepted = false;
  #ended = false;

  constructor(hello: Omit<PublishHello, 'type'>, listeners: UplinkListeners) {
    this.#listeners = listeners;
    this.#socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${PUBLISH_PATH}`);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', () => {
      this.#socket.send(JSON.stringify({ type: 'publish', ...hello } satisfies PublishHello));
    });
    this.#socket.addEventListener('message', ({ data }) => this.#hear(data));
    this.#socket.addEventListener('close', () => this.#end(null));
  }

  /** Bytes that were sent and not yet read by the server. */
  get backlog(): number {
    return this.#sent - this.#taken;
  }

  /** Bytes that the server has read. */
  get taken(): number {
    return this.#taken;
  }

  send(bytes: ArrayBuffer): void {
    if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) return;
    for (let at = 0; at < bytes.byteLength; at += MAX_PUBLISH_MESSAGE) {
      this.#socket.send(bytes.slice(at, at + MAX_PUBLISH_MESSAGE));
    }
    if (this.#sent === this.#taken) this.#heardAt = Date.now();
    this.#sent += bytes.byteLength;
  }

  /** The person ends it. `onEnd` is not called. */
  stop(): void {
    if (this.#ended) return;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: 'stop' }));
    this.#close();
  }

  /** Gives the connection up, with what it still holds. `onEnd` is called. */
  drop(): void {
    this.#end(null);
  }

  /** To be called now and then. */
  checkSilence(): void {
    const silent = Date.now() - this.#heardAt;
    if (this.#accepted ? this.backlog > 0 && silent > SILENCE_MS : silent > ANSWER_MS) this.#end(null);
  }

  #hear(data: unknown): void {
    const answer = PublishAnswer.safeParse(JSON.parse(String(data)));
    if (!answer.success || this.#ended) return;
    this.#heardAt = Date.now();
    switch (answer.data.type) {
      case 'accepted':
        this.#accepted = true;
        this.#listeners.onAccepted();
        break;
      case 'taken':
        this.#taken = answer.data.bytes;
        break;
      case 'refused':
        this.#end(answer.data.reason);
    }
  }

  #end(refusal: PublishRefusal | null): void {
    if (this.#ended) return;
    this.#close();
    this.#listeners.onEnd(refusal);
  }

  #close(): void {
    this.#ended = true;
    this.#socket.close();
  }
}
