import { createHash, randomBytes, randomInt } from 'node:crypto';
import { normaliseCode } from '#contract/codes.ts';

/** Without 0 O, 1 I L, which look alike on paper. */
const JOIN_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const JOIN_LENGTH = 8;
const SHORT_LENGTH = 5;
const LINK_BYTES = 32;

/** What people type or scan to join a unit: 31^8 codes, so that guessing one takes longer than login throttling allows. */
export function newJoinCode(): string {
  return drawn(JOIN_LENGTH);
}

/** Names something in an address that people may have to type, and keeps nobody out. */
export function newShortCode(): string {
  return drawn(SHORT_LENGTH);
}

function drawn(length: number): string {
  return Array.from({ length }, () => JOIN_ALPHABET[randomInt(JOIN_ALPHABET.length)]).join('');
}

/** A join code as people type it: in any case, full width, with spaces or dashes. */
export function normaliseJoinCode(text: string): string {
  return normaliseCode(text).replaceAll('-', '');
}

/** Token of a personal link (256 random bits, base64url). Only its digest is stored. */
export function newLinkToken(): string {
  return randomBytes(LINK_BYTES).toString('base64url');
}

export function linkHash(token: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(token).digest());
}
