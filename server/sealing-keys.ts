import type pg from 'pg';
import { auditWith, SYSTEM } from './audit.ts';
import { transaction } from './db.ts';
import { cipherKeysOf, createSealing, keyFingerprint, markOf, type Sealing } from './sealing.ts';

/** The keys in `secrets` are not those that this database's numbers were sealed with. Says in plain words what to do. */
export class SealingKeyError extends Error {}

/** Columns of ciphertexts; every table has an `id`. */
export const SEALED_COLUMNS = [
  { table: 'person', column: 'phone_cipher' },
  { table: 'account', column: 'phone_cipher' },
  { table: 'unit', column: 'contact_cipher' },
  { table: 'session', column: 'stream_key_cipher' },
] as const;

const WHAT_TO_DO =
  '请从备份恢复数据目录下的 secrets/phone-hash 与 secrets/phone-cipher，再启动。' +
  'Restore secrets/phone-hash and secrets/phone-cipher of the data folder from the backup and start again; ' +
  'if they are lost for good, see docs/guides/operator.md, "Keys of personal numbers".';

/** Rows that are tried where no key is registered yet. */
const SAMPLE = 20;

interface Keys {
  'phone-hash': string;
  'phone-cipher': string;
}

/**
 * Compares the keys with those that the database knows, before anything is served: with wrong ones nobody would be found by their
 * number any more, and everybody would come in as somebody new. Registers what is new.
 * @throws SealingKeyError
 */
export async function checkSealingKeys(pool: pg.Pool, keys: Keys, now: number): Promise<void> {
  const ciphers = cipherKeysOf(keys['phone-cipher']);
  const known = await registered(pool);
  const hash = keyFingerprint(keys['phone-hash']);
  if (known.length === 0) await trySamples(pool, keys);
  else {
    if (!known.some(({ use, fingerprint }) => use === 'hash' && fingerprint === hash) && (await anyHashed(pool))) {
      throw wrong('查找手机号的密钥（secrets/phone-hash）', 'The key that finds phone numbers (secrets/phone-hash)');
    }
    const present = new Set(ciphers.map(keyFingerprint));
    const gone = known.filter(({ use, fingerprint }) => use === 'cipher' && !present.has(fingerprint));
    for (const { fingerprint } of gone) {
      const left = await sealedWith(pool, fingerprint);
      if (left > 0) {
        const id = fingerprint.slice(0, 8);
        throw wrong(
          `有 ${left} 个号码用密钥 ${id} 加密，该密钥`,
          `${left} numbers are sealed with the key ${id}, which`,
          '不在 secrets/phone-cipher 中。is not in secrets/phone-cipher.',
        );
      }
    }
    const cipherKnown = known.filter(({ use }) => use === 'cipher');
    if (cipherKnown.length === gone.length && (await anySealed(pool))) {
      throw wrong(
        '加密手机号的密钥（secrets/phone-cipher）',
        'The key that seals phone numbers (secrets/phone-cipher)',
      );
    }
  }
  await register(pool, 'hash', [hash], now);
  await register(pool, 'cipher', ciphers.map(keyFingerprint), now);
}

/** When the present key was first seen, epoch ms; null when it never was. */
export async function registeredAt(pool: pg.Pool, cipherKey: string): Promise<number | null> {
  const known = await registered(pool);
  return known.find(({ fingerprint }) => fingerprint === keyFingerprint(cipherKey))?.at.getTime() ?? null;
}

/** Numbers that are not sealed with this key, or in the format of before there were key ids. */
export async function sealedOtherwise(pool: pg.Pool, cipherKey: string): Promise<number> {
  return count(pool, '<>', markOf(cipherKey));
}

export async function register(
  pool: pg.Pool,
  use: 'cipher' | 'hash',
  fingerprints: string[],
  now: number,
): Promise<void> {
  await pool.query(
    `insert into sealing_key (fingerprint, use, registered_at)
     select unnest($1::text[]), $2, $3 on conflict do nothing`,
    [fingerprints, use, new Date(now)],
  );
}

async function registered(pool: pg.Pool): Promise<{ fingerprint: string; use: string; at: Date }[]> {
  const { rows } = await pool.query('select fingerprint, use, registered_at as at from sealing_key');
  return rows;
}

/** A database from before keys were registered: some of what it holds must open, and be found. */
async function trySamples(pool: pg.Pool, keys: Keys): Promise<void> {
  const { rows } = await pool.query<{ hash: Buffer | null; cipher: Buffer }>(
    `(select phone_hash as hash, phone_cipher as cipher from person where phone_cipher is not null order by id desc limit ${SAMPLE})
     union all
     (select phone_hash, phone_cipher from account where phone_cipher is not null order by id desc limit ${SAMPLE})`,
  );
  if (rows.length === 0) return;
  const sealing = createSealing(keys['phone-hash'], keys['phone-cipher']);
  const opened = rows.flatMap(({ hash, cipher }) => {
    const phone = open(sealing, cipher);
    return phone === null ? [] : [{ hash, phone }];
  });
  if (opened.length === 0) {
    throw wrong('加密手机号的密钥（secrets/phone-cipher）', 'The key that seals phone numbers (secrets/phone-cipher)');
  }
  const hashed = opened.filter(({ hash }) => hash !== null);
  if (hashed.length > 0 && !hashed.some(({ hash, phone }) => hash?.equals(sealing.phoneHash(phone)))) {
    throw wrong('查找手机号的密钥（secrets/phone-hash）', 'The key that finds phone numbers (secrets/phone-hash)');
  }
}

async function sealedWith(pool: pg.Pool, fingerprint: string): Promise<number> {
  return count(pool, '=', Buffer.concat([Buffer.of(1), Buffer.from(fingerprint.slice(0, 8), 'hex')]));
}

async function anySealed(pool: pg.Pool): Promise<boolean> {
  return (await count(pool, '<>', Buffer.alloc(0))) > 0;
}

async function anyHashed(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `select from person where phone_hash is not null union all select from account where phone_hash is not null limit 1`,
  );
  return rows.length > 0;
}

async function count(pool: pg.Pool, comparison: '=' | '<>', mark: Buffer): Promise<number> {
  const each = SEALED_COLUMNS.map(
    ({ table, column }) =>
      `(select count(*) from ${table} where length(${column}) > 0 and substring(${column} from 1 for 5) ${comparison} $1)`,
  );
  const { rows } = await pool.query<{ count: number }>(`select ${each.join(' + ')} as count`, [mark]);
  return Number(rows[0]?.count ?? 0);
}

function wrong(zh: string, en: string, why?: string): SealingKeyError {
  const reason = why ?? '与本数据库使用的不符。is not the one that this database was made with.';
  return new SealingKeyError(`${zh} / ${en} ${reason}\n${WHAT_TO_DO}`);
}

/**
 * For keys that are lost for good: forgets the numbers that no key opens, hashes anew those that one does, and knows the keys in
 * `secrets` from then on. All or nothing, with an audit entry. Stream keys are left: each can be replaced on its session's page.
 */
export async function abandon(
  pool: pg.Pool,
  sealing: Sealing,
  keys: Keys,
  now: number,
): Promise<{ numbers: number; hashes: number }> {
  const fingerprints = cipherKeysOf(keys['phone-cipher']).map(keyFingerprint);
  return transaction(pool, async (client) => {
    let numbers = 0;
    let hashes = 0;
    for (const table of ['person', 'account'] as const) {
      const { rows } = await client.query<{ id: string; cipher: Buffer | null; hash: Buffer | null }>(
        `select id, phone_cipher as cipher, phone_hash as hash from ${table}
         where phone_cipher is not null or phone_hash is not null for update`,
      );
      const lost = rows.filter(({ cipher }) => cipher === null || open(sealing, cipher) === null);
      await client.query(
        `update ${table} set phone_cipher = null, phone_last4 = null, phone_hash = null where id = any ($1::uuid[])`,
        [lost.map(({ id }) => id)],
      );
      numbers += lost.length;
      const other = rows.flatMap(({ id, cipher, hash }) => {
        const phone = cipher && open(sealing, cipher);
        const made = phone ? Buffer.from(sealing.phoneHash(phone)) : null;
        return hash && made && !hash.equals(made) ? [{ id, made }] : [];
      });
      await client.query(
        `update ${table} set phone_hash = anew.hash
         from unnest($1::uuid[], $2::bytea[]) as anew (id, hash) where ${table}.id = anew.id`,
        [other.map(({ id }) => id), other.map(({ made }) => made)],
      );
      hashes += other.length;
    }
    const { rows: units } = await client.query<{ id: string; cipher: Buffer }>(
      'select id, contact_cipher as cipher from unit where contact_cipher is not null for update',
    );
    const lost = units.filter(({ cipher }) => open(sealing, cipher) === null).map(({ id }) => id);
    await client.query('update unit set contact_cipher = null, contact_last4 = null where id = any ($1::uuid[])', [
      lost,
    ]);
    numbers += lost.length;
    await client.query('delete from sealing_key');
    await client.query(
      `insert into sealing_key (fingerprint, use, registered_at)
       select unnest($1::text[]), 'cipher', $3::timestamptz union all select $2, 'hash', $3::timestamptz`,
      [fingerprints, keyFingerprint(keys['phone-hash']), new Date(now)],
    );
    const subject = { kind: 'installation', id: null };
    await auditWith(client, SYSTEM, now, 'sealing:abandon', subject, { numbers, hashes });
    return { numbers, hashes };
  });
}

function open(sealing: Sealing, cipher: Buffer): string | null {
  try {
    return sealing.unseal(cipher);
  } catch {
    return null;
  }
}
