import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { PRISMA_FOLDER } from '../folders.ts';

const STAMP = path.join(PRISMA_FOLDER, 'generated', '.schema');

/** Generates the Prisma client into prisma/generated, unless it is already that of this schema and Prisma release. */
export async function generateClient(): Promise<boolean> {
  const wanted = await fingerprint();
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === wanted) return false;
  const require = createRequire(import.meta.url);
  await promisify(execFile)(
    process.execPath,
    [require.resolve('prisma/build/index.js'), 'generate', '--schema', path.join(PRISMA_FOLDER, 'schema.prisma')],
    {
      cwd: path.dirname(PRISMA_FOLDER),
      env: {
        ...process.env,
        // The generator is WebAssembly and never runs the native engine, but would download it. Any executable satisfies it.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
      },
    },
  );
  await writeFile(STAMP, wanted);
  return true;
}

async function fingerprint(): Promise<string> {
  const schema = await readFile(path.join(PRISMA_FOLDER, 'schema.prisma'));
  const { version } = createRequire(import.meta.url)('prisma/package.json') as { version: string };
  return `${version} ${createHash('sha256').update(schema).digest('hex')}\n`;
}
