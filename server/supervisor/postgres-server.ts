import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { PostgresFiles } from './postgres-files.ts';
import { identify, isRunning, isTaken, type ProcessIdentity, signal, untilGone } from './process.ts';

/** The superuser of an embedded server and the owner of everything in it. */
export const USER = 'anke';

/** One running PostgreSQL: our child, or one that a killed parent left. */
export interface Server {
  process: ProcessIdentity;
  port: number;
  /** Settles when it ended, with the reason in words. */
  ended: Promise<string>;
}

/** Server settings by name, as on its command line. */
export type Settings = Record<string, string>;

const SETTINGS: Settings = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path may be at most 107 bytes long, and data folders lie deep.
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Its own log process and a file for each weekday, since a server that outlives its parent has nobody to write to.
  logging_collector: 'on',
  log_filename: 'postgresql-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
};

/** Makes the cluster unless it exists. A cluster that is there is complete: it is made aside and moved into place. */
export function initialise(files: PostgresFiles, password: string, sync: boolean): void {
  if (fs.existsSync(files.cluster)) return;
  const draft = `${files.cluster}.new`;
  const passwordFile = `${files.cluster}.password`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.rmSync(passwordFile, { force: true });
  fs.mkdirSync(draft, { mode: 0o700 });
  try {
    fs.writeFileSync(passwordFile, password, { mode: 0o600 });
    if (files.account) {
      fs.chownSync(draft, files.account.uid, files.account.gid);
      fs.chownSync(passwordFile, files.account.uid, files.account.gid);
    }
    const options = [
      `--pgdata=${draft}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(sync ? [] : ['--no-sync']),
    ];
    const result = spawnSync(files.initdb, options, { ...runAs(files), encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`initdb failed: ${result.error?.message ?? result.stderr.trim()}`);
    fs.renameSync(draft, files.cluster);
  } finally {
    fs.rmSync(passwordFile, { force: true });
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

/** Starts the server on an initialised cluster and waits until it takes connections, however long its recovery is. */
export async function launch(files: PostgresFiles, port: number, settings: Settings, logger: Logger): Promise<Server> {
  clearStalePidFile(files, logger);
  const options = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(files.postgres, ['-D', files.cluster, '-p', String(port), ...options], {
    ...runAs(files),
    // A session of its own: the Ctrl-C of a terminal must not stop it before those that still write to it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  const ended = endOf(child);
  await once(child, 'spawn');
  const started = identify(child.pid ?? 0);
  if (started) {
    const outcome = await Promise.race([ended, untilReady(files, started, logger)]);
    if (typeof outcome === 'object') return { process: started, port, ended };
  }
  throw new Error(`PostgreSQL did not start (${await ended}): ${complaint.trim()}`);
}

/**
 * The server that already runs on this cluster, once it takes connections.
 * @throws Error when a PostgreSQL that isn't ours runs on it.
 */
export async function findRunning(files: PostgresFiles, logger: Logger): Promise<Server | undefined> {
  const state = readPidFile(files);
  if (!state) return undefined;
  const found = identify(state.pid);
  if (!found || !isServerOf(files, found)) return undefined;
  if (found.executable !== fs.realpathSync(files.postgres)) {
    throw new Error(
      `another PostgreSQL (${found.executable}, pid ${found.pid}) runs on ${files.cluster}: stop it first`,
    );
  }
  if (state.status === 'stopping') {
    await untilGone(found, 60_000);
    return undefined;
  }
  const ready = await untilReady(files, found, logger);
  if (!ready) return undefined;
  return { process: found, port: ready.port, ended: untilEnded(found) };
}

/** PostgreSQL takes whatever has the pid in postmaster.pid for a running server, and then refuses to start. */
function clearStalePidFile(files: PostgresFiles, logger: Logger): void {
  const state = readPidFile(files);
  if (!state || !isTaken(state.pid)) return;
  const found = identify(state.pid);
  if (found && isServerOf(files, found)) return;
  logger.warn(
    { stalePid: state.pid },
    'removing a stale postmaster.pid: its pid belongs to another program, or to a dead one',
  );
  fs.rmSync(pidFile(files), { force: true });
}

function isServerOf(files: PostgresFiles, found: ProcessIdentity): boolean {
  if (!path.basename(found.executable).startsWith('postgres')) return false;
  // The server changes into its cluster.
  if (found.cwd !== undefined) return found.cwd === fs.realpathSync(files.cluster);
  return found.commandLine.includes(`-D ${files.cluster}`);
}

/** Ends it as `pg_ctl stop -m fast` does: open transactions are rolled back, everything committed is on disk. */
export async function shutDown(server: Server): Promise<void> {
  signal(server.process, 'SIGINT');
  if (await untilGone(server.process, 30_000)) return;
  signal(server.process, 'SIGQUIT');
  if (!(await untilGone(server.process, 10_000)))
    throw new Error(`PostgreSQL (pid ${server.process.pid}) does not stop`);
}

interface PidFile {
  pid: number;
  port: number;
  status: string;
}

function pidFile(files: PostgresFiles): string {
  return path.join(files.cluster, 'postmaster.pid');
}

/** Lines of the file: pid, data folder, start time, port, socket folder, listen address, shared memory, status. */
function readPidFile(files: PostgresFiles): PidFile | undefined {
  let lines: string[];
  try {
    lines = fs.readFileSync(pidFile(files), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

async function untilReady(files: PostgresFiles, server: ProcessIdentity, logger: Logger): Promise<PidFile | undefined> {
  const begun = Date.now();
  let told = 0;
  while (isRunning(server)) {
    const state = readPidFile(files);
    if (state?.pid === server.pid && state.status === 'ready') return state;
    const seconds = Math.floor((Date.now() - begun) / 10_000) * 10;
    if (seconds > told) logger.warn({ seconds }, 'PostgreSQL is still starting (recovering after a crash?)');
    told = seconds;
    await delay(20);
  }
  return undefined;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signalName) => resolve(signalName ?? `code ${code}`));
  });
}

async function untilEnded(adopted: ProcessIdentity): Promise<string> {
  while (isRunning(adopted)) await delay(200);
  return 'adopted server gone';
}

function runAs(files: PostgresFiles) {
  return {
    uid: files.account?.uid,
    gid: files.account?.gid,
    // Reachable for every account, and no PG* variable of ours may reach the server.
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  };
}
