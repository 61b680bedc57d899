import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creditCheckSymbol } from '#contract/codes.ts';
import type { Area, Person, Unit } from '#contract/organisations.ts';
import { IDS_PER_QUERY } from '#contract/plain.ts';
import { SYSTEM } from '#server/audit.ts';
import { transaction } from '#server/db.ts';
import { type Features, startFeatures } from '#tests/support/feature-app.ts';

let app: Features;
let east: Area;
let west: Area;
let chemicals: Unit;
let bookshop: Unit;

beforeAll(async () => {
  app = await startFeatures();
  const area = async (name: string) => (await app.officer<Area>('POST', '/areas', { name, kind: 'street' })).body;
  east = await area('城东街道');
  west = await area('城西街道');
  const unit = async (body: object) =>
    (await app.officer<Unit>('POST', '/units', { kind: 'enterprise', ...body })).body;
  chemicals = await unit({
    name: '化工厂',
    areaId: east.id,
    industry: 'hazardous_chemicals',
    creditCode: '91350100M000100Y43',
    address: '一号路',
    contactPhone: '138 0013 8000',
  });
  bookshop = await unit({ name: '书店', areaId: west.id, industry: 'commerce' });
});

afterAll(() => app?.close());

/** The present one: a test replaces it. */
const codeOf = async (unitId: string) => (await app.officer<Unit>('GET', `/units/${unitId}`)).body.joinCode;

const addPerson = (unitId: string, body: object) =>
  app.officer<Person>('POST', `/units/${unitId}/people`, { category: 'worker', ...body });

describe('units', () => {
  test('of two made at once with one credit code one is refused', async () => {
    const first17 = '91320100000000001';
    const creditCode = first17 + creditCheckSymbol(first17);
    const make = (name: string) =>
      app.officer('POST', '/units', { kind: 'enterprise', name, areaId: west.id, industry: 'other', creditCode });
    const answers = await Promise.all([make('甲'), make('乙')]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(answers.map((answer) => answer.body.code)).toContain('duplicate-unit');
    expect(await app.db.prisma.unit.count({ where: { creditCode } })).toBe(1);
  });

  test('a credit code with a wrong check digit is refused', async () => {
    const body = { kind: 'enterprise', name: '错码', areaId: west.id, creditCode: '91350100M000100Y4Z' };
    expect(await app.officer('POST', '/units', body)).toMatchObject({ status: 400, body: { code: 'bad-credit-code' } });
  });

  test('a change leaves alone what it doesn’t name', async () => {
    const { body } = await app.officer<Unit>('PATCH', `/units/${chemicals.id}`, { contactName: '王五' });
    expect(body).toMatchObject({ contactName: '王五', address: '一号路', contactPhoneMasked: '138****8000' });
  });

  test('numbers are stored sealed, listed masked, and shown in full on record only', async () => {
    const stored = await app.db.prisma.unit.findUniqueOrThrow({ where: { id: chemicals.id } });
    expect(Buffer.from(stored.contactCipher ?? []).toString('latin1')).not.toContain('13800138000');
    expect(JSON.stringify((await app.officer('GET', '/units')).body)).not.toContain('13800138000');
    const shown = await app.officer('GET', `/units/${chemicals.id}/contact-phone`);
    expect(shown.body).toEqual({ phone: '13800138000' });
    expect(await app.db.prisma.auditEntry.count({ where: { action: 'phone:read', subjectId: chemicals.id } })).toBe(1);
  });

  test('supervisors see their area or industry, an enterprise itself', async () => {
    const names = async (call: ReturnType<Features['as']>) =>
      (await call<{ items: Unit[]; total: number }>('GET', '/units')).body.items.map((unit) => unit.name);
    expect(await names(app.as([{ role: 'supervisor', areaId: east.id }]))).toEqual(['化工厂']);
    expect(await names(app.as([{ role: 'supervisor', industry: 'commerce' }]))).toEqual(['书店']);
    expect(await names(app.as([{ role: 'enterprise', unitId: bookshop.id }]))).toEqual(['书店']);
    expect(await names(app.as([{ role: 'supervisor' }]))).toEqual([]);
    const foreign = app.as([{ role: 'enterprise', unitId: bookshop.id }]);
    for (const path of ['', '/people', '/contact-phone']) {
      expect((await foreign('GET', `/units/${chemicals.id}${path}`)).status).toBe(403);
    }
  });

  test('those that are named by their ids, within what the caller may see', async () => {
    const ids = `${chemicals.id},${bookshop.id},${randomUUID()}`;
    const named = async (call: ReturnType<Features['as']>, query: string) =>
      (await call<{ items: Unit[]; total: number }>('GET', `/units?${query}`)).body;
    expect(await named(app.officer, `ids=${ids}`)).toMatchObject({
      total: 2,
      items: [{ name: bookshop.name }, { name: chemicals.name }],
    });
    expect(await named(app.officer, `ids=${bookshop.id}&q=${encodeURIComponent('化工')}`)).toMatchObject({ total: 0 });
    const supervisor = app.as([{ role: 'supervisor', areaId: east.id }]);
    expect(await named(supervisor, `ids=${ids}`)).toMatchObject({ total: 1, items: [{ name: chemicals.name }] });
  });

  test('as many ids as one query may name fit into a request; more, and what is no id, are refused', async () => {
    const list = (count: number) => encodeURIComponent(Array.from({ length: count }, () => randomUUID()).join(','));
    const path = `/units?pageSize=${IDS_PER_QUERY}&ids=`;
    expect((path + list(IDS_PER_QUERY)).length).toBeLessThan(8_000);
    expect(await app.officer('GET', path + list(IDS_PER_QUERY))).toMatchObject({ status: 200, body: { total: 0 } });
    for (const wrong of [list(IDS_PER_QUERY + 1), '', 'x', `${chemicals.id},`]) {
      expect(await app.officer('GET', path + wrong)).toMatchObject({ status: 400, body: { code: 'bad-request' } });
    }
  });

  test('an enterprise changes its contact, not what decides who supervises it', async () => {
    const enterprise = app.as([{ role: 'enterprise', unitId: bookshop.id }]);
    expect((await enterprise('PATCH', `/units/${bookshop.id}`, { contactPhone: '13900000000' })).status).toBe(200);
    expect((await enterprise('PATCH', `/units/${bookshop.id}`, { areaId: west.id })).status).toBe(200);
    for (const change of [{ areaId: east.id }, { highRisk: true }, { industry: null }, { kind: 'bureau' }]) {
      expect(await enterprise('PATCH', `/units/${bookshop.id}`, change)).toMatchObject({ status: 403 });
    }
  });

  test('an unknown area is refused, an area’s name is used once', async () => {
    const body = { kind: 'enterprise', name: '无处', areaId: crypto.randomUUID() };
    expect(await app.officer('POST', '/units', body)).toMatchObject({ status: 400, body: { code: 'bad-request' } });
    const again = await app.officer('POST', '/areas', { name: '城东街道', kind: 'zone' });
    expect(again).toMatchObject({ status: 409, body: { code: 'duplicate-area' } });
  });
});

describe('joining', () => {
  test('the unit’s code as people type it, until it is replaced', async () => {
    expect(chemicals.joinCode).toMatch(/^[2-9A-HJ-KMNP-Z]{8}$/);
    const typed = ` ${chemicals.joinCode.slice(0, 4).toLowerCase()}-${chemicals.joinCode.slice(4)} `;
    expect(await app.organisations.findUnitByJoinCode(typed)).toMatchObject({
      unitId: chemicals.id,
      areaName: '城东街道',
      unitKind: 'enterprise',
    });
    await app.officer('POST', `/units/${chemicals.id}/join-code`);
    expect(await app.organisations.findUnitByJoinCode(typed)).toBeNull();
  });

  test('tapped twice it is one person, unverified; another name on the phone is refused', async () => {
    const joining = { joinCode: await codeOf(chemicals.id), name: '张三', phone: '13700000001' };
    const taps = await Promise.all([app.join(joining), app.join(joining)]);
    expect(new Set(taps.map((tap) => tap.personId)).size).toBe(1);
    expect(await app.organisations.personForLogin(taps[0].personId)).toMatchObject({
      name: '张三',
      unitName: '化工厂',
      verification: 'unverified',
    });
    await expect(app.join({ ...joining, name: '李四' })).rejects.toMatchObject({
      code: 'name-phone-mismatch',
    });
  });

  test('who was refused is told so, and whoever listens hears of it', async () => {
    const joining = { joinCode: await codeOf(chemicals.id), name: '冒名', phone: '13700000002' };
    const { personId } = await app.join(joining);
    const excluded: string[] = [];
    app.services.signals.on('people-excluded', (ids) => excluded.push(...ids));
    const enterprise = app.as([{ role: 'enterprise', unitId: chemicals.id }]);
    const refused = await enterprise('POST', `/people/${personId}/verification`, { verification: 'refused' });
    expect(refused.body).toMatchObject({ verification: 'refused' });
    expect(excluded).toEqual([personId]);
    await expect(app.join(joining)).rejects.toMatchObject({ code: 'person-refused' });
  });

  test('many at once are each who they would be alone, and on record once', async () => {
    const joinCode = await codeOf(bookshop.id);
    const come = async (...people: [name: string, phone: string, joinCode?: string][]) =>
      transaction(app.db.pool, (client) =>
        app.organisations.joinPeople(
          client,
          people.map(([name, phone, code]) => ({ name, phone, joinCode: code ?? joinCode, actor: SYSTEM })),
        ),
      );
    const known = (await addPerson(bookshop.id, { name: '老员工', phone: '13700000101' })).body;
    const gone = (await addPerson(bookshop.id, { name: '回来的', phone: '13700000102' })).body;
    const heir = (await addPerson(bookshop.id, { name: '旧机主', phone: '13700000103' })).body;
    for (const { id } of [gone, heir]) await app.officer('DELETE', `/people/${id}`);
    const [fresh, twin, otherName, old, wrongName, returned, inherits, lost] = await come(
      ['新人', '13700000100'],
      ['新人', '13700000100'],
      ['别人', '13700000100'],
      ['老员工', '13700000101'],
      ['冒名', '13700000101'],
      ['回来的', '13700000102'],
      ['新机主', '13700000103'],
      ['路人', '13700000104', 'ZZZZZZZZ'],
    );
    expect(fresh).toMatchObject({ name: '新人', verification: 'unverified', unitName: '书店', category: 'worker' });
    expect(twin).toEqual(fresh);
    expect(otherName).toBe('name-phone-mismatch');
    expect(old).toMatchObject({ personId: known.id, verification: 'verified' });
    expect(wrongName).toBe('name-phone-mismatch');
    expect(returned).toMatchObject({ personId: gone.id, verification: 'unverified' });
    expect(inherits).toMatchObject({ name: '新机主', verification: 'unverified' });
    expect(inherits).not.toMatchObject({ personId: heir.id });
    expect(lost).toBe('unknown-join-code');
    const subjects = [fresh, returned, inherits].map((person) => (person as { personId: string }).personId);
    const entries = await app.db.prisma.auditEntry.findMany({
      where: { subjectId: { in: subjects }, action: { in: ['person:join', 'person:rejoin'] } },
      orderBy: { id: 'asc' },
    });
    expect(entries.map(({ action }) => action).sort()).toEqual(['person:join', 'person:join', 'person:rejoin']);
    expect(entries[0]?.detail).toEqual({ unitId: bookshop.id });
  });

  test('the same crowd at two workers, in opposite order, is there once', async () => {
    const joinCode = await codeOf(bookshop.id);
    const crowd = Array.from({ length: 40 }, (_, n) => ({
      joinCode,
      name: `人${n}`,
      phone: `136${String(n).padStart(8, '0')}`,
      actor: SYSTEM,
    }));
    const arrive = (people: typeof crowd) =>
      transaction(app.db.pool, (client) => app.organisations.joinPeople(client, people));
    const [one, other] = await Promise.all([arrive(crowd), arrive([...crowd].reverse())]);
    expect(one.map((person) => typeof person)).toEqual(Array(40).fill('object'));
    expect([...other].reverse()).toEqual(one);
    const ids = one.map((person) => (person as { personId: string }).personId);
    expect(new Set(ids).size).toBe(40);
    expect(await app.db.prisma.auditEntry.count({ where: { subjectId: { in: ids } } })).toBe(40);
  });

  test('a personal link opens for its person until it is replaced; only a digest is stored', async () => {
    const person = (await addPerson(chemicals.id, { name: '链接' })).body;
    const link = async () => (await app.officer<{ path: string }>('POST', `/people/${person.id}/link`)).body.path;
    const first = await link();
    expect(first).toMatch(/^\/j\/[\w-]{43}$/);
    const token = first.slice('/j/'.length);
    expect(await app.organisations.findPersonByLinkToken(token)).toMatchObject({ personId: person.id });
    const stored = await app.db.prisma.person.findUniqueOrThrow({ where: { id: person.id } });
    expect(Buffer.from(stored.linkHash ?? []).equals(createHash('sha256').update(token).digest())).toBe(true);
    await link();
    expect(await app.organisations.findPersonByLinkToken(token)).toBeNull();
  });
});

describe('the roster', () => {
  test('of two people with one number at once one is refused', async () => {
    const answers = await Promise.all([
      addPerson(chemicals.id, { name: '甲', phone: '13700000010' }),
      addPerson(chemicals.id, { name: '乙', phone: '13700000010' }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(answers.map((answer) => answer.body.code)).toContain('duplicate-person');
  });

  test('who leaves is off the roster and comes back as the same person; the number may go to somebody else', async () => {
    const body = { name: '来去', phone: '13700000020', position: '焊工' };
    const person = (await addPerson(chemicals.id, body)).body;
    expect((await app.officer('DELETE', `/people/${person.id}`)).status).toBe(204);
    expect(await app.organisations.personForLogin(person.id)).toBeNull();
    expect((await app.officer('GET', `/people/${person.id}/phone`)).status).toBe(404);
    expect((await addPerson(chemicals.id, body)).body.id).toBe(person.id);
    await app.officer('DELETE', `/people/${person.id}`);
    const heir = await addPerson(chemicals.id, { name: '接号', phone: body.phone });
    expect(heir.status).toBe(200);
    expect(heir.body.id).not.toBe(person.id);
  });

  test('a change leaves alone what it doesn’t name', async () => {
    const person = (await addPerson(chemicals.id, { name: '原名', phone: '13700000030', position: '电工' })).body;
    const { body } = await app.officer<Person>('PATCH', `/people/${person.id}`, { name: '新名' });
    expect(body).toMatchObject({ name: '新名', position: '电工', phoneMasked: '137****0030', category: 'worker' });
  });

  test('another enterprise’s people are out of reach', async () => {
    const person = (await addPerson(chemicals.id, { name: '别人' })).body;
    const foreign = app.as([{ role: 'enterprise', unitId: bookshop.id }]);
    expect((await foreign('PATCH', `/people/${person.id}`, { name: '改' })).status).toBe(403);
    expect((await foreign('GET', `/people/${person.id}/phone`)).status).toBe(403);
    expect((await foreign('POST', `/people/${person.id}/link`)).status).toBe(403);
    expect((await foreign('DELETE', `/people/${crypto.randomUUID()}`)).status).toBe(404);
  });
});
