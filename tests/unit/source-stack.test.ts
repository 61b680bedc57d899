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
