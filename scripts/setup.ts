import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateClient } from './database/generate.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const VITE_CONFIG = path.join(ROOT, 'client/vite.config.ts');

const STAMP = path.join(ROOT, 'dist/client.sha256');

/** Makes what is generated: the Prisma client, and for whoever serves pages the built client. Quick when nothing changed. */
export async function ensureSetup(needs: { client: boolean }): Promise<void> {
  await generateClient();
  if (needs.client) await buildClientIfNeeded();
}

/** Builds dist/client unless it was made from the present sources. Returns whether it was built. */
export async function buildClientIfNeeded(): Promise<boolean> {
  const sources = await fingerprint(['client', 'server/contract'], ['package-lock.json', 'package.json']);
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === sources) return false;
  console.error('building the pages …');
  const { build } = await import('vite');
  await build({ root: path.join(ROOT, 'client'), configFile: VITE_CONFIG, logLevel: 'warn' });
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
