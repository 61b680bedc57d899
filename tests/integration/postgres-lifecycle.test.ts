import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '#server/logger.ts';
import { LockedError } from '#server/supervisor/lock.ts';
import { Postgres } from '#server/supervisor/postgres.ts';
import { identify } from '#server/supervisor/process.ts';
import { ownPostgres } from '#tests/support/postgres-owner.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

let dataDir: string;
const open: Postgres[] = [];

beforeEach(async () => {
  dataDir = await temporaryFolder();
});

afterEach(async () => {
  for (const postgres of open.splice(0)) await postgres.stop();
  await rm(dataDir, { recursive: true });
});

async function start(): Promise<Postgres> {
  const postgres = await Postgres.start({ dataDir, password: 'test', logger: createLogger('silent', 'test') });
  open.push(postgres);
  return postgres;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const pidFile = () => path.join(dataDir, 'postgres/18/postmaster.pid');

test('a server killed with -9 comes back on the same port with everything that was committed', async () => {
  const postgres = await start();
  await query(postgres.url(), 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
  const killed = postgres.pid;
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => query(postgres.url(), 'SELECT n FROM kept').catch(() => [])).toEqual([{ n: 1 }]);
  // Known a moment after it answers.
  await expect.poll(() => postgres.pid).not.toBe(killed);
});

test('a server whose parent was killed is adopted as it runs, watched, and stopped at the end', async () => {
  const owner = await ownPostgres(dataDir);
  await query(owner.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
  owner.child.kill('SIGKILL');
  await once(owner.child, 'exit');
  expect(identify(owner.pid)).toBeDefined();

  const postgres = await start();
  expect(postgres).toMatchObject({ pid: owner.pid, port: owner.port });
  expect(await query(postgres.url(), 'SELECT n FROM kept')).toEqual([{ n: 1 }]);

  process.kill(postgres.pid, 'SIGKILL');
  await expect.poll(() => query(postgres.url(), 'SELECT n FROM kept').catch(() => [])).toEqual([{ n: 1 }]);
  await expect.poll(() => postgres.pid).not.toBe(owner.pid);

  await open.pop()?.stop();
  expect(identify(postgres.pid)).toBeUndefined();
});

test('when server and parent are both killed amid a statement, the next start waits for it and recovers', async () => {
  const owner = await ownPostgres(dataDir);
  await query(owner.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
  // Busy computing, its backend does not notice that the server is gone until it is done.
  let busy: Promise<unknown> | undefined;
  await expect
    .poll(() => {
      // One may be done before anybody has looked.
      busy ??= query(owner.url, "SELECT 'busy' FROM generate_series(1, 4000000) AS n WHERE n < 0")
        .catch(() => [])
        .finally(() => {
          busy = undefined;
        });
      return query(
        owner.url,
        "SELECT 1 AS n FROM pg_stat_activity WHERE query LIKE 'SELECT ''busy%' AND state = 'active'",
      );
    })
    .toEqual([{ n: 1 }]);
  process.kill(owner.pid, 'SIGKILL');
  owner.child.kill('SIGKILL');
  await once(owner.child, 'exit');
  const postgres = await start();
  expect(await query(postgres.url(), 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  await busy;
});

test('a stale postmaster.pid is cleared, and whoever has that pid now is left alone', async () => {
  const first = await start();
  const text = await readFile(pidFile(), 'utf8');
  await open.pop()?.stop();
  const owner = await stat(path.dirname(pidFile()));
  // The same user, since PostgreSQL itself would take such a process for a running server.
  const stranger = spawn('sleep', ['1000'], { uid: owner.uid, gid: owner.gid });
  await once(stranger, 'spawn');
  await writeFile(pidFile(), text.replace(String(first.pid), String(stranger.pid)));
  try {
    const postgres = await start();
    expect(postgres.pid).not.toBe(stranger.pid);
    expect(await query(postgres.url(), 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test('two processes never run the same cluster', async () => {
  await start();
  await expect(
    Postgres.start({ dataDir, password: 'test', logger: createLogger('silent', 'test') }),
  ).rejects.toBeInstanceOf(LockedError);
});

test('a set-up that was interrupted is begun anew', async () => {
  await mkdir(path.join(dataDir, 'postgres/18.new/base'), { recursive: true });
  await writeFile(path.join(dataDir, 'postgres/18.new/PG_VERSION'), '18\n');
  const postgres = await start();
  expect(await query(postgres.url(), 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
});

test('it is durable, listens on loopback alone, and asks for the password', async () => {
  const postgres = await start();
  const settings = await query(
    postgres.url(),
    `SELECT name, setting FROM pg_settings WHERE name IN
       ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'unix_socket_directories') ORDER BY name`,
  );
  expect(settings).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'synchronous_commit', setting: 'on' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  const wrong = new URL(postgres.url());
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
});

test('a password that does not fit the cluster is said to be the trouble', async () => {
  await start();
  await open.pop()?.stop();
  const attempt = Postgres.start({ dataDir, password: 'another', logger: createLogger('silent', 'test') });
  await expect(attempt).rejects.toThrow('secrets/database');
  const postgres = await start();
  expect(await query(postgres.url(), 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});
