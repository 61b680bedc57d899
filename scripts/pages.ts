import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CLIENT_FOLDER, ROOT } from './folders.ts';

export const VITE_CONFIG = path.join(CLIENT_FOLDER, 'vite.config.ts');

const STAMP = path.join(ROOT, 'dist/client.sha256');

/** Builds dist/client unless it was made from the present sources. Returns whether it was built. */
export async function buildPages(): Promise<boolean> {
  const sources = await fingerprint(['client', 'server/contract'], ['package-lock.json', 'package.json']);
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === sources) return false;
  console.error('building the pages …');
  const { build } = await import('vite');
  await build({ root: CLIENT_FOLDER, configFile: VITE_CONFIG, logLevel: 'warn' });
  await writeFile(STAMP, sources);
  return true;
}

/** By content, since a fresh checkout gives every file the same new date. */
async function fingerprint(folders: string[], files: string[]): Promise<string> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(path.join(ROOT, folder), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    }),
  );
  const hash = createHash('sha256');
  for (const file of [...found.flat().sort(), ...files.map((name) => path.join(ROOT, name))]) {
    hash.update(`${path.relative(ROOT, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex');
}
