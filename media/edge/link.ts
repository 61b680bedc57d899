import { randomUUID } from 'node:crypto';
import { EdgeOrders, type EdgeReport } from '#contract/media.ts';
import { SIGNATURE_HEADER, sign } from '#contract/signature.ts';
import type { Egress } from '../egress.ts';
import type { Logger } from '../logger.ts';
import type { Tokens } from '../tokens.ts';
import { usedBy, type Viewers } from './viewers.ts';

export interface LinkOptions {
  origin: URL;
  secret: string;
  tokens: Tokens;
  viewers: Viewers;
  egress: Egress;
  logger: Logger;
}

const EVERY_MS = 3_000;
const TIMEOUT_MS = 3_000;
const PATH = '/control/edge';

/** Tells the origin every few seconds who reads here, and hears whom to refuse. */
export class Link {
  readonly #options: LinkOptions;
  readonly #edge = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #heard = true;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt: an edge that starts before its origin serves as soon as that is there. */
  async start(): Promise<void> {
    await this.#exchange();
    this.#timer = setInterval(() => void this.#exchange(), EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #exchange(): Promise<void> {
    const { origin, secret, tokens, viewers, egress, logger } = this.#options;
    const sent = { used: usedBy(viewers, egress), cap: egress.cap };
    const report: EdgeReport = { edge: this.#edge, egress: sent, broadcasts: viewers.report() };
    const text = JSON.stringify(report);
    try {
      const answer = await fetch(new URL(PATH, origin), {
        method: 'POST',
        headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(secret, PATH, text, Date.now()) },
        body: text,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!answer.ok) throw new Error(`the origin answered ${answer.status}`);
      tokens.denyAll(EdgeOrders.parse(await answer.json()).denied);
      if (!this.#heard) logger.info('the origin is heard again');
      this.#heard = true;
    } catch (error) {
      // Said once: an origin that is away is away for many of these.
      if (this.#heard) logger.warn({ err: error }, 'the origin does not answer');
      this.#heard = false;
    }
  }
}
