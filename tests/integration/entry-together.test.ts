import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';

/* A crowd comes at once: everybody is let in, and the database is asked for many of them together. */

const PEOPLE = 40;

let app: TestApp;
let district: District;
let sessionId: string;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { unitA, personA } = district;
  const made = { title: '开工第一课', instructorAccountId: null };
  ({ sessionId } = await seedClass(app, { ...made, unitId: unitA.id, personId: personA.id }));
});
afterAll(() => app?.close());

it('lets everybody in who comes at the same moment, with a few statements for all of them', async () => {
  const { joinCode } = district.unitA;
  const crowd = Array.from({ length: PEOPLE }, (_, n) => ({
    client: app.client(),
    body: { name: `新人${n}`, phone: `137${String(n).padStart(8, '0')}` },
  }));
  const query = vi.spyOn(pg.Client.prototype, 'query');
  const together = async <T>(each: (one: (typeof crowd)[number]) => Promise<T>): Promise<T[]> =>
    Promise.all(crowd.map(each));
  await together(async ({ client }) =>
    done('code', await client.call('GET /join/unit/:joinCode', { params: { joinCode } })),
  );
  const people = await together(async ({ client, body }) =>
    done('sign-in', await client.call('POST /join/unit/:joinCode', { params: { joinCode }, body })),
  );
  const lists = await together(async ({ client }) => done('list', await client.call('GET /my/sessions')));
  const params = { sessionId };
  const admissions = await together(async ({ client }) =>
    done('ticket', await client.call('POST /sessions/:sessionId/ticket', { params, body: { deviceId: newId() } })),
  );
  const statements = query.mock.calls.length;
  query.mockRestore();

  expect(people.map(({ name }) => name)).toEqual(crowd.map(({ body }) => body.name));
  const personIds = people.flatMap(({ personId }) => personId ?? []);
  expect(new Set(personIds).size).toBe(PEOPLE);
  expect(lists.map((list) => list.map(({ session }) => session.id))).toEqual(Array(PEOPLE).fill([sessionId]));
  expect(new Set(admissions.map(({ connId }) => connId)).size).toBe(PEOPLE);
  expect(await app.prisma.attendee.count({ where: { sessionId, personId: { in: personIds } } })).toBe(PEOPLE);
  expect(await app.prisma.login.count({ where: { personId: { in: personIds } } })).toBe(PEOPLE);
  expect(await app.prisma.auditEntry.count({ where: { action: 'person:join', subjectId: { in: personIds } } })).toBe(
    PEOPLE,
  );
  // Each for themselves they took 33.
  expect(statements / PEOPLE).toBeLessThan(8);
});

it('a code that was replaced by another worker opens nothing, though its unit was just shown here', async () => {
  const beside = await startApp({ beside: app });
  const { government } = district;
  const params = { joinCode: government.joinCode };
  done('code', await beside.client().call('GET /join/unit/:joinCode', { params }));
  const { bureau } = district.clients;
  done('unit', await bureau.call('POST /units/:unitId/join-code', { params: { unitId: government.id } }));
  const body = { name: '来晚了', phone: '13700099999' };
  const late = await beside.client().call('POST /join/unit/:joinCode', { params, body });
  expect([late.status, late.problem?.code]).toEqual([404, 'unknown-join-code']);
  expect(await app.prisma.person.count({ where: { name: body.name } })).toBe(0);
  await beside.close();
});

it('who was excluded while the list of classes was shown gets no ticket for it', async () => {
  const { joinCode } = district.unitA;
  const client = app.client();
  const body = { name: '将被拒绝', phone: '13700088888' };
  const me = done('sign-in', await client.call('POST /join/unit/:joinCode', { params: { joinCode }, body }));
  done('list', await client.call('GET /my/sessions'));
  await app.prisma.person.update({ where: { id: me.personId ?? '' }, data: { verification: 'refused' } });
  const params = { sessionId };
  const refused = await client.call('POST /sessions/:sessionId/ticket', { params, body: { deviceId: newId() } });
  expect([refused.status, refused.problem?.code]).toEqual([403, 'not-invited']);
});
