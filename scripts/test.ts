import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './folders.ts';
import { LUA_MODULE } from './outside/nginx.ts';
import { OFFICE } from './outside/office.ts';
import { REDIS } from './outside/redis.ts';
import { buildPages } from './pages.ts';
import { buildPrograms } from './programs.ts';

/*
 * npm test: sets up, then checks, unit and integration tests, end to end. `npm test -- unit integration` runs a part.
 */
const parts: Record<string, () => Promise<boolean>> = {
  check: () => run('node', ['scripts/bootstrap.mjs', 'scripts/check.ts']),
  unit: () => run('node_modules/.bin/vitest', ['run', '--project', 'unit']),
  integration: () => run('node_modules/.bin/vitest', ['run', '--project', 'integration']),
  e2e: () => run('node_modules/.bin/playwright', ['test']),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
const chosen = asked.length > 0 ? asked : Object.keys(parts);

await buildPages();
if (chosen.includes('integration') || chosen.includes('e2e')) await buildPrograms();
if (chosen.includes('integration') || chosen.includes('e2e')) {
  needProgram('ffmpeg', ['ffmpeg'], ['/usr/bin/ffmpeg', process.env.FFMPEG_PATH]);
  needProgram('openssl', ['openssl'], ['/usr/bin/openssl']);
}
if (chosen.includes('integration')) {
  needProgram('nginx', ['nginx', 'libnginx-mod-http-lua'], [LUA_MODULE]);
  needProgram('Redis', ['redis-server'], [REDIS]);
  needProgram('LibreOffice', ['libreoffice-calc'], [OFFICE]);
  needProgram('Poppler', ['poppler-utils'], ['/usr/bin/pdftoppm']);
}
if (chosen.includes('e2e'))
  needProgram('Chromium', ['chromium', 'fonts-noto-cjk'], ['/usr/bin/chromium', process.env.CHROMIUM_PATH]);

const failed: string[] = [];
for (const name of chosen) {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const ok = await parts[name]?.();
  console.log(`== ${name} ${ok ? 'passed' : 'FAILED'} after ${Math.round((performance.now() - started) / 1000)} s`);
  if (!ok) failed.push(name);
}
console.log(failed.length === 0 ? '\nall passed' : `\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Installs Debian's packages when that is possible here, else says in one line what to do, and ends. */
function needProgram(name: string, packages: string[], places: (string | undefined)[]): void {
  const present = () => places.some((place) => place && existsSync(place));
  if (present()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error(`installing ${packages.join(' ')} …`);
    const quiet = { stdio: 'ignore' } as const;
    spawnSync('apt-get', ['update'], quiet);
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], quiet);
    if (present()) return;
  }
  if (name === 'ffmpeg') {
    console.error('ffmpeg is not installed: the tests use the one of the npm package');
    return;
  }
  if (name === 'nginx') {
    console.error('nginx with its Lua module is not installed: the tests of its configuration are skipped');
    return;
  }
  if (name === 'Redis') {
    console.error('redis-server is not installed: the tests of the bus over Redis are skipped');
    return;
  }
  if (name === 'LibreOffice' || name === 'Poppler') {
    console.error(`${name} is not installed: the tests that open exports with it are skipped`);
    return;
  }
  const orSet = name === 'Chromium' ? ', or set CHROMIUM_PATH' : '';
  console.error(`${name} is missing: run "apt-get install ${packages.join(' ')}" as root${orSet}.`);
  process.exit(1);
}

function run(program: string, args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program === 'node' ? process.execPath : path.join(ROOT, program), args, {
      cwd: ROOT,
      stdio: 'inherit',
    });
    child.on('close', (code) => resolve(code === 0));
  });
}
