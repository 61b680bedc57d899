import fs from 'node:fs';
import { M3U8Parser } from 'hls.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broadcast } from '#contract/media.ts';
import { probe } from '#tests/support/media.ts';
import {
  childrenOf,
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  playbackUrl,
  startMediaProcess,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';

const RENDITIONS = ['360p', 'sound'];

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
  // The slate is made while nobody publishes yet; a slow machine needs a while for it.
  await until(() => childrenOf(media.child.pid ?? 0, 'ffmpeg').length === 0);
});
afterAll(() => endOwnMedia({ dataDir, app, media }));

function eventsOf({ id }: Broadcast): string[] {
  return app.events.filter((event) => event.broadcastId === id).map((event) => event.type);
}

async function playlist(from: MediaRun, broadcast: Broadcast, rendition: string): Promise<string> {
  const answer = await fetch(playbackUrl(from, broadcast, `${rendition}/live.m3u8`));
  return answer.ok ? answer.text() : '';
}

/** Segments of the playlist as the player sees them. */
async function segments(from: MediaRun, broadcast: Broadcast, rendition: string) {
  const text = await playlist(from, broadcast, rendition);
  return M3U8Parser.parseLevelPlaylist(text, 'http://x/live.m3u8', 0, 'main' as never, 0, null).fragments;
}

/** Waits for a closed segment after the broadcast's n-th discontinuity in every rendition. */
async function untilDiscontinuity(from: MediaRun, broadcast: Broadcast, number: number): Promise<void> {
  for (const name of RENDITIONS) {
    await until(async () => (await segments(from, broadcast, name)).some(({ cc }) => cc === number));
  }
}

function publish(key: string, broadcast: Broadcast, from = media) {
  app.keys.set(key, broadcast);
  return publishTestSignal(from.rtmpUrl(key));
}

const untilWatched = (broadcast: Broadcast, from = media) =>
  until(async () => (await playlist(from, broadcast, '360p')).includes('seg-1.m4s'));

it('shows the slate in every rendition while the publisher is away, without a hole, and records all as one', async () => {
  const broadcast = makeBroadcast();
  const publisher = publish('lost', broadcast);
  await untilWatched(broadcast);
  publisher.kill();
  await untilDiscontinuity(media, broadcast, 1);
  await until(() => eventsOf(broadcast).includes('publisher-lost'));
  expect(eventsOf(broadcast)).toEqual(['publisher-connected', 'broadcast-started', 'publisher-lost']);
  expect((await media.status(broadcast))?.publishing).toBe(false);
  for (const name of RENDITIONS) {
    const all = await segments(media, broadcast, name);
    const at = all.findIndex(({ cc }) => cc === 1);
    const [before, slate] = [all[at - 1], all[at]];
    const hole = (slate?.programDateTime ?? 0) - (before?.programDateTime ?? 0) - (before?.duration ?? 0) * 1_000;
    // A third of a second where the machine is its own: an encoder that is behind ends its picture earlier than it was sent.
    expect(hole, name).toBeGreaterThan(-400);
    expect(hole, name).toBeLessThan(60_000);
  }
  const back = publish('lost', broadcast);
  await untilDiscontinuity(media, broadcast, 2);
  await until(() => eventsOf(broadcast).at(-1) === 'publisher-connected');
  await back.stop();
  await media.control('end', { broadcastId: broadcast.id });
  await until(() => eventsOf(broadcast).at(-1) === 'broadcast-ended');
  const recorded = fs.readFileSync(`${dataDir}/recordings/${broadcast.id}/360p/index.m3u8`, 'utf8');
  expect(recorded.match(/#EXT-X-DISCONTINUITY\n/g)?.length).toBeGreaterThanOrEqual(2);
  const { frames } = await probe(`${dataDir}/recordings/${broadcast.id}/index.m3u8`);
  expect(frames).toBeGreaterThan(150);
});

it('takes a publisher without a picture for lost although it is connected, and has it back when it goes on', async () => {
  const broadcast = makeBroadcast();
  const publisher = publish('frozen', broadcast);
  await untilWatched(broadcast);
  process.kill(publisher.pid, 'SIGSTOP');
  await until(() => eventsOf(broadcast).includes('publisher-lost'));
  expect((await media.status(broadcast))?.publishers.map(({ state }) => state)).toEqual(['lost']);
  await untilDiscontinuity(media, broadcast, 1);
  process.kill(publisher.pid, 'SIGCONT');
  await until(() => eventsOf(broadcast).at(-1) === 'publisher-connected');
  await untilDiscontinuity(media, broadcast, 2);
  // It sends at once what was made while it stood still: that is over, and no picture has a date that is still to come.
  const { lastPdt: backAt } = (await media.status(broadcast)) ?? {};
  await until(async () => {
    const { lastPdt } = (await media.status(broadcast)) ?? {};
    expect(lastPdt).toBeLessThan(Date.now() + 100);
    return (lastPdt ?? 0) > (backAt ?? 0) + 6_000;
  });
  expect(publisher.stderr()).toBe('');
  await publisher.stop();
  await media.control('end', { broadcastId: broadcast.id });
});

describe('with a slate of two seconds', () => {
  let folder: string;
  let short: MediaRun;
  beforeAll(async () => {
    folder = makeDataFolder();
    short = await startMediaProcess(folder, app.url, { SLATE_SECONDS: '2' });
  });
  afterAll(async () => {
    await short.stop();
    fs.rmSync(folder, { recursive: true });
  });

  it('the class stands still after them, waits on, and shows them again after kill -9', async () => {
    const broadcast = makeBroadcast();
    const publisher = publish('short', broadcast, short);
    await untilWatched(broadcast, short);
    publisher.kill();
    const lost = await until(() =>
      app.events.find((event) => event.broadcastId === broadcast.id && event.type === 'publisher-lost'),
    );
    // Two seconds after it was lost nothing is added any more: a reload that waits for more is answered as things are.
    const last = await until(async () => {
      const { lastPdt } = (await short.status(broadcast)) ?? {};
      return lastPdt && lastPdt > lost.at + 500 && Date.now() > lost.at + 4_000 ? lastPdt : undefined;
    });
    expect(last - lost.at).toBeLessThan(2_500);
    await short.kill();
    short = await startMediaProcess(folder, app.url, { SLATE_SECONDS: '2' });
    await until(async () => ((await short.status(broadcast))?.lastPdt ?? 0) > last);
    const back = publish('short', broadcast, short);
    await until(async () => (await short.status(broadcast))?.publishing);
    await back.stop();
  });
});

describe('several publishers of a session', () => {
  const broadcast = makeBroadcast();
  const states = async () => (await media.status(broadcast))?.publishers.map(({ state }) => state) ?? [];

  it('are one on air and others on standby; one takes over from the other without a break', async () => {
    const first = publish('several', broadcast);
    await untilWatched(broadcast);
    const second = publish('several', broadcast);
    await until(async () => (await states()).join() === 'on-air,standby');
    const { publishers } = (await media.status(broadcast)) ?? { publishers: [] };
    const answer = await media.control('take', { sessionId: broadcast.sessionId, publisherId: publishers[1]?.id });
    expect(answer.status).toBe(204);
    await until(async () => (await states()).join() === 'standby,on-air');
    await untilDiscontinuity(media, broadcast, 1);
    expect(eventsOf(broadcast)).not.toContain('publisher-lost');

    // Whoever is on air is lost: the other one takes its place by itself.
    second.kill();
    await until(async () => (await states()).join() === 'on-air');
    await until(() => eventsOf(broadcast).includes('publisher-lost'));
    expect(eventsOf(broadcast).filter((type) => type === 'publisher-lost')).toHaveLength(1);
    expect(first.stderr()).toBe('');
    await first.stop();
  });

  it('are where the class is, also when the one in the preview is lost as it begins', async () => {
    const preview = makeBroadcast({ kind: 'preview' });
    const live = makeBroadcast({ sessionId: preview.sessionId });
    app.keys.set('beginning', preview);
    const first = publishTestSignal(media.rtmpUrl('beginning'));
    await until(async () => (await media.status(preview))?.publishing);
    const spare = publishTestSignal(media.rtmpUrl('beginning'));
    await until(async () => (await media.status(preview))?.publishers.length === 2);
    await media.control('retarget', { broadcast: live });
    first.kill();
    await media.control('end', { broadcastId: preview.id });
    await until(async () => (await media.status(live))?.publishing);
    // The first may have come to a key frame before it died.
    await until(async () => (await media.status(live))?.publishers.map(({ state }) => state).join() === 'on-air');
    await spare.stop();
    await media.control('end', { broadcastId: live.id });
  });

  it('begin in the class when they are taken as it begins, and not in its preview', async () => {
    const preview = makeBroadcast({ kind: 'preview' });
    const live = makeBroadcast({ sessionId: preview.sessionId });
    app.keys.set('taken', preview);
    const first = publishTestSignal(media.rtmpUrl('taken'));
    await until(async () => (await media.status(preview))?.publishing);
    const second = publishTestSignal(media.rtmpUrl('taken'));
    const publishers = async () => [
      ...((await media.status(preview))?.publishers ?? []),
      ...((await media.status(live))?.publishers ?? []),
    ];
    await until(async () => (await publishers()).length === 2);
    const publisherId = (await publishers())[1]?.id;
    await media.control('retarget', { broadcast: live });
    await media.control('take', { sessionId: live.sessionId, publisherId });
    await until(async () => (await publishers()).map(({ state }) => state).join() === 'standby,on-air');
    await until(async () => (await media.status(live))?.publishing);
    await until(() => eventsOf(preview).includes('broadcast-ended'));
    await until(async () => {
      return (await media.status(live))?.publishers.map(({ state }) => state).join() === 'standby,on-air';
    });
    await Promise.all([first.stop(), second.stop()]);
    await media.control('end', { broadcastId: live.id });
  });

  it('are four at most', async () => {
    await until(async () => (await states()).length === 0);
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => RtmpClient.publish(media.rtmpPort, 'several')));
    const codes = clients.map(({ code }) => code);
    expect(codes.filter((code) => code === 'NetStream.Publish.Start')).toHaveLength(4);
    expect(codes.filter((code) => code === 'NetStream.Publish.BadName')).toHaveLength(1);
    for (const { client } of clients) client.socket.destroy();
    await until(async () => (await states()).length === 0);
  });

  it('cannot be taken when they are not there', async () => {
    const { sessionId } = broadcast;
    expect((await media.control('take', { sessionId, publisherId: makeBroadcast().id })).status).toBe(404);
  });
});
