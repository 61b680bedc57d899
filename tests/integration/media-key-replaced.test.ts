import { afterAll, beforeAll, expect, it } from 'vitest';
import { srtStreamId } from '#contract/srt.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  SECRETS,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';
import { makeKeyMaterial, SrtCaller } from '#tests/support/srt-caller.ts';

const OLD = 'the-old-key-of-the-session';
const NEW = 'the-new-key-of-the-session';
let dataDir: string;
let app: HookEndpoint;
let media: MediaRun;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia({ SRT_PORT: '0' }));
});
afterAll(() => endOwnMedia({ dataDir, app, media }));

it('who was asked about before a key was replaced goes, however late it comes in, and who came after stays', async () => {
  const broadcast = makeBroadcast();
  app.keys.set(OLD, broadcast);
  app.keys.set(NEW, broadcast);
  const publishers = async () => (await media.status(broadcast))?.publishers.length ?? 0;
  const { client: first } = await RtmpClient.publish(media.rtmpPort, OLD);
  await until(async () => (await publishers()) === 1);

  const release = app.holdAuthorise();
  const late = RtmpClient.publish(media.rtmpPort, OLD);
  const caller = await SrtCaller.at(media.srtPort ?? 0);
  caller.conclude(srtStreamId(SECRETS.hooks, OLD), makeKeyMaterial(OLD));
  await until(() => app.asked.length === 3);
  const replacedAt = Date.now();
  const dismiss = (moreMs = 0) =>
    media.control('dismiss', { sessionId: broadcast.sessionId, agoMs: Date.now() - replacedAt + moreMs });
  await dismiss();
  await first.closed;
  release();
  await (await late).client.closed;
  const srtEnds = () =>
    media
      .log()
      .split('\n')
      .filter((text) => text.includes('SRT connection ended'));
  await until(() => srtEnds().some((text) => text.includes('the stream key was replaced')));
  caller.close();

  const { client: right } = await RtmpClient.publish(media.rtmpPort, NEW);
  await until(async () => (await publishers()) === 1);
  // What is on its way for a while says a moment so much too late, which must not be after the right one came in.
  expect((await dismiss(10_000)).ok).toBe(true);
  expect(await publishers()).toBe(1);
  right.socket.destroy();
  await until(async () => (await publishers()) === 0);
});
