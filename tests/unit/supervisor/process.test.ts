import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isRunning, signal, untilGone } from '#server/supervisor/process.ts';

test('a process is known by its program, its folder and its command line', async () => {
  const child = spawn('sleep', ['1000'], { cwd: '/' });
  await once(child, 'spawn');
  const seen = identify(child.pid ?? 0);
  expect(seen).toMatchObject({ pid: child.pid, commandLine: 'sleep 1000' });
  expect(seen?.executable).toMatch(/sleep|coreutils|busybox/);
  child.kill();
  await once(child, 'exit');
  expect(identify(child.pid ?? 0)).toBeUndefined();
});

test('a later process with the same pid is another one, and gets no signal', async () => {
  const child = spawn('sleep', ['1000']);
  await once(child, 'spawn');
  const seen = identify(child.pid ?? 0);
  if (!seen) throw new Error('sleep does not run');
  const earlier = { ...seen, startTime: '1' };
  expect(isRunning(earlier)).toBe(false);
  signal(earlier, 'SIGKILL');
  expect(await untilGone(earlier, 0)).toBe(true);
  expect(child.exitCode ?? child.signalCode).toBeNull();
  expect(isRunning(seen)).toBe(true);
  signal(seen, 'SIGKILL');
  const [, by] = await once(child, 'exit');
  expect(by).toBe('SIGKILL');
});
