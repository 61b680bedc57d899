import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BodyInput } from '#contract/api.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';

let app: TestApp;
let district: District;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
});
afterAll(() => app.close());

type NewAccount = BodyInput<'POST /accounts'>;
const create = (changes: Partial<NewAccount> & Pick<NewAccount, 'grants'>) =>
  district.clients.bureau.call('POST /accounts', {
    body: { displayName: '新账号', password: 'long enough', ...changes },
  });
const update = (accountId: string, body: BodyInput<'PATCH /accounts/:accountId'>) =>
  district.clients.bureau.call('PATCH /accounts/:accountId', { params: { accountId }, body });

describe('making an account', () => {
  it('stores it, masks its phone and writes an audit entry', async () => {
    const { body, status } = await create({
      name: 'Liu.Hui',
      phone: '137 0000 5678',
      grants: [{ role: 'supervisor', areaId: district.areaB.id }],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'liu.hui',
      phoneMasked: '137****5678',
      disabled: false,
      grants: [{ role: 'supervisor', areaId: district.areaB.id, scopeName: '西山街道' }],
    });
    const entry = await app.prisma.auditEntry.findFirst({ where: { action: 'account:create', subjectId: body.id } });
    expect(entry?.accountId).toBe(district.accounts.bureau.id);
    expect(JSON.stringify(entry?.detail)).not.toContain('long enough');
    const me = await (await district.signedIn({ id: body.id, login: '13700005678', password: 'long enough' })).call(
      'GET /me',
    );
    expect(me.body?.accountId).toBe(body.id);
  });

  it('refuses what is taken, incomplete or impossible, and stores nothing', async () => {
    const before = await app.prisma.account.count();
    const grants = [{ role: 'bureau' as const }];
    const refusals = [
      [await create({ name: 'bureau', grants }), 409, 'duplicate-account'],
      [await create({ grants }), 400, 'bad-request'],
      [await create({ name: 'a', grants }), 400, 'bad-request'],
      [await create({ name: 'short', password: '1234567', grants }), 400, 'bad-request'],
      [await create({ name: 'nowhere', grants: [{ role: 'enterprise', unitId: newId() }] }), 400, 'bad-request'],
      [await create({ name: 'scopeless', grants: [{ role: 'supervisor' }] }), 400, 'bad-request'],
    ] as const;
    for (const [reply, status, code] of refusals) expect(reply.problem).toMatchObject({ status, code });
    expect(await app.prisma.account.count()).toBe(before);
  });
});

describe('changing an account', () => {
  it.each([
    ['a new password', { password: 'another one' }, 'not-signed-in'],
    ['new roles', { grants: [{ role: 'instructor' as const }] }, 'not-signed-in'],
    ['being disabled', { disabled: true }, 'login-ended'],
  ])('%s ends its logins at once', async (_, changes, code) => {
    const { body: account } = await create({
      name: `to-change-${Object.keys(changes)[0]}`,
      grants: [{ role: 'instructor' }],
    });
    const client = await district.signedIn({ id: account.id, login: account.name ?? '', password: 'long enough' });
    expect((await update(account.id, changes)).status).toBe(200);
    expect((await client.call('GET /me')).body).toBeNull();
    expect((await client.call('POST /login/refresh')).problem?.code).toBe(code);
  });

  it('a new name does not', async () => {
    const { enterprise } = district.clients;
    await update(district.accounts.enterprise.id, { displayName: '东湖机械 · 陈' });
    expect((await enterprise.call('GET /me')).body).not.toBeNull();
  });

  it('disabled says so, to whom knows the password', async () => {
    const { id, login, password } = district.accounts.instructor;
    await update(id, { disabled: true });
    const known = await app.client().call('POST /login', { body: { login, password } });
    const guessed = await app.client().call('POST /login', { body: { login, password: 'a guess' } });
    expect([known.problem?.code, guessed.problem?.code]).toEqual(['account-disabled', 'wrong-credentials']);
    await update(id, { disabled: false });
    expect((await app.client().call('POST /login', { body: { login, password } })).status).toBe(200);
  });

  it('keeps the last bureau account', async () => {
    const { id } = district.accounts.bureau;
    expect((await update(id, { disabled: true })).problem?.code).toBe('last-bureau-account');
    expect((await update(id, { grants: [{ role: 'instructor' }] })).problem?.code).toBe('last-bureau-account');
    expect((await district.clients.bureau.call('GET /me')).body?.grants).toMatchObject([{ role: 'bureau' }]);
  });

  it('keeps one of two that are disabled at the same moment', async () => {
    const { body: second } = await create({ name: 'deputy', grants: [{ role: 'bureau' }] });
    const replies = await Promise.all([
      update(second.id, { disabled: true }),
      update(district.accounts.bureau.id, { disabled: true }),
    ]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
    const grants = { some: { role: 'bureau' as const } };
    expect(await app.prisma.account.count({ where: { disabledAt: null, grants } })).toBe(1);
    await app.prisma.account.update({ where: { id: district.accounts.bureau.id }, data: { disabledAt: null } });
    district.clients.bureau = await district.signedIn(district.accounts.bureau);
  });
});

describe('whose an account is', () => {
  it('lets its holder learn beside their office, from the next sign-in on, and is on record', async () => {
    const { personA, unitA, accounts } = district;
    const { id } = accounts.enterprise;
    const changed = await update(id, { personId: personA.id });
    expect(changed.body.person).toEqual({ id: personA.id, name: personA.name, unitName: unitA.name });
    expect((await district.clients.enterprise.call('GET /me')).body).toBeNull();
    district.clients.enterprise = await district.signedIn(accounts.enterprise);
    const { body: me } = await district.clients.enterprise.call('GET /me');
    expect(me).toMatchObject({ accountId: id, personId: personA.id, grants: [{ role: 'enterprise' }] });
    expect((await district.clients.enterprise.call('GET /my/sessions')).status).toBe(200);
    const entries = await app.prisma.auditEntry.findMany({ where: { action: 'account:update', subjectId: id } });
    expect(entries.at(-1)?.detail).toEqual({ personId: personA.id });
  });

  it('is one person’s, and one account is a person’s', async () => {
    const { personA, accounts } = district;
    const refused = await update(accounts.instructor.id, { personId: personA.id });
    expect([refused.status, refused.problem?.code]).toEqual([409, 'person-has-account']);
    const unknown = await update(accounts.instructor.id, { personId: accounts.bureau.id });
    expect([unknown.status, unknown.problem?.params]).toEqual([400, { fields: 'personId' }]);
  });

  it('may be nobody’s again', async () => {
    const { enterprise } = district.accounts;
    expect((await update(enterprise.id, { personId: null })).body.person).toBeNull();
    district.clients.enterprise = await district.signedIn(enterprise);
    expect((await district.clients.enterprise.call('GET /me')).body?.personId).toBeNull();
  });
});

describe('the list', () => {
  it('finds by name, role and state, page by page', async () => {
    const list = async (query: object) =>
      (await district.clients.bureau.call('GET /accounts', { query })).body.items.map((account) => account.name);
    expect(await list({ q: '街道监管' })).toEqual(['supervisor']);
    expect(await list({ role: 'enterprise' })).toEqual(['enterprise']);
    expect(await list({ disabled: 'false', q: 'super' })).toEqual(['supervisor']);
    expect(await list({ pageSize: 1, page: 2 })).toEqual(['supervisor']);
  });
});
