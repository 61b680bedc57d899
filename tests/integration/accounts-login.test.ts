import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';

let app: TestApp;
let district: District;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
});
afterAll(() => app.close());

const refresh = (client: HttpClient) => client.call('POST /login/refresh');
const isIn = async (client: HttpClient) => (await client.call('GET /me')).body !== null;

describe('signing in with a password', () => {
  it('says who is signed in, and with which roles', async () => {
    expect((await district.clients.supervisor.call('GET /me')).body).toMatchObject({
      accountId: district.accounts.supervisor.id,
      personId: null,
      name: '东湖街道监管员',
      grants: [{ role: 'supervisor', areaId: district.areaA.id, industry: null, unitId: null }],
    });
  });

  it('works with the phone number as people paste it', async () => {
    const { phoneCipher, phoneHash, phoneLast4 } = app.sealing.phone('13700001234');
    const { id, password } = district.accounts.instructor;
    await app.prisma.account.update({ where: { id }, data: { phoneCipher, phoneHash, phoneLast4 } });
    const reply = await app.client().call('POST /login', { body: { login: '+86 137-0000-1234', password } });
    expect([reply.status, reply.body.accountId]).toEqual([200, id]);
  });

  it('gives an account that is linked to a person the person as well', async () => {
    const { id } = district.accounts.enterprise;
    await app.prisma.account.update({ where: { id }, data: { personId: district.principalA.id } });
    const { body } = await (await district.signedIn(district.accounts.enterprise)).call('GET /me');
    expect(body).toMatchObject({ accountId: id, personId: district.principalA.id, category: 'principal' });
  });

  it('answers a wrong password and an unknown account alike', async () => {
    const body = { login: 'bureau', password: 'not this one' };
    const wrong = await app.client().call('POST /login', { body });
    const unknown = await app.client().call('POST /login', { body: { ...body, login: 'nobody' } });
    const { requestId: _, ...said } = wrong.problem ?? { requestId: '' };
    expect(wrong.problem).toMatchObject({ status: 401, code: 'wrong-credentials' });
    expect(unknown.problem).toMatchObject(said);
  });

  it('answers null to somebody who is not signed in', async () => {
    const me = await app.client().call('GET /me');
    expect([me.status, me.body]).toEqual([200, null]);
  });

  it('keeps its cookies from scripts and from other sites', async () => {
    const { login, password } = district.accounts.bureau;
    const { headers } = await app.client().call('POST /login', { body: { login, password } });
    const cookies = headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookies.find((cookie) => cookie.startsWith('anke_refresh'))).toContain('; Path=/api/v1;');
  });
});

describe('an access token', () => {
  it('runs out after ten minutes and is renewed', async () => {
    const client = await district.signedIn(district.accounts.bureau);
    app.clock.advance(600_000);
    expect(await isIn(client)).toBe(false);
    expect((await client.call('GET /accounts')).problem?.code).toBe('not-signed-in');
    expect((await refresh(client)).status).toBe(200);
    expect(await isIn(client)).toBe(true);
  });

  it('is refused when forged or without signature', async () => {
    const client = await district.signedIn(district.accounts.bureau);
    const claims = jwt.decode(client.cookie('anke_access') ?? '') as object;
    for (const forged of [
      jwt.sign(claims, 'a guess', { algorithm: 'HS256' }),
      jwt.sign(claims, '', { algorithm: 'none' }),
      'nonsense',
    ]) {
      client.setCookie('anke_access', forged);
      expect((await client.call('GET /accounts')).problem).toMatchObject({ status: 401, code: 'not-signed-in' });
    }
  });
});

describe('renewing', () => {
  it('gives two tabs that race the same successor', async () => {
    const tab = await district.signedIn(district.accounts.bureau);
    const other = tab.copy();
    const replies = await Promise.all([refresh(tab), refresh(other)]);
    expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
    expect(tab.cookie('anke_refresh')).toBe(other.cookie('anke_refresh'));
    expect((await refresh(other)).status).toBe(200);
  });

  it('ends the login when a token comes back that was renewed long ago', async () => {
    const owner = await district.signedIn(district.accounts.bureau);
    const thief = owner.copy();
    await refresh(owner);
    app.clock.advance(30_001);
    expect((await refresh(thief)).problem?.code).toBe('not-signed-in');
    expect((await refresh(owner)).problem?.code).toBe('not-signed-in');
    expect(await isIn(owner)).toBe(false);
  });

  it('ends after thirty days without use', async () => {
    const client = await district.signedIn(district.accounts.bureau);
    app.clock.advance(29 * 86_400_000);
    expect((await refresh(client)).status).toBe(200);
    app.clock.advance(30 * 86_400_000);
    expect((await refresh(client)).problem?.code).toBe('not-signed-in');
  });

  it('refuses forged tokens and no token', async () => {
    const client = app.client();
    expect((await refresh(client)).problem?.code).toBe('not-signed-in');
    client.setCookie('anke_refresh', `${district.personA.id}.0.${'A'.repeat(43)}`, '/api/v1');
    expect((await refresh(client)).problem?.code).toBe('not-signed-in');
  });
});

describe('signing out', () => {
  it('ends this device and no other', async () => {
    const [here, there] = [
      await district.signedIn(district.accounts.bureau),
      await district.signedIn(district.accounts.bureau),
    ];
    const stolen = here.copy();
    expect((await here.call('POST /logout')).status).toBe(204);
    expect(here.cookieHeader('/api/v1')).toBe('');
    expect([await isIn(stolen), await isIn(there)]).toEqual([false, true]);
    expect((await refresh(stolen)).problem?.code).toBe('not-signed-in');
  });

  it('works when the access token has run out', async () => {
    const client = await district.signedIn(district.accounts.bureau);
    const stolen = client.copy();
    app.clock.advance(600_000);
    await client.call('POST /logout');
    expect((await refresh(stolen)).problem?.code).toBe('not-signed-in');
  });

  it('everywhere ends every device of the account, and nobody else’s', async () => {
    const devices = await Promise.all([1, 2, 3].map(() => district.signedIn(district.accounts.supervisor)));
    const other = await district.signedIn(district.accounts.bureau);
    await devices[0]?.call('POST /logout/everywhere');
    expect(await Promise.all(devices.map(isIn))).toEqual([false, false, false]);
    expect(await isIn(other)).toBe(true);
  });

  it('reaches the other workers within fifteen seconds', async () => {
    const neighbour = await startApp({ beside: app });
    const client = await district.signedIn(district.accounts.bureau);
    const elsewhere = neighbour.client();
    elsewhere.setCookie('anke_access', client.cookie('anke_access') ?? '');
    expect(await isIn(elsewhere)).toBe(true);
    await client.call('POST /logout');
    app.clock.advance(15_000);
    expect(await isIn(elsewhere)).toBe(false);
    await neighbour.close();
  });
});

describe('a login that was ended because its holder was excluded', () => {
  const why = async (client: HttpClient) => {
    const { problem } = await refresh(client);
    return [problem?.status, problem?.code, problem?.params?.reason];
  };
  const ended = (reason: string) => [401, 'login-ended', reason];
  const silent = [401, 'not-signed-in', undefined];
  it('says why to the holder of its newest token, and to no old copy, stranger, or login that ended before', async () => {
    const { personB, unitB } = district;
    const [holder, earlier] = [
      await district.joined(personB, unitB.joinCode),
      await district.joined(personB, unitB.joinCode),
    ];
    const signedOut = earlier.copy();
    await earlier.call('POST /logout');
    const copy = holder.copy();
    await refresh(holder);
    app.clock.advance(30_001);
    const bureau = await district.signedIn(district.accounts.bureau);
    const params = { personId: personB.id };
    expect((await bureau.call('DELETE /people/:personId', { params })).status).toBe(204);
    await expect.poll(() => isIn(holder)).toBe(false);
    expect(await why(holder)).toEqual(ended('left-unit'));
    expect(await why(copy)).toEqual(silent);
    expect(await why(signedOut)).toEqual(silent);
    expect(await why(app.client())).toEqual(silent);
  });

  it('says it of a disabled account, in the language of the page, and no more once it is enabled again', async () => {
    const account = district.accounts.supervisor;
    const client = await district.signedIn(account);
    const bureau = await district.signedIn(district.accounts.bureau);
    const params = { accountId: account.id };
    const disable = (disabled: boolean) => bureau.call('PATCH /accounts/:accountId', { params, body: { disabled } });
    await disable(true);
    expect(await why(client)).toEqual(ended('account-disabled'));
    expect((await refresh(client)).problem?.detail).toBe('登录已结束：您的账号已停用');
    await disable(false);
    expect(await why(client)).toEqual(silent);
  });
});

describe('changing one’s password', () => {
  it('signs out every other device', async () => {
    const account = district.accounts.instructor;
    const [here, there] = [await district.signedIn(account), await district.signedIn(account)];
    const next = 'another-password';
    const wrong = await here.call('POST /me/password', { body: { current: 'not this', next } });
    expect(wrong.problem?.code).toBe('wrong-credentials');
    expect((await here.call('POST /me/password', { body: { current: account.password, next } })).status).toBe(204);
    expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
    expect(await isIn(await district.signedIn({ ...account, password: next }))).toBe(true);
  });
});
