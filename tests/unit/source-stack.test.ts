import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sourceStack } from '#server/source-stack.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true }));

test('a stack of a bundled program names the lines of its sources, and other lines as they are', async () => {
  const source = path.join(folder, 'thrower.ts');
  const bundled = path.join(folder, 'bundled.js');
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(source, '// The line that counts is the third.\n\nconsole.log(new Error("as ordered").stack);\n');
  await build({ entryPoints: [source], outfile: bundled, format: 'esm', sourcemap: true, banner: { js: '\n\n\n\n' } });
  const { stdout: stack } = await promisify(execFile)(process.execPath, [bundled]);

  const [message, ours, ...nodes] = stack.split('\n');
  expect(ours).toContain(`${pathToFileURL(bundled).href}:`);
  const [sameMessage, named, ...same] = sourceStack(stack).split('\n');
  expect(named).toContain(`${pathToFileURL(source).href}:3:13`);
  expect([sameMessage, ...same]).toEqual([message, ...nodes]);
});

test('a line that the bundler wrote itself, or whose map is broken, stays as it is', async () => {
  const bundled = path.join(folder, 'own.js');
  // The first column of the first line has no source; the second has.
  const map = { version: 3, sources: ['own.ts'], names: [], mappings: 'A,CAAA' };
  await writeFile(`${bundled}.map`, JSON.stringify(map));
  await writeFile(path.join(folder, 'broken.js.map'), '{"version":3');
  const { href } = pathToFileURL(bundled);
  const broken = pathToFileURL(path.join(folder, 'broken.js')).href;
  expect(sourceStack(`    at ${href}:1:1`)).toBe(`    at ${href}:1:1`);
  expect(sourceStack(`    at ${href}:1:2`)).toBe(`    at ${pathToFileURL(path.join(folder, 'own.ts')).href}:1:1`);
  expect(sourceStack(`    at ${broken}:1:1`)).toBe(`    at ${broken}:1:1`);
});
