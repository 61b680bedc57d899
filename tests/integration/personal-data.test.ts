import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';

let app: TestApp;
let district: District;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
});
afterAll(() => app.close());

const audited = (action: string, subjectId: string) => app.prisma.auditEntry.count({ where: { action, subjectId } });
const REASON = '本人书面申请';

describe('a copy of everything about a person', () => {
  it('is a file with what each table has of them, without hashes, and goes on record', async () => {
    const { personA, clients, accounts } = district;
    const params = { personId: personA.id };
    const looked = await clients.enterprise.call('GET /people/:personId/phone', { params });
    expect(looked.status).toBe(200);
    const reply = await clients.enterprise.call('GET /people/:personId/data', { params });
    expect(reply.headers.get('content-disposition')).toContain('attachment');
    // The test's client has parsed it, by its type.
    const data = JSON.parse(JSON.stringify(reply.body));
    expect(data.person).toMatchObject({ name: '张三', phone: personA.phone, unit: '东湖机械有限公司' });
    expect(data.numberLookedAt).toHaveLength(1);
    expect(data.records.login).toHaveLength(1);
    expect(Object.keys(data.records)).toEqual(expect.arrayContaining(['attendee', 'attendance_entry', 'attempt']));
    expect(JSON.stringify(data)).not.toMatch(/_hash|_cipher/);
    const entry = await app.prisma.auditEntry.findFirst({ where: { action: 'person:data', subjectId: personA.id } });
    expect(entry?.accountId).toBe(accounts.enterprise.id);
  });

  it('is for whoever keeps the roster, the bureau and the person, and for nobody else', async () => {
    const { personA, personB, clients } = district;
    const status = async (client: typeof clients.bureau, personId: string) =>
      (await client.call('GET /people/:personId/data', { params: { personId } })).status;
    expect(await status(clients.learner, personA.id)).toBe(200);
    expect(await status(clients.learner, personB.id)).toBe(403);
    expect(await status(clients.enterprise, personB.id)).toBe(403);
    expect(await status(clients.supervisor, personA.id)).toBe(403);
    expect(await audited('person:data', personB.id)).toBe(0);
  });
});

describe('deletion', () => {
  it('takes everything of somebody of whom no record has to stay', async () => {
    const { official, clients } = district;
    const params = { personId: official.id };
    const preview = await clients.bureau.call('GET /people/:personId/erasure', { params });
    expect(preview.body).toEqual({ kept: [], open: 0, account: false });
    const { status } = await clients.bureau.call('POST /people/:personId/erasure', {
      params,
      body: { reason: REASON },
    });
    expect(status).toBe(200);
    expect(await app.prisma.person.findUnique({ where: { id: official.id } })).toMatchObject({
      ...{ name: '已删除', phoneHash: null, phoneCipher: null, phoneLast4: null, linkHash: null },
      erasedAt: expect.any(Date),
    });
    expect(await audited('person:erase', official.id)).toBe(1);
  });

  it('leaves the training record with its name, says until when, and takes the rest and the login', async () => {
    const { principalA, unitA, areaA, clients } = district;
    const endedAt = new Date('2026-02-08T02:00:00Z');
    const { sessionId = '' } = await seedClass(app, {
      ...{ title: '开工第一课', unitId: unitA.id, personId: principalA.id },
      instructorAccountId: district.accounts.instructor.id,
    });
    await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'ended', endedAt } });
    const snapshot = { unitId: unitA.id, areaId: areaA.id, unitKind: 'enterprise', highRisk: true } as const;
    await app.prisma.attendee.upsert({
      where: { sessionId_personId: { sessionId, personId: principalA.id } },
      create: { sessionId, personId: principalA.id, ...snapshot, category: 'principal' },
      update: {},
    });
    const signedIn = await district.joined(principalA, unitA.joinCode);
    // Whom the bureau calls for the unit.
    const contactOfUnit = { contactName: '李四', contactPhone: principalA.phone };
    await clients.bureau.call('PATCH /units/:unitId', { params: { unitId: unitA.id }, body: contactOfUnit });
    const params = { personId: principalA.id };
    const { body } = await clients.bureau.call('POST /people/:personId/erasure', { params, body: { reason: REASON } });
    expect(body).toMatchObject({ kept: [{ recordClass: 'general', sessions: 1, until: '2029-02-08T02:00:00.000Z' }] });
    expect(await app.prisma.person.findUnique({ where: { id: principalA.id } })).toMatchObject({
      ...{ name: '李四', phoneCipher: null, leftAt: expect.any(Date), erasedAt: null },
      erasureAskedAt: expect.any(Date),
    });
    const contact = { contactName: null, contactCipher: null, contactLast4: null };
    expect(await app.prisma.unit.findUnique({ where: { id: unitA.id } })).toMatchObject(contact);
    expect(await app.prisma.attendee.count({ where: { personId: principalA.id } })).toBe(1);
    await expect.poll(async () => (await signedIn.call('GET /my/sessions')).status).toBe(401);
  });

  it('is refused for somebody with an account, and to everybody but the bureau', async () => {
    const { personB, accounts, clients } = district;
    const params = { personId: personB.id };
    const body = { reason: REASON };
    await app.prisma.account.update({ where: { id: accounts.instructor.id }, data: { personId: personB.id } });
    const reply = await clients.bureau.call('POST /people/:personId/erasure', { params, body });
    expect(reply.problem?.code).toBe('erased-has-account');
    expect((await clients.enterprise.call('POST /people/:personId/erasure', { params, body })).status).toBe(403);
  });
});
