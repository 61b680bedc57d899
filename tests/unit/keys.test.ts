import jwt from 'jsonwebtoken';
import { expect, it } from 'vitest';
import { hmacKey } from '#server/keys.ts';

const SECRET = 'c'.repeat(64);

it('makes the same signatures as the text, which other processes sign with', () => {
  const claims = { sub: 'person', iat: 1_000 };
  expect(jwt.sign(claims, hmacKey(SECRET))).toBe(jwt.sign(claims, SECRET));
  expect(jwt.verify(jwt.sign({ sub: 'person' }, SECRET), hmacKey(SECRET))).toMatchObject({ sub: 'person' });
  expect(() => jwt.verify(jwt.sign({ sub: 'person' }, `${SECRET}d`), hmacKey(SECRET))).toThrow();
});

it('is made once for a secret', () => {
  expect(hmacKey(SECRET)).toBe(hmacKey(SECRET));
  expect(hmacKey(`${SECRET}d`)).not.toBe(hmacKey(SECRET));
});
