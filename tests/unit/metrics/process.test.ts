import fs from 'node:fs';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { countProcess } from '#media/metrics/process.ts';
import { metricIn } from '#tests/support/metrics.ts';

it('counts the open files of a process, and walks over nothing that grows with its sockets', async () => {
  const register = new Registry();
  countProcess(register);
  const files = async () => metricIn(await register.metrics(), 'process_open_fds') ?? 0;
  const before = await files();
  const opened = Array.from({ length: 50 }, () => fs.openSync('/dev/null', 'r'));
  // Others in this process open and close some meanwhile.
  expect((await files()) - before).toBeGreaterThan(25);
  for (const file of opened) fs.closeSync(file);
  expect(await register.metrics()).not.toMatch(/nodejs_active_/);
});
