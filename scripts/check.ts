import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './folders.ts';

/*
 * npm run check: format and lint, types (tests included), import rules, unused code. All of them run, side by side, and
 * each prints what it found.
 */
/** The native compiler, ten times as fast; the tools that read types through an API need the other one. */
const TSC = '../typescript-native/bin/tsc';

const checks: Record<string, string[]> = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '.'],
  types: [TSC, '-p', '.'],
  'types of the pages': [TSC, '-p', 'client'],
  'import rules': ['depcruise', '--output-type', 'err', 'server', 'media', 'client', 'scripts', 'prisma', 'tests'],
  'unused code': ['knip', '--no-progress'],
};

const results = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)));
for (const { name, output, ok, seconds } of results) {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(output);
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1;

function run(name: string, [program, ...args]: string[]) {
  const started = performance.now();
  return new Promise<{ name: string; output: string; ok: boolean; seconds: number }>((resolve) => {
    const child = spawn(path.join(ROOT, 'node_modules/.bin', program as string), args, { cwd: ROOT });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => {
      resolve({ name, output, ok: code === 0, seconds: (performance.now() - started) / 1000 });
    });
  });
}
