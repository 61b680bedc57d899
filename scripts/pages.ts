import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { fingerprint } from './fingerprint.ts';
import { CLIENT_FOLDER, ROOT } from './folders.ts';

export const VITE_CONFIG = path.join(CLIENT_FOLDER, 'vite.config.ts');

const DIST = path.join(ROOT, 'dist/client');
const STAMP = path.join(ROOT, 'dist/client.sha256');
/** Names of assets that only the build before the present one has. */
const OF_BEFORE = path.join(ROOT, 'dist/client-before.json');

/**
 * Builds dist/client unless it was made from the present sources. Returns whether it was built. A product that runs meanwhile goes on with what it
 * has: the build is made aside, its shell takes the place of the one before last, and pages that are open still find what they load later.
 */
export async function buildPages(): Promise<boolean> {
  const sources = await fingerprint(
    ['client', 'server/contract'],
    ['package-lock.json', 'package.json', 'scripts/pages.ts'],
  );
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === sources) return false;
  console.error('building the pages …');
  const { build } = await import('vite');
  const draft = path.join(ROOT, `dist/.client-${process.pid}`);
  await build({ root: CLIENT_FOLDER, configFile: VITE_CONFIG, logLevel: 'warn', build: { outDir: draft } });
  await compressAssets(path.join(draft, 'assets'));
  await putInPlace(draft);
  await writeFile(STAMP, sources);
  return true;
}

async function putInPlace(draft: string): Promise<void> {
  const [from, to] = [path.join(draft, 'assets'), path.join(DIST, 'assets')];
  await mkdir(to, { recursive: true });
  const names = new Set(await readdir(from));
  const before = (await readdir(to)).filter((name) => !names.has(name));
  const older = new Set(JSON.parse(await readFile(OF_BEFORE, 'utf8').catch(() => '[]')) as string[]);
  for (const name of names) await rename(path.join(from, name), path.join(to, name));
  await rm(from, { recursive: true });
  const others = (await readdir(draft)).filter((name) => name !== SHELL);
  for (const name of others) {
    await rm(path.join(DIST, name), { recursive: true, force: true });
    await rename(path.join(draft, name), path.join(DIST, name));
  }
  await rename(path.join(draft, SHELL), path.join(DIST, SHELL));
  await rm(draft, { recursive: true });
  for (const name of before) if (older.has(name)) await rm(path.join(to, name), { force: true });
  await writeFile(OF_BEFORE, JSON.stringify(before.filter((name) => !older.has(name))));
}

/** Last, since workers look at it to see whether the pages were built anew. */
const SHELL = 'index.html';

/** Smaller ones hardly shrink. */
const SHRINKS_FROM = 1_024;
/** The console's library would take seconds at brotli's best, for a twentieth less. */
const LARGE = 600_000;

/** Puts `.br` and `.gz` beside every script and style, so that nobody compresses them while a crowd comes. */
async function compressAssets(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(js|css|svg|json)$/.test(name));
  const files = names.map(async (name) => {
    const file = path.join(folder, name);
    const text = await readFile(file);
    if (text.length < SHRINKS_FROM) return;
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: text.length > LARGE ? 9 : 11 };
    const [br, gz] = await Promise.all([brotli(text, { params }), gzip(text, { level: 9 })]);
    await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
  });
  await Promise.all(files);
}

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);
