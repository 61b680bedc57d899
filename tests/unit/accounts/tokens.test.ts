import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import type { Principal } from '#server/accounts/principal.ts';
import {
  createAccessTokens,
  judgeRefresh,
  parseRefreshToken,
  refreshToken,
  signAccess,
} from '#server/accounts/tokens.ts';
import { newId } from '#server/ids.ts';

const SECRET = 'a'.repeat(64);
const NOW = Date.parse('2027-02-01T01:00:00Z');
const principal: Principal = {
  loginId: newId(),
  accountId: newId(),
  personId: newId(),
  unitId: newId(),
  name: '王建国',
  grants: [{ role: 'supervisor', areaId: newId(), industry: null, unitId: null }],
};

/** By a worker that has never seen the token. */
const verifyAccess = (secret: string, token: string, now: number) => createAccessTokens(secret).verify(token, now);

describe('an access token', () => {
  const token = signAccess(SECRET, principal, NOW);

  it('gives back the principal', () => {
    expect(verifyAccess(SECRET, token, NOW)).toEqual(principal);
  });

  it('holds for ten minutes', () => {
    expect(verifyAccess(SECRET, token, NOW + 599_000)).not.toBeNull();
    expect(verifyAccess(SECRET, token, NOW + 600_000)).toBeNull();
  });

  it('is refused when it was signed with another secret, changed, or not signed', () => {
    const [head, , signature] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ ...principal, exp: NOW })).toString('base64url');
    const unsigned = jwt.sign(jwt.decode(token) as object, '', { algorithm: 'none' });
    for (const forged of [
      signAccess('b'.repeat(64), principal, NOW),
      `${head}.${claims}.${signature}`,
      unsigned,
      `${unsigned}${signature}`,
      '',
      'x.y.z',
    ]) {
      expect(verifyAccess(SECRET, forged, NOW)).toBeNull();
    }
  });

  it('is refused when it is signed right but is no access token', () => {
    expect(verifyAccess(SECRET, jwt.sign({ session: newId() }, SECRET, { algorithm: 'HS256' }), NOW)).toBeNull();
  });

  it('with the most roles an account can hold fits in a cookie of 4096 bytes', () => {
    const grants = Array.from({ length: 20 }, () => ({
      role: 'supervisor' as const,
      areaId: newId(),
      industry: null,
      unitId: null,
    }));
    expect(signAccess(SECRET, { ...principal, grants, name: '王'.repeat(80) }, NOW).length).toBeLessThan(4000);
  });
});

describe('a refresh token', () => {
  const loginId = newId();
  const token = refreshToken(SECRET, loginId, 7);

  it('names the login and how often it was renewed', () => {
    expect(parseRefreshToken(SECRET, token)).toEqual({ loginId, counter: 7 });
  });

  it('is the same whenever it is derived, and another for each counter', () => {
    expect(refreshToken(SECRET, loginId, 7)).toBe(token);
    expect(refreshToken(SECRET, loginId, 8)).not.toBe(token);
  });

  it('is refused with another counter, login or secret', () => {
    const mac = token.split('.')[2];
    for (const forged of [
      `${loginId}.8.${mac}`,
      `${newId()}.7.${mac}`,
      refreshToken('b'.repeat(64), loginId, 7),
      `${token}x`,
      `${loginId}.7.`,
      '',
    ]) {
      expect(parseRefreshToken(SECRET, forged)).toBeNull();
    }
  });
});

describe('renewing', () => {
  it('goes on from the present token', () => {
    expect(judgeRefresh(3, 3, NOW, NOW + 86_400_000)).toBe('rotate');
  });

  it('gives the successor again for 30 s after the renewal', () => {
    expect(judgeRefresh(3, 4, NOW, NOW + 30_000)).toBe('again');
  });

  it('takes everything older for a copy', () => {
    expect(judgeRefresh(3, 4, NOW, NOW + 30_001)).toBe('reuse');
    expect(judgeRefresh(3, 5, NOW, NOW)).toBe('reuse');
  });
});

it('an access token that was good is good no longer than it says, nor after a change of one letter', () => {
  const tokens = createAccessTokens(SECRET);
  const token = signAccess(SECRET, principal, NOW);
  expect(tokens.verify(token, NOW)).toEqual(principal);
  expect(tokens.verify(token, NOW + 599_000)).toEqual(principal);
  const signature = token.lastIndexOf('.') + 1;
  const other = token[signature] === 'A' ? 'B' : 'A';
  expect(tokens.verify(token.slice(0, signature) + other + token.slice(signature + 1), NOW)).toBeNull();
  expect(tokens.verify(token, NOW + 600_000)).toBeNull();
  expect(createAccessTokens('another secret').verify(token, NOW)).toBeNull();
});
