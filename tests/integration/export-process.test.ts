import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { Export } from '#contract/archives.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';

/* Files are made in a process of their own, as a worker of the product has them made. */

const EXPORTER = fileURLToPath(new URL('../../server/exporter.ts', import.meta.url));
const SOON = { timeout: 90_000, interval: 100 };

let app: TestApp;
afterEach(() => app?.close());

async function ask(exporter: string) {
  app = await startApp({ exporter });
  const district = await app.seedDistrict();
  const { sessionId } = await seedFirstClass(app, district);
  const { bureau } = district.clients;
  const { body } = await bureau.call('POST /sessions/:sessionId/exports', {
    params: { sessionId },
    body: { format: 'xlsx' },
  });
  const read = async (): Promise<Export | undefined> =>
    (await bureau.call('GET /exports')).body.find(({ id }) => id === body.id);
  return { bureau, read };
}

it('the file is there when the process has ended', async () => {
  const { bureau, read } = await ask(EXPORTER);
  await expect.poll(async () => (await read())?.state, SOON).toBe('done');
  const made = (await read()) as Export;
  const file = Buffer.from(await (await bureau.fetch(`/api/v1/exports/${made.id}/file`)).arrayBuffer());
  expect([file.length, file.subarray(0, 2).toString()]).toEqual([made.bytes, 'PK']);
});

it('a process that dies leaves a file that failed, and may be asked for again', async () => {
  const { read } = await ask(`${EXPORTER}.is-not-there.js`);
  await expect.poll(async () => (await read())?.state, SOON).toBe('failed');
});
