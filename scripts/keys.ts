import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadConfig, loadEnvFile, loadSecrets, replaceSecret } from '#server/config.ts';
import { reseal } from '#server/resealing.ts';
import { cipherKeysOf, createSealing, keyFingerprint } from '#server/sealing.ts';
import { abandon, register, registeredAt, SealingKeyError, sealedOtherwise } from '#server/sealing-keys.ts';
import { withDatabase } from './database/open.ts';

/*
 * npm run keys: which key seals phone numbers, and how many are sealed otherwise.
 * npm run keys -- rotate: a new one, with which everything is sealed anew; may run beside the product.
 * npm run keys -- finish: forgets the keys of before, once nothing is sealed with them.
 * npm run keys -- abandon: for keys that are lost for good: forgets the numbers that they sealed.
 */
/** Workers take up a new key within a minute. */
const SETTLED_MS = 10 * 60_000;

const [task = 'show', ...rest] = process.argv.slice(2);
const TASKS = { show, rotate, finish, abandon: abandonLost };
if (!Object.hasOwn(TASKS, task) || rest.length > 0) {
  console.error('usage: npm run keys [-- rotate | finish | abandon]');
  process.exit(2);
}
loadEnvFile();
const { dataDir } = loadConfig();
try {
  await withDatabase(async (connectionString) => {
    const pool = new pg.Pool({ connectionString, max: 2 });
    try {
      await TASKS[task as keyof typeof TASKS](pool);
    } finally {
      await pool.end();
    }
  });
} catch (error) {
  console.error(error instanceof SealingKeyError ? error.message : error);
  process.exitCode = 1;
}

function ring(): string[] {
  return cipherKeysOf(loadSecrets(dataDir)['phone-cipher']);
}

function idOf(key: string | undefined): string {
  return keyFingerprint(key ?? '').slice(0, 8);
}

async function show(pool: pg.Pool): Promise<void> {
  const [present = '', ...before] = ring();
  console.log(`现用密钥 / present key    ${idOf(present)}
以前的密钥 / keys before  ${before.map(idOf).join(' ') || '–'}
待重新加密 / to be sealed anew  ${await sealedOtherwise(pool, present)}`);
}

async function rotate(pool: pg.Pool): Promise<void> {
  const key = randomBytes(32).toString('hex');
  await register(pool, 'cipher', [keyFingerprint(key)], Date.now());
  replaceSecret(dataDir, 'phone-cipher', [key, ...ring()].join('\n'));
  const { resealed, unreadable } = await reseal(pool, sealing());
  console.log(`新密钥 / new key  ${idOf(key)}
已重新加密 / sealed anew  ${resealed}，无法解开 / not readable  ${unreadable}
请立即备份 secrets 目录；有多台服务器时把 secrets/phone-cipher 复制到每一台。10 分钟后运行 npm run keys -- finish。
Back up the folder secrets now, and copy secrets/phone-cipher to every other host. Run npm run keys -- finish in ten minutes.`);
}

async function finish(pool: pg.Pool): Promise<void> {
  const [present = '', ...before] = ring();
  const since = await registeredAt(pool, present);
  if (before.length > 0 && (since === null || Date.now() - since < SETTLED_MS)) {
    throw new SealingKeyError(
      '更换未满 10 分钟，可能还有进程在用以前的密钥。The new key is less than ten minutes old: processes may still use the one before.',
    );
  }
  await reseal(pool, sealing());
  const left = await sealedOtherwise(pool, present);
  if (left > 0) {
    throw new SealingKeyError(
      `还有 ${left} 个号码没有用现用密钥加密，以前的密钥必须保留。${left} numbers are not sealed with the present key: those before must stay.`,
    );
  }
  replaceSecret(dataDir, 'phone-cipher', present);
  console.log(`现用密钥 / present key  ${idOf(present)}，已移除 / removed  ${before.length}`);
}

async function abandonLost(pool: pg.Pool): Promise<void> {
  const secrets = loadSecrets(dataDir);
  const { numbers, hashes } = await abandon(pool, sealing(), secrets, Date.now());
  console.log(`已清除无法解开的号码 / numbers forgotten  ${numbers}，查找码 / hashes  ${hashes}
重新导入带手机号的名册，号码即按单位和姓名补回。
Import the rosters again, with phone numbers: people are found by unit and name.`);
}

function sealing() {
  const secrets = loadSecrets(dataDir);
  return createSealing(secrets['phone-hash'], secrets['phone-cipher'], () => loadSecrets(dataDir)['phone-cipher']);
}
