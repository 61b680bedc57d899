import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Db, openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { reseal } from '#server/resealing.ts';
import { createSealing, markOf, type Sealing } from '#server/sealing.ts';
import { abandon, checkSealingKeys, sealedOtherwise } from '#server/sealing-keys.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';

const NOW = Date.parse('2027-02-01T01:00:00Z');
const newKey = () => randomBytes(32).toString('hex');

let database: TestDatabase;
let db: Db;
let unitId: string;
let keys: { 'phone-hash': string; 'phone-cipher': string };
let sealing: Sealing;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDb(database.url, createLogger('silent', 'test'), 4);
  const areaId = newId();
  unitId = newId();
  await db.prisma.area.create({ data: { id: areaId, name: '城东街道' } });
  await db.prisma.unit.create({ data: { id: unitId, kind: 'enterprise', name: '宏远', areaId, joinCode: 'TEST2345' } });
});
beforeEach(() => {
  keys = { 'phone-hash': newKey(), 'phone-cipher': newKey() };
  sealing = sealingOf(keys);
});
afterEach(async () => {
  await db.prisma.person.deleteMany();
  await db.prisma.sealingKey.deleteMany();
  await db.prisma.unit.updateMany({ data: { contactCipher: null, contactLast4: null } });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const sealingOf = (of: typeof keys) => createSealing(of['phone-hash'], of['phone-cipher']);
const check = (given: typeof keys) => checkSealingKeys(db.pool, given, NOW);

async function people(count: number, by = sealing): Promise<void> {
  await db.prisma.person.createMany({
    data: Array.from({ length: count }, (_, n) => ({
      ...{ id: newId(), unitId, name: `学员${n}`, category: 'worker' as const },
      ...by.phone(`138${String(10_000_000 + n)}`),
    })),
  });
}

const phones = async (by: Sealing) =>
  (await db.prisma.person.findMany({ orderBy: { id: 'asc' } })).map(
    ({ phoneCipher }) => phoneCipher && by.unseal(phoneCipher),
  );

describe('keys at the start', () => {
  it('are registered with an empty database, and known again', async () => {
    await check(keys);
    await people(2);
    await check(keys);
    expect(await db.prisma.sealingKey.count()).toBe(2);
  });

  it('are accepted by a database from before keys were registered when they open its numbers', async () => {
    await people(2);
    await check(keys);
    expect(await db.prisma.sealingKey.count()).toBe(2);
  });

  it.each(['phone-cipher', 'phone-hash'] as const)('are refused when %s is another, in words', async (name) => {
    await people(2);
    const wrong = { ...keys, [name]: newKey() };
    await expect(check(wrong)).rejects.toThrow(`secrets/${name}`);
    await check(keys);
    await expect(check(wrong)).rejects.toThrow(`secrets/${name}`);
    expect(await db.prisma.sealingKey.count()).toBe(2);
  });

  it('may be new ones when there is nothing that they would have to open', async () => {
    await check(keys);
    await check({ 'phone-hash': newKey(), 'phone-cipher': newKey() });
  });

  it('are refused when one that is still needed is missing', async () => {
    await check(keys);
    await people(3);
    const next = { ...keys, 'phone-cipher': newKey() };
    const both = { ...keys, 'phone-cipher': `${next['phone-cipher']}\n${keys['phone-cipher']}` };
    await check(both);
    await expect(check(next)).rejects.toThrow('3 numbers are sealed with the key');
    await reseal(db.pool, sealingOf(both));
    await check(next);
  });
});

describe('sealing anew', () => {
  it('goes on where it was killed, and leaves what was changed meanwhile', async () => {
    await people(1_200);
    const before = await phones(sealing);
    const key = newKey();
    const both = sealingOf({ ...keys, 'phone-cipher': `${key}\n${keys['phone-cipher']}` });
    let batches = 0;
    const killed = await reseal(db.pool, both, () => {
      batches += 1;
      return batches <= 1;
    });
    expect(killed).toEqual({ resealed: 500, unreadable: 0 });
    expect(await sealedOtherwise(db.pool, key)).toBe(700);
    const together = await Promise.all([reseal(db.pool, both), reseal(db.pool, both)]);
    expect(together.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(700);
    expect(await sealedOtherwise(db.pool, key)).toBe(0);
    expect(await phones(sealingOf({ ...keys, 'phone-cipher': key }))).toEqual(before);
    expect(await reseal(db.pool, both)).toEqual({ resealed: 0, unreadable: 0 });
  });

  it('leaves and counts what no key opens', async () => {
    await people(2, sealingOf({ ...keys, 'phone-cipher': newKey() }));
    expect(await reseal(db.pool, sealing)).toEqual({ resealed: 0, unreadable: 2 });
  });
});

it('abandons numbers whose key is lost, hashes the others anew, and knows the present keys from then on', async () => {
  await check(keys);
  await people(2);
  await db.prisma.unit.update({
    where: { id: unitId },
    data: { contactCipher: sealing.seal('13900000001'), contactLast4: '0001' },
  });
  const next = { 'phone-hash': newKey(), 'phone-cipher': newKey() };
  const kept = await db.prisma.person.create({
    data: {
      ...{ id: newId(), unitId, name: '另一人', category: 'worker' },
      ...sealing.phone('13700000001'),
      phoneCipher: sealingOf(next).seal('13700000001'),
    },
  });
  await expect(check(next)).rejects.toThrow('secrets/phone-hash');
  expect(await abandon(db.pool, sealingOf(next), next, NOW)).toEqual({ numbers: 3, hashes: 1 });
  await check(next);
  const rows = await db.prisma.person.findMany();
  expect(rows.filter(({ phoneCipher, phoneHash }) => phoneCipher || phoneHash).map(({ id }) => id)).toEqual([kept.id]);
  const phoneHash = sealingOf(next).phoneHash('13700000001');
  expect(await db.prisma.person.findFirst({ where: { phoneHash } })).toMatchObject({ id: kept.id });
  expect(markOf(next['phone-cipher'])).toHaveLength(5);
  expect(await db.prisma.auditEntry.findFirst({ where: { action: 'sealing:abandon' } })).toMatchObject({
    detail: { numbers: 3, hashes: 1 },
  });
});
