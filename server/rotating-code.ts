import { createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Codes that change every 10 s, for signing in where one is: on a shared screen, at the door of a venue. Both forms of a code follow from
 * a secret of the place and the server's clock alone, so nothing is stored and every worker shows and checks the same.
 */

export const CODE_STEP_MS = 10_000;
/** A code is taken while it is shown and for one step after: who scans in its last moment has a slow phone, too. */
const TAKEN_STEPS = 1;
/** Older numbers are not told from wrong ones. */
const REMEMBERED_STEPS = 30;
const MAC_BYTES = 9;
const SHORT_DIGITS = 6;
const LONG_DIGITS = 10;

export interface RotatingCode {
  /** Six digits, to be typed. */
  digits: string;
  /** Ten: shown and taken in place of the six where many were guessed. */
  longDigits: string;
  /** For the address in a QR code. It names its time, so that an old one is told from a forged one. */
  token: string;
  /** When it is shown, epoch ms: `[from, to)`. */
  from: number;
  to: number;
}

/** `expired`: it was shown here, and is too old. */
export type CodeVerdict = 'current' | 'expired' | 'wrong';

/** 256 random bits or more make a place's codes unguessable. `at` in epoch ms. */
export function rotatingCode(secret: Uint8Array, at: number): RotatingCode {
  const step = stepOf(at);
  return {
    digits: digitsOf(secret, step),
    longDigits: digitsOf(secret, step, LONG_DIGITS),
    token: tokenOf(secret, step),
    from: step * CODE_STEP_MS,
    to: (step + 1) * CODE_STEP_MS,
  };
}

/** Judges what was typed (digits, spaces allowed) or scanned. `now` in epoch ms; `long`: of what is typed ten digits alone are taken. */
export function judgeCode(secret: Uint8Array, code: string, now: number, long = false): CodeVerdict {
  const plain = code.replace(/\s/g, '');
  return isTyped(plain) ? judgeDigits(secret, plain, now, long) : judgeToken(secret, plain, now);
}

/** Whether a code is one of digits, which can be guessed; one that is scanned can't. */
export function isTyped(code: string): boolean {
  return /^(\d{6}|\d{10})$/.test(code.replace(/\s/g, ''));
}

function judgeDigits(secret: Uint8Array, digits: string, now: number, long: boolean): CodeVerdict {
  // Whoever types six has read them before there were ten; nothing is said of whether they were right.
  if (long && digits.length < LONG_DIGITS) return 'expired';
  const step = stepOf(now);
  for (let age = 0; age <= REMEMBERED_STEPS; age += 1) {
    if (isEqual(digits, digitsOf(secret, step - age, digits.length))) return age <= TAKEN_STEPS ? 'current' : 'expired';
  }
  return 'wrong';
}

function judgeToken(secret: Uint8Array, token: string, now: number): CodeVerdict {
  const step = Number.parseInt(token.slice(0, token.indexOf('.')), 36);
  if (!Number.isSafeInteger(step) || !isEqual(token, tokenOf(secret, step))) return 'wrong';
  const age = stepOf(now) - step;
  if (age < 0) return 'wrong';
  return age <= TAKEN_STEPS ? 'current' : 'expired';
}

function stepOf(at: number): number {
  return Math.floor(at / CODE_STEP_MS);
}

/** Neither length follows from the other. */
function digitsOf(secret: Uint8Array, step: number, length = SHORT_DIGITS): string {
  const use = length === SHORT_DIGITS ? 'digits' : 'long-digits';
  return String(hmac(secret, `${use}:${step}`).readUIntBE(0, 6) % 10 ** length).padStart(length, '0');
}

function tokenOf(secret: Uint8Array, step: number): string {
  const mac = hmac(secret, `token:${step}`).subarray(0, MAC_BYTES).toString('base64url');
  return `${step.toString(36)}.${mac}`;
}

function hmac(secret: Uint8Array, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
