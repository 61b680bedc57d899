import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { srtStreamId, streamKeyOfSrt } from '#contract/srt.ts';
import { decrypt, openKeyMaterial } from '#media/srt/keys.ts';

const PASSPHRASE = 'a passphrase';

/** What a caller sends: `which` 1 for an even key, 2 for an odd, 3 for both. */
function keyMaterial(keys: Buffer, which: 1 | 2 | 3, salt = randomBytes(16), passphrase = PASSPHRASE): Buffer {
  const length = which === 3 ? keys.length / 2 : keys.length;
  const wrapping = pbkdf2Sync(passphrase, salt.subarray(8), 2048, length, 'sha1');
  const cipher = createCipheriv(`id-aes${length * 8}-wrap`, wrapping, Buffer.alloc(8, 0xa6));
  const head = Buffer.from([0x12, 0x20, 0x29, which, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 4, length / 4]);
  return Buffer.concat([head, salt, cipher.update(keys), cipher.final()]);
}

describe('key material', () => {
  it.each([16, 24, 32])('is opened with the passphrase, keys of %i bytes', async (length) => {
    const even = randomBytes(length);
    const odd = randomBytes(length);
    expect(await openKeyMaterial(keyMaterial(even, 1), PASSPHRASE)).toMatchObject({ even, odd: null });
    expect(await openKeyMaterial(keyMaterial(odd, 2), PASSPHRASE)).toMatchObject({ even: null, odd });
    const both = Buffer.concat([even, odd]);
    expect(await openKeyMaterial(keyMaterial(both, 3), PASSPHRASE)).toMatchObject({ even, odd });
  });

  it('is not opened with another', async () => {
    expect(await openKeyMaterial(keyMaterial(randomBytes(16), 1), 'another one')).toBeNull();
  });

  it('is not opened when it was damaged, cut off or never was any', async () => {
    const whole = keyMaterial(randomBytes(16), 1);
    // The first half of the salt has no part in the wrapping, and some of the header says nothing.
    const places = [0, 1, 2, 8, 9, 14, 15, ...Array.from({ length: whole.length - 24 }, (_, at) => 24 + at)];
    const damaged = fc.tuple(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ by;
      return bytes;
    });
    const cut = fc.nat(whole.length - 1).map((length) => whole.subarray(0, length));
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, cut, any), async (bytes) => {
        expect(await openKeyMaterial(bytes, PASSPHRASE)).toBeNull();
      }),
      { numRuns: 50 },
    );
  });
});

it('decrypts a packet with the key that it names alone', () => {
  const keys = { salt: Buffer.alloc(16, 7), even: Buffer.alloc(16, 1), odd: null };
  const packet = { kind: 'data', sequence: 5, key: 'even', payload: Buffer.from('a payload') } as const;
  const secret = decrypt(keys, packet);
  expect(secret).not.toEqual(packet.payload);
  // The counter's stream is its own inverse.
  expect(decrypt(keys, { ...packet, payload: secret ?? Buffer.alloc(0) })).toEqual(packet.payload);
  expect(decrypt(keys, { ...packet, key: 'odd' })).toBeNull();
  expect(decrypt(keys, { ...packet, key: null })).toBeNull();
});

describe('a stream id', () => {
  const text = fc.string({ minLength: 10, maxLength: 79 });

  it('is always the same one of a key, says nothing of it, and leads back to it', () => {
    fc.assert(
      fc.property(text, (key) => {
        const id = srtStreamId('secret', key);
        expect(id).toBe(srtStreamId('secret', key));
        expect(id).toMatch(/^[\w-]+$/);
        expect(Buffer.from(id, 'base64url').includes(key)).toBe(false);
        if (Buffer.byteLength(key) <= 79) expect(streamKeyOfSrt('secret', id)).toBe(key);
      }),
    );
  });

  it('cannot be made without the secret', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(streamKeyOfSrt('secret', srtStreamId('another', any))).toBeNull();
        expect(streamKeyOfSrt('secret', any)).toBeNull();
      }),
    );
  });
});
