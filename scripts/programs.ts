import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { fingerprint } from './fingerprint.ts';
import { ROOT } from './folders.ts';

const BUILT = path.join(ROOT, 'dist/programs');
/** So many builds are kept: a supervisor that still runs starts its workers again from the one that it began with. */
const KEPT = 3;

/** Entry points of the processes that the supervisor starts. */
export interface Programs {
  worker: string;
  media: string;
}

/**
 * Bundles worker and media with all that they import into a few files, unless that was done for the present sources. Loaded from
 * thousands of files through tsx, a worker takes several times as long to start.
 */
export async function buildPrograms(): Promise<Programs> {
  const sources = await fingerprint(['server', 'media', 'prisma/generated'], ['package-lock.json', 'package.json']);
  // What is looked up as a file is so by its whole path: a project that was moved needs another build.
  const key = createHash('sha256').update(ROOT).update(sources).digest('hex');
  const folder = path.join(BUILT, key.slice(0, 16));
  const programs = { worker: path.join(folder, 'server/main.js'), media: path.join(folder, 'media/main.js') };
  if (await stat(programs.worker).catch(() => undefined)) {
    const now = new Date();
    await utimes(folder, now, now);
    return programs;
  }
  console.error('building the programs …');
  // Aside, and put into place when it is complete: another start may be building the same.
  const draft = path.join(BUILT, `.${process.pid}`);
  await bundle(draft);
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  await removeOld();
  return programs;
}

async function bundle(folder: string): Promise<void> {
  const { build } = await import('esbuild');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['server/main.ts', 'server/exporter.ts', 'media/main.ts'],
    outbase: ROOT,
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: NOT_BUNDLED,
    sourcemap: true,
    sourcesContent: false,
    // For packages in CommonJS.
    banner: {
      js: "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'error',
    plugins: [inPlace],
  });
}

/** Found at run time as ever: native code, packages that are looked up as files, and optional ones that are not installed. */
const NOT_BUNDLED = [
  '@node-rs/argon2',
  '@ffmpeg-installer/ffmpeg',
  '@expo-google-fonts/*',
  'pg-native',
  'bufferutil',
  'utf-8-validate',
];

/** A map of nothing: of packages no line is mapped, so that the first error of a process does not read 15 MB of maps. */
const UNMAPPED = Buffer.from('{"version":3,"sources":["package"],"mappings":"AAAA"}').toString('base64');

/** Gives each file the address it had before it was bundled, and leaves packages out of the source maps. */
const inPlace: Plugin = {
  name: 'in place',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path: file }) => {
      const ofPackage = file.includes(`${path.sep}node_modules${path.sep}`);
      const source = await readFile(file, 'utf8');
      const contents = source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
      if (!ofPackage) return { contents, loader: 'ts' };
      return { contents: `${contents}\n//# sourceMappingURL=data:application/json;base64,${UNMAPPED}`, loader: 'js' };
    });
  },
};

async function removeOld(): Promise<void> {
  const names = (await readdir(BUILT)).filter((name) => !name.startsWith('.'));
  const builds = await Promise.all(
    names.map(async (name) => {
      const folder = path.join(BUILT, name);
      return { folder, usedAt: (await stat(folder)).mtimeMs };
    }),
  );
  const old = builds.sort((a, b) => b.usedAt - a.usedAt).slice(KEPT);
  for (const { folder } of old) await rm(folder, { recursive: true, force: true });
}
