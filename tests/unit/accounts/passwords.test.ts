import { describe, expect, it } from 'vitest';
import { createPasswords } from '#server/accounts/passwords.ts';

describe('passwords', () => {
  it('are kept as argon2id with the parameters of OWASP', async () => {
    expect(await createPasswords(1).hash('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('are right or wrong', async () => {
    const passwords = createPasswords(1);
    const stored = await passwords.hash('correct horse');
    expect(await passwords.verify(stored, 'correct horse')).toBe(true);
    expect(await passwords.verify(stored, 'correct house')).toBe(false);
  });

  it('are wrong for nobody, even the one that the decoy was made of', async () => {
    const passwords = createPasswords(1);
    expect(await passwords.verify(null, 'no account has this password')).toBe(false);
    expect(await passwords.verify(null, '')).toBe(false);
  });

  it('wait in a line of limited length; who comes later is told busy', async () => {
    const passwords = createPasswords(1);
    const stored = await passwords.hash('correct horse');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 206 }, () => passwords.verify(stored, 'correct horse')),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(5);
    expect(refused.every(({ reason }) => reason.code === 'busy')).toBe(true);
    expect(await passwords.verify(stored, 'correct horse')).toBe(true);
  }, 60_000);
});
