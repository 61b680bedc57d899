import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { fingerprint } from './fingerprint.ts';
import { CLIENT_FOLDER, ROOT } from './folders.ts';

export const VITE_CONFIG = path.join(CLIENT_FOLDER, 'vite.config.ts');

const STAMP = path.join(ROOT, 'dist/client.sha256');

/** Builds dist/client unless it was made from the present sources. Returns whether it was built. */
export async function buildPages(): Promise<boolean> {
  const sources = await fingerprint(
    ['client', 'server/contract'],
    ['package-lock.json', 'package.json', 'scripts/pages.ts'],
  );
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === sources) return false;
  console.error('building the pages …');
  const { build } = await import('vite');
  await build({ root: CLIENT_FOLDER, configFile: VITE_CONFIG, logLevel: 'warn' });
  await compressAssets(path.join(ROOT, 'dist/client/assets'));
  await writeFile(STAMP, sources);
  return true;
}

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
