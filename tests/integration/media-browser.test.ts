import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Broadcast, StatusResponse } from '#contract/media.ts';
import { probe } from '#tests/support/media.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  playbackUrl,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { connectPage, type PagePublisher, publishFromPage } from '#tests/support/page-publisher.ts';

/* Publishing from a page, over a real WebSocket into the real media process and its real ffmpeg. */

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
});

afterAll(() => endOwnMedia({ dataDir, app, media }));

/** A broadcast, and a ticket that lets into it. */
function expected(name: string, publisherId?: string): Broadcast {
  const broadcast = makeBroadcast();
  app.keys.set(name, broadcast);
  if (publisherId) app.publisherIds.set(name, publisherId);
  return broadcast;
}

function eventsOf(broadcastId: string) {
  return app.events.filter((event) => event.broadcastId === broadcastId);
}

async function playlist(broadcast: Broadcast, rendition = '360p'): Promise<string> {
  const answer = await fetch(playbackUrl(media, broadcast, `${rendition}/live.m3u8`));
  return answer.ok ? answer.text() : '';
}

async function statusOf(broadcast: Broadcast) {
  const { broadcasts } = StatusResponse.parse(await (await media.control('status', {})).json());
  return broadcasts.find(({ broadcastId }) => broadcastId === broadcast.id);
}

describe.each(['vp8', 'vp9', 'h264'] as const)('a page that records %s', (codec) => {
  let broadcast: Broadcast;
  let page: PagePublisher;

  beforeAll(async () => {
    broadcast = expected(codec);
    page = await publishFromPage(media.url, codec, { codec });
    await until(async () => (await playlist(broadcast)).includes('seg-1.m4s'));
  });
  afterAll(() => page.stop());

  it('is played with picture and sound', async () => {
    const { frames } = await probe(playbackUrl(media, broadcast, 'index.m3u8'), '-read_intervals', '%+2');
    expect(frames).toBeGreaterThan(30);
    await until(async () => (await playlist(broadcast, 'sound')).includes('seg-1.m4s'));
    const [first, second] = eventsOf(broadcast.id);
    expect([first?.type, second?.type]).toEqual(['publisher-connected', 'broadcast-started']);
  });

  it('shows what it sends', async () => {
    const status = await until(async () => {
      const now = await statusOf(broadcast);
      return now?.keyFrameIntervalMs === 2_000 ? now : undefined;
    });
    const source = { videoCodec: codec, audioCodec: 'opus', width: 320, height: 180, framesPerSecond: 30 };
    expect(status).toMatchObject({ publishing: true, source });
    expect(status.publishers).toMatchObject([{ via: 'browser', state: 'on-air', source }]);
    expect(status.bitrate).toBeGreaterThan(50_000);
  });

  it('is told how much was taken of what it sent', async () => {
    const taken = await until(() => page.answers.findLast((answer) => answer.type === 'taken'));
    expect(taken.bytes).toBeGreaterThan(1_000);
    expect(page.answers.filter(({ type }) => type !== 'taken')).toEqual([{ type: 'accepted' }]);
  });
});

it('a second recording goes on in the same stream, and one of another size after a discontinuity', async () => {
  const broadcast = expected('changing');
  const page = await publishFromPage(media.url, 'changing');
  await until(async () => (await playlist(broadcast)).includes('seg-0.m4s'));
  await page.record();
  await until(async () => (await playlist(broadcast)).includes('seg-3.m4s'));
  expect(await playlist(broadcast)).not.toContain('#EXT-X-DISCONTINUITY\n');
  await page.record({ size: '320x240', codec: 'h264' });
  await until(async () => (await playlist(broadcast)).includes('#EXT-X-DISCONTINUITY\n'));
  await until(async () => (await statusOf(broadcast))?.source?.height === 240);
  await page.stop();
});

it('a page without sound is played with silence', async () => {
  const broadcast = expected('mute');
  const page = await publishFromPage(media.url, 'mute', { audio: false });
  await until(async () => (await playlist(broadcast, 'sound')).includes('seg-1.m4s'));
  await page.stop();
  await until(() => eventsOf(broadcast.id).find((event) => event.type === 'publisher-lost'));
});

it('a page that comes back takes its own place, and another one stands by', async () => {
  const publisherId = randomUUID();
  const broadcast = expected('first', publisherId);
  app.keys.set('again', broadcast);
  app.publisherIds.set('again', publisherId);
  app.keys.set('other', broadcast);
  const states = async () =>
    (await statusOf(broadcast))?.publishers.map(({ id, state }) => [id === publisherId, state]);
  const page = await publishFromPage(media.url, 'first');
  await until(async () => (await playlist(broadcast)).includes('seg-0.m4s'));

  // Nobody has noticed yet that the old connection is dead: what it still sends is shown until the new picture is here.
  const again = await publishFromPage(media.url, 'again');
  await page.closed;
  expect(page.answers.at(-1)).toEqual({ type: 'refused', reason: 'replaced' });
  await until(async () => (await playlist(broadcast)).includes('#EXT-X-DISCONTINUITY\n'));
  expect(eventsOf(broadcast.id).map(({ type }) => type)).not.toContain('publisher-lost');
  await until(async () => JSON.stringify(await states()) === JSON.stringify([[true, 'on-air']]));

  const other = await publishFromPage(media.url, 'other');
  await until(async () => (await states())?.length === 2);
  expect(await states()).toEqual([
    [true, 'on-air'],
    [false, 'standby'],
  ]);
  await other.stop();

  again.vanish();
  await until(() => eventsOf(broadcast.id).find((event) => event.type === 'publisher-lost'));
  app.keys.set('and again', broadcast);
  app.publisherIds.set('and again', publisherId);
  const third = await publishFromPage(media.url, 'and again');
  await until(async () => JSON.stringify(await states()) === JSON.stringify([[true, 'on-air']]));
  again.socket.resume();
  await again.closed;
  expect(again.answers.at(-1)).toEqual({ type: 'refused', reason: 'replaced' });

  await media.control('end', { broadcastId: broadcast.id });
  await third.closed;
  expect(third.answers.at(-1)).toEqual({ type: 'refused', reason: 'ended' });
  await until(() => eventsOf(broadcast.id).find((event) => event.type === 'broadcast-ended'));
  const { frames } = await probe(`${dataDir}/recordings/${broadcast.id}/index.m3u8`);
  expect(frames).toBeGreaterThan(60);
});

describe('refused and disconnected is', () => {
  it('a wrong ticket, which no log shows', async () => {
    const page = await connectPage(media.url, 'a-wrong-ticket');
    await page.closed;
    expect(page.answers).toEqual([{ type: 'refused', reason: 'bad-ticket' }]);
    expect(media.log()).not.toContain('a-wrong-ticket');
  });

  it.each([
    ['no hello', (socket: WebSocket) => socket.send('hello'), 'malformed'],
    ['bytes before the hello', (socket: WebSocket) => socket.send(randomBytes(100)), 'malformed'],
    ['a hello of 100 KB', (socket: WebSocket) => socket.send('{'.repeat(100_000)), 'malformed'],
  ])('%s', async (_, say, reason) => {
    const socket = new WebSocket(`${media.url.replace('http', 'ws')}/media/publish`);
    const answers: unknown[] = [];
    socket.on('message', (bytes: Buffer) => answers.push(JSON.parse(bytes.toString())));
    socket.on('open', () => say(socket));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answers).toEqual([{ type: 'refused', reason }]);
  });

  it.each([
    ['garbage', randomBytes(5_000).fill(0xff, 0, 1), 'malformed'],
    ['an MP4', Buffer.from('000000206674797069736f6d', 'hex'), 'malformed'],
  ])('%s', async (name, bytes, reason) => {
    const broadcast = expected(name);
    const page = await connectPage(media.url, name);
    await until(() => page.answers.length > 0);
    page.socket.send(bytes);
    await page.closed;
    expect(page.answers.at(-1)).toEqual({ type: 'refused', reason });
    // The place is free at once.
    const next = await publishFromPage(media.url, name);
    await until(async () => (await playlist(broadcast)).includes('part-0.0.m4s'));
    await next.stop();
  });

  it('a message beyond all measure', async () => {
    expected('huge');
    const page = await connectPage(media.url, 'huge');
    await until(() => page.answers.length > 0);
    page.socket.send(Buffer.alloc(2 * 1024 * 1024));
    await page.closed;
    expect(media.child.exitCode).toBeNull();
  });

  it('whoever wants another socket than this', async () => {
    const socket = new WebSocket(`${media.url.replace('http', 'ws')}/media/other`);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(404);
  });
});
