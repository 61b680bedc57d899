import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { M3U8Parser } from 'hls.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '#tests/support/media.ts';
import {
  childrenOf,
  endOwnMedia,
  type HookEndpoint,
  killChild,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  playbackToken,
  playbackUrl,
  startMediaProcess,
  startOwnMedia,
  throttle,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
});

afterAll(() => endOwnMedia({ dataDir, app, media }));

function eventsOf(broadcastId: string): string[] {
  return app.events.filter((event) => event.broadcastId === broadcastId).map((event) => event.type);
}

async function playlist(broadcast: Parameters<typeof playbackUrl>[1], query = ''): Promise<string | undefined> {
  const answer = await fetch(playbackUrl(media, broadcast, `360p/live.m3u8${query}`));
  return answer.ok ? answer.text() : undefined;
}

function parse(text: string) {
  return M3U8Parser.parseLevelPlaylist(text, 'http://x/live.m3u8', 0, 'main' as never, 0, null);
}

describe('publishing', () => {
  const broadcast = makeBroadcast();
  let publisher: ReturnType<typeof publishTestSignal>;
  let publishedAt: number;

  beforeAll(async () => {
    app.keys.set('good', broadcast);
    publishedAt = Date.now();
    publisher = publishTestSignal(media.rtmpUrl('good'), { fps: 30 });
    await until(async () => (await playlist(broadcast))?.includes('seg-1.m4s'));
  });
  afterAll(() => publisher.stop());

  it('is reported in order', async () => {
    await until(() => eventsOf(broadcast.id).length >= 2);
    expect(eventsOf(broadcast.id)).toEqual(['publisher-connected', 'broadcast-started']);
  });

  it('plays in ffprobe', async () => {
    const { frames } = await probe(playbackUrl(media, broadcast, 'index.m3u8'), '-read_intervals', '%+2');
    expect(frames).toBeGreaterThan(30);
  });

  it('gives a playlist that the player parses, with parts of one length', async () => {
    const text = (await playlist(broadcast)) ?? '';
    const details = parse(text);
    expect(details.playlistParsingError).toBeNull();
    expect(details.canBlockReload).toBe(true);
    expect(details.partTarget).toBe(0.35);
    expect(details.targetduration).toBe(2);
  });

  it('dates the first frame by its arrival, not by what the encoder added', async () => {
    const started = await until(() =>
      app.events
        .filter((event) => event.broadcastId === broadcast.id)
        .find((event) => event.type === 'broadcast-started'),
    );
    expect(started.firstPdt).toBeGreaterThanOrEqual(publishedAt);
    // The event comes with the first part, which is longer than 0.3 s.
    expect(started.firstPdt).toBeLessThan(started.at - 300);
  });

  it('answers a blocking reload when the part is there, and refuses the far future', async () => {
    const before = parse((await playlist(broadcast)) ?? '');
    const msn = before.endSN + 1;
    const text = await playlist(broadcast, `?_HLS_msn=${msn}&_HLS_part=0`);
    expect(text).toMatch(new RegExp(`part-${msn}\\.0\\.m4s"`));
    const far = await fetch(playbackUrl(media, broadcast, `360p/live.m3u8?_HLS_msn=${msn + 50}`));
    expect(far.status).toBe(400);
    for (const file of [
      '360p/part-9999.0.m4s',
      '360p/seg-9999.m4s',
      'sound/init-99.mp4',
      '720p/live.m3u8',
      'nothing.m3u8',
    ]) {
      const answer = await fetch(playbackUrl(media, broadcast, file));
      expect([file, answer.status]).toEqual([file, 404]);
      expect(await answer.json()).toMatchObject({ code: 'not-found' });
    }
  });

  it('refuses a wrong key, and goes on', async () => {
    const wrong = publishTestSignal(media.rtmpUrl('wrong'));
    expect(await wrong.exited).not.toBe(0);
    expect(media.log()).not.toMatch(/live\/good|"good"|"wrong"/);
    expect(publisher.stderr()).toBe('');
  });

  it('outlives garbage, half-closed and broken connections', async () => {
    for (let round = 0; round < 20; round += 1) {
      const socket = net.connect(media.rtmpPort, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.resume();
      if (round % 3 === 0) socket.end(Buffer.concat([Buffer.from([3]), randomBytes(4_000)]));
      else if (round % 3 === 1) socket.write(randomBytes(5_000));
      else socket.end();
      await once(socket, 'close');
    }
    expect(media.child.exitCode).toBeNull();
  });

  it('needs a right token', async () => {
    const get = async (token: string) => (await fetch(playbackUrl(media, broadcast, '360p/live.m3u8', token))).status;
    const now = Math.floor(Date.now() / 1_000);
    expect(await get(playbackToken(broadcast))).toBe(200);
    expect(await get(playbackToken(broadcast, { exp: now - 1 }))).toBe(401);
    expect(await get(playbackToken(broadcast, {}, 'x'.repeat(64)))).toBe(401);
    expect(await get(playbackToken(broadcast, { pfx: 'another-prefix-0000' }))).toBe(403);
    expect((await fetch(`${media.url}/media/${broadcast.prefix}/360p/live.m3u8`)).status).toBe(401);
  });

  it('denies who was sent out', async () => {
    const personId = makeBroadcast().id;
    const token = playbackToken(broadcast, { sub: personId });
    const issuedBefore = Math.floor(Date.now() / 1_000) + 1;
    await media.control('deny', { personIds: [personId], issuedBefore });
    expect((await fetch(playbackUrl(media, broadcast, '360p/live.m3u8', token))).status).toBe(401);
  });

  it('goes on by itself after ffmpeg was killed', async () => {
    await killChild(media.child.pid, 'ffmpeg');
    await until(async () => (await playlist(broadcast))?.includes('#EXT-X-DISCONTINUITY\n'));
    expect(publisher.stderr()).toBe('');
  });
});

it('hears and sees whether a publisher is silent and black', async () => {
  const [good, bad] = [makeBroadcast(), makeBroadcast()];
  app.keys.set('heard', good);
  app.keys.set('dark', bad);
  const heard = publishTestSignal(media.rtmpUrl('heard'), { size: '320x180' });
  const dark = publishTestSignal(media.rtmpUrl('dark'), { size: '320x180', audio: false, black: true });
  const levels = async (of: typeof good) => (await media.status(of))?.levels;
  await until(async () => ((await levels(bad))?.silentMs ?? 0) > 2_000 && ((await levels(bad))?.blackMs ?? 0) > 2_000);
  expect(await levels(bad)).toMatchObject({ soundDb: -90 });
  // A sine of an eighth of full scale.
  await until(async () => Math.abs(((await levels(good))?.soundDb ?? 0) + 21) < 1);
  await until(async () => (await levels(good))?.silentMs === 0 && (await levels(good))?.blackMs === 0);
  await Promise.all([heard.stop(), dark.stop()]);
});

it('lets a publisher in after one who left while being asked about', async () => {
  const broadcast = makeBroadcast();
  app.keys.set('hasty', broadcast);
  const release = app.holdAuthorise();
  const hasty = publishTestSignal(media.rtmpUrl('hasty'));
  await until(() => app.asked.includes('hasty'));
  hasty.kill();
  await hasty.exited;
  release();
  // The place is free again once that answer has arrived, which nobody can see from outside.
  await until(async () => {
    const next = publishTestSignal(media.rtmpUrl('hasty'), { seconds: 6 });
    await next.exited;
    return eventsOf(broadcast.id).includes('broadcast-started');
  });
});

it('leads a publisher from the preview into the class', async () => {
  const preview = makeBroadcast({ kind: 'preview' });
  const live = makeBroadcast({ sessionId: preview.sessionId });
  app.keys.set('moving', preview);
  const publisher = publishTestSignal(media.rtmpUrl('moving'));
  await until(() => eventsOf(preview.id).includes('broadcast-started'));
  await media.control('retarget', { broadcast: live });
  await media.control('end', { broadcastId: preview.id });
  await until(() => eventsOf(live.id).includes('broadcast-started'));
  expect(publisher.stderr()).toBe('');
  await publisher.stop();
  await until(() => eventsOf(live.id).includes('publisher-lost'));
  await media.control('end', { broadcastId: live.id });
  await media.control('end', { broadcastId: live.id });
  await until(() => eventsOf(live.id).includes('broadcast-ended'));
  expect(eventsOf(live.id)).toEqual(['publisher-connected', 'broadcast-started', 'publisher-lost', 'broadcast-ended']);
  expect(fs.existsSync(`${dataDir}/recordings/${preview.id}`)).toBe(false);
  const { frames } = await probe(`${dataDir}/recordings/${live.id}/index.m3u8`);
  expect(frames).toBeGreaterThan(10);
});

it('leads a publisher into the class who was let in to the preview as the class began', async () => {
  const preview = makeBroadcast({ kind: 'preview' });
  const live = makeBroadcast({ sessionId: preview.sessionId });
  app.keys.set('punctual', preview);
  const release = app.holdAuthorise();
  const publisher = publishTestSignal(media.rtmpUrl('punctual'));
  await until(() => app.asked.includes('punctual'));
  await media.control('retarget', { broadcast: live });
  await media.control('end', { broadcastId: preview.id });
  release();
  await until(() => eventsOf(live.id).includes('broadcast-started'));
  expect(publisher.stderr()).toBe('');
  await publisher.stop();
  await media.control('end', { broadcastId: live.id });
});

it('continues after kill -9 of the media process', async () => {
  const broadcast = makeBroadcast();
  const folder = makeDataFolder();
  app.keys.set('hardy', broadcast);
  const first = await startMediaProcess(folder, app.url);
  const publisher = publishTestSignal(first.rtmpUrl('hardy'));
  const get = async (from: MediaRun) => {
    const answer = await fetch(playbackUrl(from, broadcast, '360p/live.m3u8'));
    return answer.ok ? answer.text() : '';
  };
  await until(async () => (await get(first)).includes('part-2.2.m4s'));
  const before = await get(first);
  await first.kill();
  await publisher.exited;
  const second = await startMediaProcess(folder, app.url);
  const listed = before.split('\n').filter((line) => line.startsWith('#EXT-X-PART:')).length;
  const kept = (await get(second)).split('\n').filter((line) => line.startsWith('#EXT-X-PART:')).length;
  expect(kept).toBeGreaterThanOrEqual(listed - 1);
  const back = publishTestSignal(second.rtmpUrl('hardy'));
  const after = await until(async () => {
    const text = await get(second);
    return /#EXT-X-DISCONTINUITY\n[\s\S]*\nseg-/.test(text) ? text : undefined;
  });
  const { fragments } = parse(after);
  expect(fragments.map((fragment) => fragment.sn)).toEqual(fragments.map((_, at) => at));
  // The slate may have been there before the publisher was.
  expect(fragments.at(-1)?.cc).toBeGreaterThanOrEqual(1);
  // What viewers may have got of the number after the newest is lost; caches keep it, so that it names nothing else.
  const numbers = (text: string) => [...text.matchAll(/part-(\d+)\./g)].map(([, msn]) => Number(msn));
  const lastBefore = Math.max(...numbers(before));
  const restarted = after.slice(after.indexOf('#EXT-X-DISCONTINUITY\n'));
  expect(Math.min(...numbers(restarted))).toBeGreaterThan(lastBefore + 1);
  expect(after).toContain('#EXT-X-GAP\n');
  expect(before).not.toContain(/init-\d+\.mp4/.exec(restarted)?.[0]);
  await until(() => eventsOf(broadcast.id).length >= 4);
  expect(eventsOf(broadcast.id)).toEqual([
    'publisher-connected',
    'broadcast-started',
    'publisher-lost',
    'publisher-connected',
  ]);
  await back.stop();
  await second.stop();
  fs.rmSync(folder, { recursive: true });
});

it('makes less of the picture when the machine is too slow, and every rung goes on', async () => {
  const broadcast = makeBroadcast();
  app.keys.set('heavy', broadcast);
  const publisher = publishTestSignal(media.rtmpUrl('heavy'), { size: '1280x720' });
  const status = () => media.status(broadcast);
  const rung = async (name: string) => (await fetch(playbackUrl(media, broadcast, `${name}/live.m3u8`))).text();
  // A machine that is slow already may be making less by then.
  await until(async () => (await rung('720p')).includes('seg-1.m4s'));

  // A slow machine: ffmpeg gets a tenth of the time.
  const throttled = throttle(() => childrenOf(media.child.pid ?? 0, 'ffmpeg'), 0.1);
  await until(async () => (await status())?.reduced);
  throttled.stop();
  await until(async () => (await status())?.rungs.some(({ made }) => !made));
  for (const name of ['720p', '480p', '360p', 'sound']) {
    await until(async () => /#EXT-X-DISCONTINUITY\n[\s\S]*\nseg-/.test(await rung(name)));
  }
  // The player's own parser holds the renditions side by side.
  await until(async () => {
    const ends = await Promise.all(['720p', '480p', '360p'].map(async (name) => parse(await rung(name))));
    return new Set(ends.map(({ fragments }) => fragments.at(-1)?.cc)).size === 1;
  });
  expect(publisher.stderr()).toBe('');
  await publisher.stop();
  await media.control('end', { broadcastId: broadcast.id });
}, 400_000);
