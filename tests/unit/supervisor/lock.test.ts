import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdLock, LockedError } from '#server/supervisor/lock.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'anke-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder has one holder, and a second one is told who it is', async () => {
  const lock = await holdLock(folder);
  const second = holdLock(`${folder}/.`);
  await expect(second).rejects.toBeInstanceOf(LockedError);
  await expect(second).rejects.toMatchObject({ pid: process.pid });
  await lock.release();
  await (await holdLock(folder)).release();
});

test('a holder that was killed holds nothing', async () => {
  const program = new URL('../../support/supervised/lock-holder.ts', import.meta.url);
  const holder = fork(program, [folder], { execArgv: ['--import', 'tsx'] });
  await once(holder, 'message');
  await expect(holdLock(folder)).rejects.toMatchObject({ pid: holder.pid });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await holdLock(folder)).release();
});
