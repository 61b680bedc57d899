import type { WebSocket } from 'ws';
import type { Broadcast, Credential } from '#contract/media.ts';
import { type PublishAnswer, PublishHello, type PublishRefusal, PublishStop } from '#contract/publish.ts';
import type { Authorisation } from '../authorisation.ts';
import type { Clock } from '../clock.ts';
import { parseJson } from '../json.ts';
import type { Logger } from '../logger.ts';
import { MatroskaError } from '../matroska/ebml.ts';
import type { Publication } from '../publication.ts';
import { REPLACED } from '../switcher.ts';
import { BrowserPublication, UnsupportedFormat } from './publication.ts';

export interface Timeouts {
  /** From the connection to its first message, ms. */
  helloMs: number;
  /** Without anything from a publisher that is read from, ms. */
  dataMs: number;
  /** Between pings, ms. One that is not answered by the next ends the connection. */
  pingMs: number;
}

export interface ConnectionOptions {
  logger: Logger;
  clock: Clock;
  timeouts: Timeouts;
  authorise(credential: Credential, remoteAddress: string): Promise<Authorisation>;
  onPublish(publication: Publication, broadcast: Broadcast): void;
  /** Somebody who was let in had already left. */
  onAbandoned(broadcast: Broadcast): void;
}

/** A page shows how far its upload is; several times a second is enough for that. */
const TAKEN_EVERY_MS = 250;
/** Before it is let in a page has nothing to say but its hello. */
const MAX_HELLO_BYTES = 4 * 1024;
/** What we say is a few bytes a second; more means that it is not read. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** A last word must reach the page before the connection is cut. */
const LINGER_MS = 1_000;

/** One page that publishes. Whatever is wrong with it ends it and nothing else. */
export class BrowserConnection {
  readonly #socket: WebSocket;
  readonly #remoteAddress: string;
  readonly #options: ConnectionOptions;
  #state: 'hello' | 'asking' | 'publishing' | 'ended' = 'hello';
  #publication: BrowserPublication | null = null;
  #deadline: NodeJS.Timeout;
  #pinging: NodeJS.Timeout;
  #answered = true;
  #taken = 0;
  #saidAt = 0;

  constructor(socket: WebSocket, remoteAddress: string, options: ConnectionOptions) {
    this.#socket = socket;
    this.#remoteAddress = remoteAddress;
    this.#options = options;
    const { helloMs, pingMs } = options.timeouts;
    this.#deadline = setTimeout(() => this.#refuse('malformed', 'no hello in time'), helloMs);
    this.#pinging = setInterval(() => this.#ping(), pingMs);
    socket.on('message', (bytes: Buffer, isBinary: boolean) => this.#receive(bytes, isBinary));
    socket.on('pong', () => {
      this.#answered = true;
    });
    socket.on('error', (error) => this.end(`connection broken: ${error.message}`));
    socket.on('close', () => this.end('connection closed'));
  }

  get publishing(): boolean {
    return this.#state === 'publishing';
  }

  /** Disconnects; the publication, if there is one, ends with this reason. Ending twice is harmless. */
  end(reason: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#deadline);
    clearInterval(this.#pinging);
    // A paused socket would not see that the page closes its side.
    this.#socket.resume();
    this.#socket.close(1000);
    const cut = setTimeout(() => this.#socket.terminate(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(cut));
    this.#publication?.finish(reason);
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    try {
      if (this.#state === 'hello') this.#hello(bytes, isBinary);
      else if (this.#state === 'publishing') this.#take(bytes, isBinary);
    } catch (error) {
      if (error instanceof UnsupportedFormat) this.#refuse('unsupported', error.message);
      else if (error instanceof MatroskaError) this.#refuse('malformed', error.message);
      else this.#fail(error);
    }
  }

  #hello(bytes: Buffer, isBinary: boolean): void {
    const hello = PublishHello.safeParse(
      isBinary || bytes.length > MAX_HELLO_BYTES ? null : parseJson(bytes.toString()),
    );
    if (hello.success) void this.#publish(hello.data);
    else this.#refuse('malformed', 'no hello');
  }

  async #publish({ ticket, framesPerSecond }: PublishHello): Promise<void> {
    this.#state = 'asking';
    clearTimeout(this.#deadline);
    // Nothing is read meanwhile, so that whoever is refused fills no memory of ours.
    this.#socket.pause();
    const answer = await this.#ask(ticket);
    if (!answer.allowed) {
      if (answer.reason === 'unknown-key') this.#refuse('bad-ticket', answer.reason);
      else this.#refuse(answer.reason, answer.reason);
      return;
    }
    const { clock, onPublish, onAbandoned } = this.#options;
    if (this.#hasEnded) {
      onAbandoned(answer.broadcast);
      return;
    }
    const publication = new BrowserPublication({
      remoteAddress: this.#remoteAddress,
      publisherId: answer.publisherId,
      framesPerSecond,
      clock,
      disconnect: (reason) => this.#dismiss(reason),
      setPaused: (paused) => this.#setPaused(paused),
    });
    this.#state = 'publishing';
    this.#publication = publication;
    this.#say({ type: 'accepted' });
    try {
      onPublish(publication, answer.broadcast);
    } catch (error) {
      this.#fail(error);
    }
    this.#setPaused(false);
  }

  async #ask(ticket: string): Promise<Authorisation | { allowed: false; reason: 'unavailable' }> {
    try {
      return await this.#options.authorise({ ticket }, this.#remoteAddress);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a publisher could not be authorised');
      return { allowed: false, reason: 'unavailable' };
    }
  }

  #take(bytes: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      if (!PublishStop.safeParse(parseJson(bytes.toString())).success) throw new MatroskaError('unknown words');
      this.end('the publisher stopped');
      return;
    }
    // What was read before a pause is still handed on after it; a timer that was stopped must stay so.
    if (!this.#socket.isPaused) this.#deadline.refresh();
    this.#taken += bytes.length;
    this.#publication?.take(bytes);
    const now = this.#options.clock();
    if (now - this.#saidAt < TAKEN_EVERY_MS || this.#hasEnded) return;
    this.#saidAt = now;
    this.#say({ type: 'taken', bytes: this.#taken });
  }

  get #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  #setPaused(paused: boolean): void {
    if (this.#state !== 'publishing') return;
    clearTimeout(this.#deadline);
    if (paused) {
      // A publisher that is not read from can't be blamed for silence.
      this.#socket.pause();
      return;
    }
    this.#deadline = setTimeout(() => this.end('no data'), this.#options.timeouts.dataMs);
    this.#answered = true;
    this.#socket.resume();
  }

  #ping(): void {
    if (this.#socket.isPaused) return;
    if (!this.#answered) {
      this.end('connection lost');
      return;
    }
    this.#answered = false;
    this.#socket.ping();
  }

  /** The class has ended, its place is taken, or the picture can't be used. */
  #dismiss(reason: string): void {
    if (!this.#hasEnded) this.#say({ type: 'refused', reason: DISMISSALS.get(reason) ?? 'unavailable' });
    this.end(reason);
  }

  #refuse(reason: PublishRefusal, why: string): void {
    if (this.#hasEnded) return;
    this.#options.logger.info({ remoteAddress: this.#remoteAddress, reason, why }, 'publisher refused');
    this.#say({ type: 'refused', reason });
    this.end(why);
  }

  #fail(error: unknown): void {
    this.#options.logger.error({ err: error }, 'a publisher could not be taken in');
    this.#dismiss('the server failed');
  }

  #say(answer: PublishAnswer): void {
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) this.end('the page does not read');
    else this.#socket.send(JSON.stringify(answer));
  }
}

/** Of the reasons for which we disconnect a publisher, those after which its page need not come back. */
const DISMISSALS = new Map<string, PublishRefusal>([
  ['the class has ended', 'ended'],
  ['the broadcast has ended', 'ended'],
  [REPLACED, 'replaced'],
  ['no picture', 'unsupported'],
]);
