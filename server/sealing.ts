import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { maskPhone } from '#contract/codes.ts';

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
  /** @throws Error when the ciphertext was made with a key that is not known or was changed. */
  unseal(sealed: Uint8Array): string;
  /** The same of bytes, for files. */
  sealBytes(bytes: Uint8Array): Buffer;
  /** @throws Error as `unseal` does. */
  unsealBytes(sealed: Uint8Array): Buffer;
  /** `138****1234`, for every list; only the last four where the key is not known. Null without a number. */
  masked(sealed: Uint8Array | null, last4: string | null): string | null;
  /** What a ciphertext that the present key made begins with. */
  readonly mark: Buffer;
  /** Takes up a key that was added since. */
  refresh(): void;
}

const VERSION = 1;
const KEY_ID_BYTES = 4;
const MARK_BYTES = 1 + KEY_ID_BYTES;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What no key opens makes the keys be read again this often at most, ms. */
const REREAD_EACH_MS = 1_000;
const KEY = /^[0-9a-f]{64}$/;

interface CipherKey {
  key: KeyObject;
  /** The version, and the key's id. */
  mark: Buffer;
}

/**
 * Keys are 64 hex digits (256 bits): HMAC-SHA-256 for the hash, AES-256-GCM for the ciphertext. `cipherKeys`: the present key in
 * the first line, below it those of before, which still open what they sealed. `reread` reads them again, for processes that run on
 * while a key is added.
 *
 * A ciphertext is version, key id, nonce, body, tag; the first two are authenticated too. One of before there were key ids begins with its nonce.
 * @throws Error when a key is not 64 hex digits
 */
export function createSealing(hashKey: string, cipherKeys: string, reread = () => cipherKeys): Sealing {
  const hash = createSecretKey(Buffer.from(hashKey));
  let keys = ringOf(cipherKeys);
  let rereadAt = Number.NEGATIVE_INFINITY;

  function sealBytes(plain: Uint8Array): Buffer {
    const { key, mark } = keys[0] as CipherKey;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(mark);
    const body = cipher.update(plain);
    cipher.final();
    return Buffer.concat([mark, nonce, body, cipher.getAuthTag()]);
  }

  function unsealBytes(sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const opened = open(bytes);
    if (opened !== null) return opened;
    // A key that was added since: what is sealed with it can only be met afterwards.
    if (performance.now() - rereadAt > REREAD_EACH_MS) refresh();
    const again = open(bytes);
    if (again === null) throw new Error('sealed with a key that is not known, or changed since');
    return again;
  }

  function open(bytes: Buffer): Buffer | null {
    const marked = keys.find(({ mark }) => bytes.subarray(0, MARK_BYTES).equals(mark));
    const opened = marked ? decipher(marked.key, bytes.subarray(MARK_BYTES), marked.mark) : null;
    if (opened !== null) return opened;
    for (const { key } of keys) {
      const old = decipher(key, bytes);
      if (old !== null) return old;
    }
    return null;
  }

  function refresh(): void {
    rereadAt = performance.now();
    keys = ringOf(reread());
  }

  function phoneHash(phone: string): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(createHmac('sha256', hash).update(phone).digest());
  }

  const seal = (text: string) => Uint8Array.from(sealBytes(Buffer.from(text)));
  const unseal = (sealed: Uint8Array) => unsealBytes(sealed).toString('utf8');

  return {
    seal,
    unseal,
    sealBytes,
    unsealBytes,
    refresh,
    phoneHash,
    phone: (phone) => ({ phoneHash: phoneHash(phone), phoneCipher: seal(phone), phoneLast4: phone.slice(-4) }),
    masked(sealed, last4) {
      if (sealed === null) return null;
      try {
        return maskPhone(unseal(sealed));
      } catch {
        return `*******${last4 ?? '****'}`;
      }
    },
    get mark() {
      return (keys[0] as CipherKey).mark;
    },
  };
}

/** What may be stored of a key to know it again: hex, from which nothing of it follows. */
export function keyFingerprint(key: string): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'anke key fingerprint', 16)).toString('hex');
}

/** The keys of `phone-cipher`'s text, the present one first. @throws Error when one is not 64 hex digits */
export function cipherKeysOf(text: string): string[] {
  const keys = text.split(/\s+/).filter(Boolean);
  if (keys.length === 0 || !keys.every((key) => KEY.test(key))) {
    throw new Error('secrets/phone-cipher is damaged: each of its lines is to be a key of 64 hex digits');
  }
  return keys;
}

/** What ciphertexts of a key begin with. */
export function markOf(key: string): Buffer {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(keyFingerprint(key), 'hex').subarray(0, KEY_ID_BYTES)]);
}

function ringOf(text: string): CipherKey[] {
  return cipherKeysOf(text).map((key) => ({ key: createSecretKey(Buffer.from(key, 'hex')), mark: markOf(key) }));
}

/** Null when it does not open. */
function decipher(key: KeyObject, bytes: Buffer, mark?: Buffer): Buffer | null {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  if (mark) cipher.setAAD(mark);
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const body = cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    cipher.final();
  } catch {
    return null;
  }
  return body;
}
