import fs from 'node:fs';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { countProcess as countMediaProcess } from '#media/metrics/process.ts';
import { countProcess } from '#server/metrics/process.ts';
import { metricIn } from '#tests/support/metrics.ts';

describe.each([
  ['a worker', countProcess],
  ['media', countMediaProcess],
])('%s', (_, count) => {
  it('counts its open files, and walks over nothing that grows with its sockets', async () => {
    const register = new Registry();
    count(register);
    const files = async () => metricIn(await register.metrics(), 'process_open_fds') ?? 0;
    const before = await files();
    const opened = Array.from({ length: 50 }, () => fs.openSync('/dev/null', 'r'));
    // Others in this process open and close some meanwhile.
    expect((await files()) - before).toBeGreaterThan(25);
    for (const file of opened) fs.closeSync(file);
    expect(await register.metrics()).not.toMatch(/nodejs_active_/);
  });
});
