import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealing, markOf } from '#server/sealing.ts';

const HASH = 'aa'.repeat(32);
const [OLD, NEW] = ['01'.repeat(32), '02'.repeat(32)];
const PHONE = '13812345678';

/** As numbers were sealed before ciphertexts said with which key. */
function sealedBefore(key: string, text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'hex'), nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

describe('sealing', () => {
  it('opens what it sealed, each time another ciphertext, which says with which key', () => {
    const sealing = createSealing(HASH, NEW);
    const [one, two] = [sealing.seal(PHONE), sealing.seal(PHONE)];
    expect(Buffer.from(one)).not.toEqual(Buffer.from(two));
    expect(Buffer.from(one).subarray(0, 5)).toEqual(markOf(NEW));
    expect(sealing.unseal(one)).toBe(PHONE);
  });

  it('opens what a key of before sealed, and what was sealed before there were key ids', () => {
    const sealed = createSealing(HASH, OLD).seal(PHONE);
    const both = createSealing(HASH, `${NEW}\n${OLD}\n`);
    expect(both.unseal(sealed)).toBe(PHONE);
    expect(both.unseal(sealedBefore(OLD, PHONE))).toBe(PHONE);
    expect(Buffer.from(both.seal(PHONE)).subarray(0, 5)).toEqual(markOf(NEW));
  });

  it('takes up a key that was added meanwhile, when it meets what is sealed with it', () => {
    let file = OLD;
    const running = createSealing(HASH, file, () => file);
    const sealed = createSealing(HASH, NEW).seal(PHONE);
    file = `${NEW}\n${OLD}`;
    expect(running.unseal(sealed)).toBe(PHONE);
    expect(running.mark).toEqual(markOf(NEW));
  });

  it.each([0, 3, 7, 20, -1])('refuses a ciphertext of which byte %i was changed', (at) => {
    const sealing = createSealing(HASH, NEW);
    const sealed = Buffer.from(sealing.seal(PHONE));
    const index = at < 0 ? sealed.length + at : at;
    sealed.writeUInt8(sealed.readUInt8(index) ^ 1, index);
    expect(() => sealing.unseal(sealed)).toThrow('not known');
  });

  it('masks, and shows only the last four where the key is not known', () => {
    const sealing = createSealing(HASH, NEW);
    expect(sealing.masked(sealing.seal(PHONE), '5678')).toBe('138****5678');
    expect(sealing.masked(createSealing(HASH, OLD).seal(PHONE), '5678')).toBe('*******5678');
    expect(sealing.masked(null, null)).toBeNull();
  });

  it('finds a number by the same hash whatever key seals it, and by another with another hash key', () => {
    const hash = Buffer.from(createSealing(HASH, OLD).phoneHash(PHONE));
    expect(Buffer.from(createSealing(HASH, NEW).phoneHash(PHONE))).toEqual(hash);
    expect(Buffer.from(createSealing('bb'.repeat(32), NEW).phoneHash(PHONE))).not.toEqual(hash);
  });

  it.each(['', 'xyz', 'ab'.repeat(31), `${NEW}\nzz`])('refuses %j as keys', (keys) => {
    expect(() => createSealing(HASH, keys)).toThrow('secrets/phone-cipher is damaged');
  });
});
