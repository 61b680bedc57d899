import { randomUUID } from 'node:crypto';
import { type AuthoriseResponse, AuthoriseResponse as AuthoriseSchema, type MediaEvent } from '#contract/media.ts';
import { SIGNATURE_HEADER, sign } from '#contract/signature.ts';
import type { Logger } from './logger.ts';

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
/** An event without what every event gets here: its id and time. */
export type Report = DistributiveOmit<MediaEvent, 'id' | 'at'>;

const TIMEOUT_MS = 5_000;
const AUTHORISE_ATTEMPTS = 3;
const AUTHORISE_RETRY_MS = 500;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** More than this was never reported: the oldest give way, since the newest say how things are. */
const MAX_WAITING = 1_000;

/** Asks the app, and tells it what happens, by signed HTTP. */
export class Hooks {
  readonly #appUrl: string;
  readonly #secret: string;
  readonly #logger: Logger;
  #waiting: MediaEvent[] = [];
  #sending = false;
  #closed = false;

  constructor(options: { appUrl: string; secret: string; logger: Logger }) {
    this.#appUrl = options.appUrl;
    this.#secret = options.secret;
    this.#logger = options.logger;
  }

  /** May whoever holds this key publish? @throws when the app can't be reached: then nobody may. */
  async authorise(streamKey: string, remoteAddress: string): Promise<AuthoriseResponse> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#post('authorise', { streamKey, remoteAddress });
        return AuthoriseSchema.parse(await answer.json());
      } catch (error) {
        if (attempt === AUTHORISE_ATTEMPTS) throw error;
        await pause(AUTHORISE_RETRY_MS);
      }
    }
  }

  /** Reports an event: in order, at least once, however long the app is away. */
  report(report: Report): void {
    this.#waiting.push({ ...report, id: randomUUID(), at: Date.now() } as MediaEvent);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    void this.#drain();
  }

  /** Waits a little for what is not reported yet. */
  async close(): Promise<void> {
    const deadline = Date.now() + 2_000;
    while (this.#waiting.length > 0 && Date.now() < deadline) await pause(50);
    this.#closed = true;
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    let retry = FIRST_RETRY_MS;
    while (!this.#closed) {
      const event = this.#waiting[0];
      if (!event) break;
      try {
        await this.#post('event', event);
        if (this.#waiting[0] === event) this.#waiting.shift();
        retry = FIRST_RETRY_MS;
      } catch (error) {
        this.#logger.warn(
          { err: error, event: event.type, waiting: this.#waiting.length },
          'the app did not take an event',
        );
        await pause(retry);
        retry = Math.min(retry * 2, LAST_RETRY_MS);
      }
    }
    this.#sending = false;
  }

  async #post(name: string, body: object): Promise<Response> {
    const path = `/internal/media/${name}`;
    const text = JSON.stringify(body);
    const answer = await fetch(new URL(path, this.#appUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(this.#secret, path, text, Date.now()) },
      body: text,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`the app answered ${answer.status}`);
    return answer;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
