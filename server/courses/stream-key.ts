import { createHmac, randomBytes } from 'node:crypto';
import type { Services } from '../services.ts';

const KEY_BYTES = 24;

export interface SealedStreamKey {
  streamKeyHash: Uint8Array<ArrayBuffer>;
  streamKeyCipher: Uint8Array<ArrayBuffer>;
}

/** A new stream key as it is stored: a keyed hash to find the session, a ciphertext to show it to the officer. */
export function newStreamKey(services: Services): SealedStreamKey {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  return { streamKeyHash: streamKeyHash(services, key), streamKeyCipher: services.sealing.seal(key) };
}

export function streamKeyHash({ secrets }: Services, key: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHmac('sha256', secrets['stream-key']).update(key).digest());
}
