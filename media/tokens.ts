import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { type DenyRequest, PlaybackClaims } from '#contract/media.ts';
import { PLAYBACK_TTL_SECONDS } from '#contract/plain.ts';
import type { Clock } from './clock.ts';
import { MediaError } from './errors.ts';

/** Each viewer asks about five times a second with the same token; its signature is checked once. */
const REMEMBERED = 20_000;

/** Tokens of this person that were issued before this, epoch s, are refused. */
export interface Denial {
  personId: string;
  issuedBefore: number;
}

/** Checks playback tokens without asking anybody. */
export class Tokens {
  readonly #secret: KeyObject;
  readonly #clock: Clock;
  #verified = new Map<string, PlaybackClaims>();
  /** Person → tokens issued before this are refused, epoch s. */
  #denied = new Map<string, number>();

  constructor(secret: string, clock: Clock) {
    // As text it would be looked at for a certificate each time: fifty times what the check takes.
    this.#secret = createSecretKey(Buffer.from(secret));
    this.#clock = clock;
  }

  /** @throws MediaError `bad-token` for a missing, forged, expired or denied one; `wrong-broadcast`. */
  check(token: string | undefined, prefix: string): PlaybackClaims {
    if (!token) throw new MediaError('bad-token');
    const claims = this.#verified.get(token) ?? this.#verify(token);
    if (claims.exp <= this.#clock() / 1_000) throw new MediaError('bad-token');
    const before = this.#denied.get(claims.sub);
    if (before !== undefined && claims.iat < before) throw new MediaError('bad-token');
    if (claims.pfx !== prefix) throw new MediaError('wrong-broadcast');
    return claims;
  }

  deny({ personIds, issuedBefore }: DenyRequest): void {
    this.denyAll(personIds.map((personId) => ({ personId, issuedBefore })));
  }

  denyAll(denials: readonly Denial[]): void {
    const now = this.#clock() / 1_000;
    // What was issued before has expired by itself.
    for (const [personId, before] of this.#denied)
      if (before + PLAYBACK_TTL_SECONDS < now) this.#denied.delete(personId);
    for (const { personId, issuedBefore } of denials)
      this.#denied.set(personId, Math.max(issuedBefore, this.#denied.get(personId) ?? 0));
  }

  /** People who are denied now. */
  denials(): Denial[] {
    return [...this.#denied].map(([personId, issuedBefore]) => ({ personId, issuedBefore }));
  }

  #verify(token: string): PlaybackClaims {
    let claims: PlaybackClaims;
    try {
      const options = { algorithms: ['HS256' as const], clockTimestamp: Math.floor(this.#clock() / 1_000) };
      claims = PlaybackClaims.parse(jwt.verify(token, this.#secret, options));
    } catch (error) {
      throw new MediaError('bad-token', { cause: error });
    }
    if (this.#verified.size >= REMEMBERED) this.#verified.clear();
    this.#verified.set(token, claims);
    return claims;
  }
}
