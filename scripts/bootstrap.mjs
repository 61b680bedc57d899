/*
 * First step of every npm script: `node scripts/bootstrap.mjs SCRIPT.ts [ARGUMENT…]` installs the packages of the lock
 * file and generates the database client if need be, and runs the script, in this process, with TypeScript. Plain
 * JavaScript without a dependency, since nothing may be installed yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockFile = path.join(root, 'package-lock.json');
const installedFile = path.join(root, 'node_modules/.package-lock.json');
const stampFile = path.join(root, 'node_modules/.anke-lock');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node 20.19 or newer is needed; this is ${process.version}.`);
  process.exit(1);
}
const script = process.argv[2];
if (!script) {
  console.error('usage: node scripts/bootstrap.mjs SCRIPT.ts [ARGUMENT…]');
  process.exit(2);
}

installIfNeeded();
const { register } = await import('tsx/esm/api');
register();
// Before anything is imported that imports it.
const { generateClient } = await import('./database/generate.ts');
await generateClient();
process.argv.splice(1, 2, path.resolve(root, script));
await import(pathToFileURL(process.argv[1]).href);

function installIfNeeded() {
  const lock = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  // By content first: a checkout that only touches the lock file must not need the network again.
  if (read(stampFile) === lock) return;
  if (modified(installedFile) < modified(lockFile)) install();
  writeFileSync(stampFile, lock);
}

function install() {
  console.error('installing the packages of package-lock.json …');
  // Development packages too, whatever NODE_ENV says: the client is built here.
  const options = ['ci', '--include=dev', '--include=optional'];
  const npm = process.env.npm_execpath;
  const result = npm
    ? spawnSync(process.execPath, [npm, ...options], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', options, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status !== 0) {
    console.error(`npm ci failed${result.error ? `: ${result.error.message}` : ''}`);
    process.exit(1);
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
