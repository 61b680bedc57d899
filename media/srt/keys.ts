import { createDecipheriv, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { DataPacket } from './packet.ts';

/*
 * Encryption of SRT (draft-sharabayko-srt-01, 3.2.2 and 6): AES in counter mode, with keys that the caller makes and sends
 * wrapped under one that is derived from the passphrase.
 */

const SIGNATURE = 0x2029;
const VERSION_AND_TYPE = 0x12;
const AES_CTR = 2;
const FIXED = 16;
const SALT = 16;
/** A wrapped key is so much longer, by which a wrong passphrase shows. */
const CHECK = 8;
const ITERATIONS = 2048;
const WRAP_IV = Buffer.alloc(8, 0xa6);

/** What decrypts a caller's packets. */
export interface StreamKeys {
  salt: Buffer;
  even: Buffer | null;
  odd: Buffer | null;
  /** What they were wrapped with, which is dear to derive. Good for other keys of the same salt and length. */
  wrapping: Buffer;
}

/**
 * @param known keys of the same passphrase
 * @returns null for a message that is none, is encrypted otherwise, or under another passphrase
 */
export async function openKeyMaterial(
  message: Buffer,
  passphrase: string,
  known?: Pick<StreamKeys, 'salt' | 'wrapping'>,
): Promise<StreamKeys | null> {
  if (message.length < FIXED || message[0] !== VERSION_AND_TYPE || message.readUInt16BE(1) !== SIGNATURE) return null;
  const which = (message[3] ?? 0) & 3;
  const length = (message[15] ?? 0) * 4;
  const keys = which === 3 ? 2 : 1;
  const isOurs = which !== 0 && message[8] === AES_CTR && message[9] === 0 && message[14] === SALT / 4;
  if (!isOurs || ![16, 24, 32].includes(length)) return null;
  if (message.length < FIXED + SALT + CHECK + keys * length) return null;
  const salt = Buffer.from(message.subarray(FIXED, FIXED + SALT));
  const wrapped = message.subarray(FIXED + SALT, FIXED + SALT + CHECK + keys * length);
  const wrapping =
    known?.salt.equals(salt) && known.wrapping.length === length
      ? known.wrapping
      : await promisify(pbkdf2)(passphrase, salt.subarray(8), ITERATIONS, length, 'sha1');
  const unwrapped = unwrap(wrapping, wrapped);
  if (!unwrapped) return null;
  const first = unwrapped.subarray(0, length);
  return {
    salt,
    even: which & 1 ? first : null,
    odd: which === 3 ? unwrapped.subarray(length) : which === 2 ? first : null,
    wrapping,
  };
}

/** RFC 3394. */
function unwrap(key: Buffer, wrapped: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv(`id-aes${key.length * 8}-wrap`, key, WRAP_IV);
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    return null;
  }
}

/** @returns null for a packet under a key that is not known, or under none */
export function decrypt(
  { salt, ...keys }: Omit<StreamKeys, 'wrapping'>,
  { sequence, key, payload }: DataPacket,
): Buffer | null {
  const secret = key && keys[key];
  if (!secret) return null;
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(sequence, 10);
  for (let at = 0; at < 14; at += 1) counter[at] = (counter[at] ?? 0) ^ (salt[at] ?? 0);
  return createDecipheriv(`aes-${secret.length * 8}-ctr`, secret, counter).update(payload);
}
