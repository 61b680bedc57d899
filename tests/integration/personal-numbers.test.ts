import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createLogger } from '#server/logger.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';

/*
 * Everything that takes a phone number is done once; then no number stands in clear in any column of any table, in any file of the data folder, in
 * any line of the log, or in any list.
 */

const LONG = { timeout: 30_000, interval: 200 };
const NEWCOMER = '15912345678';
const ACCOUNT = '18612345678';
const CONTACT = '17712345678';
const GUESSED = '13987654321';

let app: TestApp;
let district: District;
let log = '';
let lists = '';
let numbers: string[];

beforeAll(async () => {
  const write = (line: string) => {
    log += line;
  };
  const logger = createLogger('trace', 'test', { write });
  app = await startApp({ logger });
  district = await app.seedDistrict();
  const { clients, unitA, personA, principalA, personB, official } = district;
  numbers = [personA, principalA, personB, official].map(({ phone }) => phone);
  numbers.push(NEWCOMER, ACCOUNT, CONTACT, GUESSED);
  const { sessionId, courseId } = await seedFirstClass(app, district);
  const { bureau, enterprise } = clients;
  const unit = { unitId: unitA.id };
  const { kind, areaId } = await app.prisma.unit.findUniqueOrThrow({ where: { id: unitA.id } });
  for (const { id } of [personA, principalA]) {
    await app.prisma.attendee.create({
      data: {
        ...{ sessionId, personId: id, unitId: unitA.id, areaId, unitKind: kind, highRisk: true, due: true },
        ...{ category: 'worker', creditedMs: 150_000, liveMs: 150_000 },
      },
    });
  }

  // What takes a number.
  await district.joined(personA, unitA.joinCode);
  const added = await enterprise.call('POST /units/:unitId/people', {
    params: unit,
    body: { name: '孙八', category: 'worker', phone: NEWCOMER },
  });
  const { id: addedId } = done('person', added);
  const contact = { contactName: '孙八', contactPhone: CONTACT };
  done('unit', await bureau.call('PATCH /units/:unitId', { params: unit, body: contact }));
  const grants = [{ role: 'supervisor' as const, areaId: district.areaA.id, industry: null, unitId: null }];
  const account = { name: null, phone: ACCOUNT, displayName: '监管员', password: 'anke-test-2026', grants };
  done('account', await bureau.call('POST /accounts', { body: account }));

  // Guesses are counted by it, mistakes answered.
  const stranger = app.client();
  for (const password of ['wrong-1', 'wrong-2']) {
    await stranger.call('POST /login', { body: { login: ACCOUNT, password } });
    await stranger.call('POST /login', { body: { login: GUESSED, password } });
    const { joinCode } = unitA;
    const body = { name: `不是${password}`, phone: GUESSED };
    await stranger.call('POST /join/unit/:joinCode', { params: { joinCode }, body: { ...body, phone: personA.phone } });
    await stranger.call('POST /join/unit/:joinCode', { params: { joinCode }, body });
  }
  await stranger.call('POST /join/unit/:joinCode', {
    params: { joinCode: unitA.joinCode },
    body: { name: '', phone: GUESSED },
  });

  // It is looked at, given to the person, taken as a file, and found by its last four.
  done('phone', await enterprise.call('GET /people/:personId/phone', { params: { personId: addedId } }));
  done('contact', await bureau.call('GET /units/:unitId/contact-phone', { params: unit }));
  await bureau.call('GET /people/:personId/data', { params: { personId: addedId } });
  for (const format of ['xlsx', 'pdf'] as const) {
    for (const full of [true, false]) {
      const body = { format, full };
      const params = { sessionId };
      done('export', await bureau.call('POST /sessions/:sessionId/exports', { params, body }));
    }
  }
  const course = { params: { courseId }, body: { format: 'csv' as const, full: true } };
  done('export', await bureau.call('POST /courses/:courseId/exports', course));
  const made = async () => (await bureau.call('GET /exports')).body.every(({ state }) => state === 'done');
  await vi.waitUntil(made, LONG);

  // The lists of everybody who has lists.
  const page = { page: 1, pageSize: 100 };
  for (const client of [bureau, enterprise, clients.supervisor]) {
    const replies = await Promise.all([
      client.call('GET /units', { query: page }),
      client.call('GET /units/:unitId', { params: unit }),
      client.call('GET /units/:unitId/people', { params: unit, query: { ...page, q: NEWCOMER.slice(-4) } }),
      client.call('GET /units/:unitId/people', { params: unit, query: page }),
      client.call('GET /accounts', { query: page }),
      client.call('GET /sessions/:sessionId/missing', { params: { sessionId } }),
      client.call('GET /sessions/:sessionId/people', { params: { sessionId }, query: page }),
      client.call('GET /sessions/:sessionId/screens', { params: { sessionId } }),
      client.call('GET /sessions/:sessionId/visits', { params: { sessionId } }),
      client.call('GET /hours/people', { query: page }),
      client.call('GET /exports'),
      client.call('GET /me'),
    ]);
    lists += JSON.stringify(replies.map(({ body, problem }) => ({ body, problem })));
  }
  // Whoever goes leaves nothing behind.
  const params = { personId: principalA.id };
  done('erasure', await bureau.call('POST /people/:personId/erasure', { params, body: { reason: '本人书面申请' } }));
});
afterAll(() => app?.close());

/** A number as it may stand in a dump: as it is, with gaps, and as bytes. */
function formsOf(number: string): string[] {
  const [head, middle, tail] = [number.slice(0, 3), number.slice(3, 7), number.slice(7)];
  const base64 = Buffer.from(number).toString('base64').slice(0, 14);
  return [
    number,
    `${head} ${middle} ${tail}`,
    `${head}-${middle}-${tail}`,
    Buffer.from(number).toString('hex'),
    base64,
  ];
}

function numbersIn(text: string): string[] {
  return numbers.filter((number) => formsOf(number).some((form) => text.includes(form)));
}

async function tables(): Promise<string[]> {
  const { rows } = await app.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  return rows.map(({ name }) => name);
}

it('are in no column of any table', async () => {
  const found: string[] = [];
  const filled = new Set<string>();
  for (const table of await tables()) {
    const { rows } = await app.pool.query<{ row: string }>(`select t::text as row from "${table}" t`);
    if (rows.length > 0) filled.add(table);
    for (const { row } of rows) found.push(...numbersIn(row).map((number) => `${table}: ${number}`));
  }
  expect(found).toEqual([]);
  // What may hold them was not empty.
  expect([...filled]).toEqual(
    expect.arrayContaining(['account', 'audit_entry', 'export_chunk', 'export_job', 'person', 'rate_limit', 'unit']),
  );
});

it('are sealed in files that are made for download, which are compressed and would not show them', async () => {
  const { rows } = await app.pool.query<{ content: Buffer }>('select content from export_chunk');
  expect(rows.length).toBeGreaterThanOrEqual(5);
  const plain = rows.map(({ content }) => app.sealing.unsealBytes(content));
  for (const [n, { content }] of rows.entries()) expect(content.includes(plain[n]?.subarray(0, 64) ?? '')).toBe(false);
  expect(plain.some((content) => content.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004')).toBe(true);
  expect(plain.some((content) => content.includes(district.personA.phone))).toBe(true);
});

it('are found and shown by keys that the database does not have', async () => {
  const { phone, id } = district.personA;
  const row = await app.prisma.person.findUniqueOrThrow({ where: { id } });
  expect(Buffer.from(row.phoneHash ?? [])).toEqual(Buffer.from(app.sealing.phoneHash(phone)));
  expect(app.sealing.unseal(row.phoneCipher ?? new Uint8Array())).toBe(phone);
  for (const table of await tables()) {
    const { rows } = await app.pool.query<{ row: string }>(`select t::text as row from "${table}" t`);
    for (const key of [app.secrets['phone-hash'], ...app.secrets['phone-cipher'].split(/\s+/).filter(Boolean)]) {
      expect(rows.some(({ row: text }) => text.includes(key))).toBe(false);
    }
  }
});

it('and no resident IDs are kept at all', async () => {
  const { rows } = await app.pool.query<{ column: string }>(
    `select table_name || '.' || column_name as column from information_schema.columns
     where table_schema = 'public' and column_name ~ '(^|_)(id_?(card|number)|resident|identity_?(card|number))'`,
  );
  expect(rows).toEqual([]);
});

it('are in no file of the data folder and in no line of the log', () => {
  const files = readdirSync(app.config.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files) expect(numbersIn(readFileSync(file, 'latin1'))).toEqual([]);
  expect(log.length).toBeGreaterThan(0);
  expect(numbersIn(log)).toEqual([]);
});

it('are masked in every list, and each look at one is on record', async () => {
  expect(lists).toContain('159****5678');
  expect(lists).toContain('177****5678');
  expect(numbersIn(lists)).toEqual([]);
  const looks = await app.prisma.auditEntry.count({ where: { action: 'phone:read' } });
  // The person's, the unit's, and three files.
  expect(looks).toBe(5);
});

it('are gone at once of whom they are deleted', async () => {
  const { id, phone } = district.principalA;
  expect(await app.prisma.person.findUnique({ where: { id } })).toMatchObject({
    ...{ phoneHash: null, phoneCipher: null, phoneLast4: null, linkHash: null },
  });
  const hash = app.sealing.phoneHash(phone);
  expect(await app.prisma.person.count({ where: { phoneHash: hash } })).toBe(0);
  // Whoever has the number comes in as somebody new.
  const { joinCode } = district.unitA;
  const body = { name: '李四', phone };
  const reply = await app.client().call('POST /join/unit/:joinCode', { params: { joinCode }, body });
  expect(reply.status).toBe(200);
  expect(await app.prisma.person.count({ where: { phoneHash: hash, id: { not: id } } })).toBe(1);
});
