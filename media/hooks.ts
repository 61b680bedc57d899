import { randomUUID } from 'node:crypto';
import {
  type AuthoriseRequest,
  type AuthoriseResponse,
  AuthoriseResponse as AuthoriseSchema,
  type Credential,
} from '#contract/media.ts';
import {
  type AuthoriseFileRequest,
  type AuthoriseFileResponse,
  AuthoriseFileResponse as AuthoriseFileSchema,
  type HookEvent,
} from '#contract/media-videos.ts';
import { SIGNATURE_HEADER, sign } from '#contract/signature.ts';
import type { Logger } from './logger.ts';
import { Outbox } from './outbox.ts';

export type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
/** An event without what every event gets here: its id and time. */
export type Report = DistributiveOmit<HookEvent, 'id' | 'at'>;

const TIMEOUT_MS = 5_000;
const AUTHORISE_ATTEMPTS = 3;
const AUTHORISE_RETRY_MS = 500;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** The app knows nothing of the broadcast, or can't read the event: it will say the same next time. */
const HOPELESS = [400, 404];

/** Asks the app, and tells it what happens, by signed HTTP. */
export class Hooks {
  readonly #appUrl: string;
  readonly #secret: string;
  readonly #logger: Logger;
  readonly #outbox: Outbox;
  #sending = false;
  #closed = false;

  constructor(options: { appUrl: string; secret: string; dataDir: string; logger: Logger }) {
    this.#appUrl = options.appUrl;
    this.#secret = options.secret;
    this.#logger = options.logger;
    this.#outbox = new Outbox(options.dataDir, options.logger);
    void this.#drain();
  }

  /** Events that the app has not taken yet. */
  get waiting(): number {
    return this.#outbox.size;
  }

  /** May whoever holds this publish? @throws when the app can't be reached: then nobody may. */
  async authorise(credential: Credential, remoteAddress: string): Promise<AuthoriseResponse> {
    const request: AuthoriseRequest = { credential, remoteAddress };
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#post('authorise', request);
        return AuthoriseSchema.parse(await answer.json());
      } catch (error) {
        if (attempt === AUTHORISE_ATTEMPTS) throw error;
        await pause(AUTHORISE_RETRY_MS);
      }
    }
  }

  /** May this prepared video go on the air? @throws when the app does not answer; whoever asks asks again */
  async authoriseFile(request: AuthoriseFileRequest): Promise<AuthoriseFileResponse> {
    return AuthoriseFileSchema.parse(await (await this.#post('authorise-file', request)).json());
  }

  /** Reports an event: in order, at least once, however long the app is away and whatever kills this process. */
  report(report: Report): void {
    this.#outbox.add({ ...report, id: randomUUID(), at: Date.now() } as HookEvent);
    void this.#drain();
  }

  /** Waits a little for what is not reported yet; the rest is reported after the next start. */
  async close(): Promise<void> {
    const deadline = Date.now() + 2_000;
    while (this.#outbox.size > 0 && Date.now() < deadline) await pause(50);
    this.#closed = true;
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    let retry = FIRST_RETRY_MS;
    while (!this.#closed) {
      const event = this.#outbox.first;
      if (!event) break;
      try {
        await this.#post('event', event);
        this.#outbox.remove(event);
        retry = FIRST_RETRY_MS;
      } catch (error) {
        if (error instanceof Refused && HOPELESS.includes(error.status)) {
          this.#logger.error({ event, status: error.status }, 'the app has no use for an event');
          this.#outbox.remove(event);
          continue;
        }
        this.#logger.warn(
          { err: error, event: event.type, waiting: this.#outbox.size },
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
    if (!answer.ok) throw new Refused(answer.status);
    return answer;
  }
}

class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the app answered ${status}`);
    this.status = status;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
