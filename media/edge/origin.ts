import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import type { PlaybackClaims } from '#contract/media.ts';
import { PLAYBACK_TTL_SECONDS } from '#contract/plain.ts';
import type { Clock } from '../clock.ts';
import { MediaError } from '../errors.ts';

/** What the origin says to one address. */
export interface OriginAnswer {
  status: number;
  type: string;
  caching: string;
  bytes: Buffer;
}

/** The origin answers a blocked request after 6 s at the latest. */
const TIMEOUT_MS = 10_000;
const RETRIES_MS = [100, 300, 900];
const AWAY = [502, 503, 504];
/** A segment of an hour's length would be less. */
const MAX_BYTES = 64 * 1_024 * 1_024;
const SOCKETS = 256;

/** The media process as an edge reads it, over a few connections that stay open. */
export class Origin {
  readonly #url: URL;
  readonly #secret: string;
  readonly #clock: Clock;
  readonly #id = randomUUID();
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: SOCKETS });
  #tokens = new Map<string, { token: string; renewAt: number }>();
  #onAsked: (path: string, status: number) => void = () => undefined;

  constructor(url: URL, secret: string, clock: Clock) {
    this.#url = url;
    this.#secret = secret;
    this.#clock = clock;
  }

  /** Is told of each request that is over; status 0 of one without an answer. */
  onAsked(listener: (path: string, status: number) => void): void {
    this.#onAsked = listener;
  }

  /**
   * @param path below `/media/<prefix>/`
   * @throws MediaError `origin-unavailable`, `origin-timeout`; an AbortError when `stop` fires
   */
  async get(prefix: string, path: string, stop: AbortSignal): Promise<OriginAnswer> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#once(prefix, path, stop).catch((error: unknown) => {
        stop.throwIfAborted();
        if (error instanceof MediaError) throw error;
        return null;
      });
      if (answer && !AWAY.includes(answer.status)) return answer;
      const pause = RETRIES_MS[attempt];
      if (pause === undefined) throw new MediaError('origin-unavailable');
      await delay(pause);
      stop.throwIfAborted();
    }
  }

  /**
   * The answer as it comes, for what is too large to be kept. The caller ends it. @throws when the origin is away
   * @param token the viewer's own, where it opens what others do not
   */
  open(
    prefix: string,
    path: string,
    method: string,
    headers: http.OutgoingHttpHeaders,
    token?: string,
  ): http.ClientRequest {
    return http.request(new URL(this.#path(prefix, path, token), this.#url), { method, headers, agent: this.#agent });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #once(prefix: string, path: string, stop: AbortSignal): Promise<OriginAnswer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = AbortSignal.any([stop, timeout]);
    const options = { agent: this.#agent, signal, host: this.#url.hostname, port: this.#url.port };
    let status = 0;
    try {
      return await new Promise<OriginAnswer>((resolve, reject) => {
        const request = http.get({ ...options, path: this.#path(prefix, path) }, (answer) => {
          status = answer.statusCode ?? 0;
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > MAX_BYTES) request.destroy(new MediaError('internal'));
            else chunks.push(chunk);
          });
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 502,
              type: String(answer.headers['content-type'] ?? ''),
              caching: String(answer.headers['cache-control'] ?? ''),
              bytes: Buffer.concat(chunks),
            }),
          );
        });
        request.on('error', reject);
      });
    } catch (error) {
      if (timeout.aborted && !stop.aborted) throw new MediaError('origin-timeout', { cause: error });
      throw error;
    } finally {
      this.#onAsked(`/${path}`, status);
    }
  }

  #path(prefix: string, path: string, token = this.#tokenFor(prefix)): string {
    return `/media/t/${token}/${prefix}/${path}`;
  }

  #tokenFor(prefix: string): string {
    const now = this.#clock();
    const kept = this.#tokens.get(prefix);
    if (kept && now < kept.renewAt) return kept.token;
    const iat = Math.floor(now / 1_000);
    const exp = iat + PLAYBACK_TTL_SECONDS;
    const claims: PlaybackClaims = { sub: this.#id, ses: this.#id, pfx: prefix, jti: this.#id, iat, exp, edge: true };
    const token = jwt.sign(claims, this.#secret, { algorithm: 'HS256' });
    for (const [old, { renewAt }] of this.#tokens) if (renewAt <= now) this.#tokens.delete(old);
    this.#tokens.set(prefix, { token, renewAt: now + (PLAYBACK_TTL_SECONDS * 1_000) / 2 });
    return token;
  }
}
