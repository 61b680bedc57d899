import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PRISMA_FOLDER, ROOT } from '#scripts/folders.ts';

const SOURCES = ['client', 'media', 'prisma', 'scripts', 'server', 'tests', 'package.json', 'package-lock.json'];
const GENERATED = path.join(PRISMA_FOLDER, 'generated');

let checkout: string;
beforeAll(async () => {
  checkout = await mkdtemp(path.join(os.tmpdir(), 'anke-checkout-'));
  for (const name of SOURCES) {
    await cp(path.join(ROOT, name), path.join(checkout, name), {
      recursive: true,
      filter: (source) => source !== GENERATED,
    });
  }
  await symlink(path.join(ROOT, 'node_modules'), path.join(checkout, 'node_modules'));
});
afterAll(() => rm(checkout, { recursive: true, force: true }));

it('the demo runs where nothing has been generated yet', async () => {
  const command = ['scripts/bootstrap.mjs', 'scripts/demo.ts', '--learners', 'many'];
  const run = promisify(execFile)(process.execPath, command, { cwd: checkout });
  await expect(run).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--learners takes a number') });
});
