import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** A system account that a child process runs as. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

const NAME = 'anke-postgres';

/**
 * The account PostgreSQL runs as: it refuses root. Undefined when we are an ordinary user ourselves; then the server is
 * simply ours. `owner` is the uid that owns an existing database: whoever made it goes on with it.
 * @throws Error when we are root and no account can be made.
 */
export function postgresAccount(owner: number | undefined): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = owner ? accounts().find((account) => account.uid === owner) : undefined;
  if (existing) return existing;
  return findByName(NAME) ?? create();
}

/** May the account (undefined: we ourselves) reach what is below this folder, i.e. search it and all its parents? */
export function canReach(account: Account | undefined, folder: string): boolean {
  if (!account) return true;
  let at = fs.realpathSync(folder);
  for (;;) {
    const stat = fs.statSync(at);
    const bits = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
    if ((stat.mode & bits) === 0) return false;
    const parent = path.dirname(at);
    if (parent === at) return true;
    at = parent;
  }
}

function create(): Account {
  // No home is made and nobody can log in: initdb only insists on a passwd entry.
  const options = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
  ];
  let failure = '';
  try {
    execFileSync('useradd', [...options, NAME], { stdio: 'pipe' });
  } catch (error) {
    // Another start may have made it in the meantime, so only its absence counts.
    failure = (error as Error).message.trim();
  }
  const account = findByName(NAME);
  if (account) return account;
  throw new Error(
    `PostgreSQL does not run as root, and the system account ${NAME} could not be made (${failure}). ` +
      'Start as an ordinary user, or set DATABASE_URL to a server of your own.',
  );
}

function findByName(name: string): Account | undefined {
  return accounts().find((account) => account.name === name);
}

function accounts(): Account[] {
  return fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [name, , uid, gid] = line.split(':');
      return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
    });
}
