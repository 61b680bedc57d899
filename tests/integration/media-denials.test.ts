import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  playbackToken,
  playbackUrl,
  startMediaProcess,
  startOwnMedia,
} from '#tests/support/media-run.ts';

let dataDir: string;
let app: HookEndpoint;
let media: MediaRun;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
});
afterAll(() => endOwnMedia({ dataDir, app, media }));

it('refuses who was sent out after kill -9 as before, and nobody else', async () => {
  const broadcast = makeBroadcast();
  const [theirs, another] = [randomUUID(), randomUUID()].map((sub) => playbackToken(broadcast, { sub }));
  const out = randomUUID();
  const outs = playbackToken(broadcast, { sub: out });
  const status = async (token?: string) => (await fetch(playbackUrl(media, broadcast, 'index.m3u8', token))).status;
  const denials = [out, randomUUID()].map((personId) =>
    media.control('deny', { personIds: [personId], issuedBefore: Math.floor(Date.now() / 1_000) + 1 }),
  );
  expect((await Promise.all(denials)).map((answer) => answer.status)).toEqual([204, 204]);
  // Nothing is published: a good token finds nothing, a bad one is not let in to look.
  expect([await status(outs), await status(theirs), await status(another)]).toEqual([401, 404, 404]);
  await media.kill();
  media = await startMediaProcess(dataDir, app.url);
  expect([await status(outs), await status(theirs), await status(another)]).toEqual([401, 404, 404]);
});

it('starts with a list that cannot be read', async () => {
  await media.stop();
  fs.writeFileSync(`${dataDir}/denials.json`, '{"not":"a list"');
  media = await startMediaProcess(dataDir, app.url);
  expect((await fetch(`${media.url}/media/health`)).status).toBe(200);
});
