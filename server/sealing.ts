import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Personal numbers at rest: a keyed hash to find one, a ciphertext to show it, its last four to list it. */
export interface Sealing {
  /** The three columns of a phone number (11 plain digits). */
  phone(phone: string): {
    phoneHash: Uint8Array<ArrayBuffer>;
    phoneCipher: Uint8Array<ArrayBuffer>;
    phoneLast4: string;
  };
  phoneHash(phone: string): Uint8Array<ArrayBuffer>;
  seal(text: string): Uint8Array<ArrayBuffer>;
  /** @throws Error when the ciphertext was made with another key or was changed. */
  unseal(sealed: Uint8Array): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys are 64 hex digits (256 bits): HMAC-SHA-256 for the hash, AES-256-GCM for the ciphertext. */
export function createSealing(hashKey: string, cipherKey: string): Sealing {
  const key = Buffer.from(cipherKey, 'hex');

  function seal(text: string): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Uint8Array.from(Buffer.concat([nonce, body, cipher.getAuthTag()]));
  }

  function unseal(sealed: Uint8Array): string {
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }

  function phoneHash(phone: string): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(createHmac('sha256', hashKey).update(phone).digest());
  }

  return {
    seal,
    unseal,
    phoneHash,
    phone: (phone) => ({ phoneHash: phoneHash(phone), phoneCipher: seal(phone), phoneLast4: phone.slice(-4) }),
  };
}
