import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './folders.ts';

/** Of all that is in folders and files, given relative to the project: by content, since a fresh checkout gives every file the same new date. */
export async function fingerprint(folders: string[], files: string[]): Promise<string> {
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
