import { createSecretKey, type KeyObject } from 'node:crypto';

const keys = new Map<string, KeyObject>();

/**
 * A secret of the installation as a key for HMAC. Given the secret as text, jsonwebtoken first tries to read a certificate in it, each
 * time, which takes fifty times as long as the signature: 0.4 ms against 7 µs.
 */
export function hmacKey(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known) return known;
  const key = createSecretKey(Buffer.from(secret));
  keys.set(secret, key);
  return key;
}
