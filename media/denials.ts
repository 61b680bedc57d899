import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseJson } from './json.ts';
import type { Denial } from './tokens.ts';

const Kept = z.array(z.object({ personId: z.uuid(), issuedBefore: z.int() }));
const NAME = 'denials.json';

/** Who was sent out before this process began: their tokens may still be young. */
export async function readDenials(dataDir: string): Promise<Denial[]> {
  const text = await fs.readFile(path.join(dataDir, NAME), 'utf8').catch(() => '[]');
  return Kept.safeParse(parseJson(text)).data ?? [];
}

/** Writes the list down as it is when its turn comes, so that of two that come together the later is what stays. */
export function denialsWriter(dataDir: string, denials: () => readonly Denial[]): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.catch(() => undefined).then(() => write(dataDir, denials()));
    return last;
  };
}

/** Aside and renamed, so that a reader finds the old list or the new one. */
async function write(dataDir: string, denials: readonly Denial[]): Promise<void> {
  const draft = path.join(dataDir, `${NAME}.new`);
  await fs.writeFile(draft, JSON.stringify(denials), { mode: 0o600 });
  await fs.rename(draft, path.join(dataDir, NAME));
}
