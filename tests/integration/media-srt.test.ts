import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broadcast } from '#contract/media.ts';
import { srtAddress } from '#contract/srt.ts';
import { probe } from '#tests/support/media.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  playbackUrl,
  SECRETS,
  startMediaProcess,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { ffmpegHasSrt, publishTestSignal } from '#tests/support/publish.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';

/** As an encoder for broadcasts makes it: pictures are not sent in the order in which they are shown. */
const REORDERED = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-b_strategy', '0'];

describe.skipIf(!ffmpegHasSrt())('a publisher by SRT, of an ffmpeg that has it', () => {
  let dataDir: string;
  let app: HookEndpoint;
  let media: MediaRun;

  beforeAll(async () => {
    ({ dataDir, app, media } = await startOwnMedia({ SRT_PORT: '0' }));
  });
  afterAll(() => endOwnMedia({ dataDir, app, media }));

  const keyOf = (name: string) => `stream-key-of-${name}`;

  function publish(name: string, broadcast: Broadcast) {
    app.keys.set(keyOf(name), broadcast);
    const url = srtAddress(SECRETS.hooks, keyOf(name), '127.0.0.1', media.srtPort ?? 0);
    return publishTestSignal(url, { video: REORDERED });
  }

  function eventsOf({ id }: Broadcast): string[] {
    return app.events.filter((event) => event.broadcastId === id).map((event) => event.type);
  }

  const untilShown = (broadcast: Broadcast) =>
    until(async () => {
      const answer = await fetch(playbackUrl(media, broadcast, '360p/live.m3u8'));
      return answer.ok && (await answer.text()).includes('seg-1.m4s');
    });

  async function discontinuities(broadcast: Broadcast): Promise<number> {
    const text = await (await fetch(playbackUrl(media, broadcast, '360p/live.m3u8'))).text();
    return text.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0;
  }

  it('is seen, is lost, comes back behind the slate, and is recorded as one class', async () => {
    const broadcast = makeBroadcast();
    const publisher = publish('one', broadcast);
    await untilShown(broadcast);
    const status = await until(async () => {
      const now = await media.status(broadcast);
      return now?.keyFrameIntervalMs === 2_000 && now;
    });
    expect(status.publishers).toMatchObject([{ via: 'srt', state: 'on-air', remoteAddress: '127.0.0.1' }]);
    const source = { videoCodec: 'h264', audioCodec: 'aac', width: 640, height: 360, framesPerSecond: 25 };
    expect(status).toMatchObject({ publishing: true, source });
    const { frames } = await probe(playbackUrl(media, broadcast, 'index.m3u8'), '-read_intervals', '%+2');
    expect(frames).toBeGreaterThan(30);

    // Nobody says goodbye: it is missed long before its connection is given up.
    publisher.kill();
    await until(async () => (await discontinuities(broadcast)) >= 1);
    const back = publish('one', broadcast);
    await until(async () => (await discontinuities(broadcast)) >= 2);
    await until(() => eventsOf(broadcast).length >= 4);
    const events = ['publisher-connected', 'broadcast-started', 'publisher-lost', 'publisher-connected'];
    expect(eventsOf(broadcast)).toEqual(events);
    await media.control('end', { broadcastId: broadcast.id });
    await back.exited;
    const recorded = await probe(`${dataDir}/recordings/${broadcast.id}/index.m3u8`);
    expect(recorded.frames).toBeGreaterThan(150);
  });

  it('stands by beside others, who are so many at most whatever way they come', async () => {
    const broadcast = makeBroadcast();
    const names = ['rtmp-1', 'rtmp-2', 'rtmp-3'];
    for (const name of names) app.keys.set(keyOf(name), broadcast);
    const others = await Promise.all(names.map((name) => RtmpClient.publish(media.rtmpPort, keyOf(name))));
    const fourth = publish('four', broadcast);
    await until(async () => (await media.status(broadcast))?.publishers.some(({ via }) => via === 'srt'));
    const fifth = publish('five', broadcast);
    expect(await fifth.exited).not.toBe(0);
    expect(media.log()).toContain('too-many-publishers');
    await fourth.stop();
    for (const { client } of others) client.socket.destroy();
    await until(async () => (await media.status(broadcast))?.publishers.length === 0);
  });

  it('keeps nobody out while it sends what is not taken', async () => {
    const broadcast = makeBroadcast();
    app.keys.set(keyOf('hevc'), broadcast);
    const url = srtAddress(SECRETS.hooks, keyOf('hevc'), '127.0.0.1', media.srtPort ?? 0);
    const wrong = publishTestSignal(url, { video: ['-c:v', 'libx265', '-preset', 'ultrafast'] });
    await until(async () => (await media.status(broadcast))?.publishers[0]?.source.videoCodec === 'hevc');
    const right = publish('right', broadcast);
    await expect
      .poll(async () => (await media.status(broadcast))?.publishers)
      .toMatchObject([
        { source: { videoCodec: 'hevc' }, state: 'standby' },
        { source: { videoCodec: 'h264' }, state: 'on-air' },
      ]);
    // What is lost is not followed by what cannot be shown, and may come back at once.
    await right.stop();
    await until(() => eventsOf(broadcast).at(-1) === 'publisher-lost');
    await until(async () => {
      return (await media.status(broadcast))?.publishers.map(({ state }) => state).join() === 'standby';
    });
    wrong.kill();
  });

  it('is back on the same port after kill -9 of the media process', async () => {
    const broadcast = makeBroadcast();
    const publisher = publish('killed', broadcast);
    await untilShown(broadcast);
    await media.kill();
    media = await startMediaProcess(dataDir, app.url, { SRT_PORT: String(media.srtPort) });
    // It notices by itself that nobody answers any more, as an encoder does that then connects again.
    await publisher.exited;
    const before = await discontinuities(broadcast);
    const back = publish('killed', broadcast);
    await until(async () => (await discontinuities(broadcast)) > before);
    await until(async () => (await media.status(broadcast))?.publishers.map(({ via }) => via).join() === 'srt');
    await back.stop();
    expect(fs.readdirSync(`${dataDir}/recordings`)).toContain(broadcast.id);
  });
});
