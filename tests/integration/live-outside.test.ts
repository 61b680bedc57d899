import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPages } from '#scripts/pages.ts';
import type { TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import type { District } from '#tests/support/district.ts';
import type { MediaRun } from '#tests/support/media-run.ts';
import { type OutsideStream, startOutsideStream } from '#tests/support/outside-stream.ts';
import { type PictureClass, startPictureClass } from '#tests/support/picture-class.ts';
import { admission, beat } from '#tests/support/room-entry.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';

/* A class whose picture is somebody else's stream: app and media together, in the order of a class. */

const soon = { timeout: 45_000, interval: 100 };

let running: PictureClass;
let app: TestApp;
let media: MediaRun;
let district: District;
let first: OutsideStream;
let second: OutsideStream;
let sessionId: string;
let become: PictureClass['become'];

beforeAll(async () => {
  await buildPages();
  first = await startOutsideStream();
  second = await startOutsideStream({ dates: false });
  first.publish();
  running = await startPictureClass(first.url);
  ({ app, media, district, sessionId, become } = running);
});
afterAll(async () => {
  await running?.close();
  await first?.close();
  await second?.close();
});

/** Media goes by the real clock. */
function catchUp(): void {
  app.clock.advance(Math.max(0, Date.now() - app.clock()));
}

async function health() {
  catchUp();
  const { bureau } = district.clients;
  return done('health', await bureau.call('GET /sessions/:sessionId/stream', { params: { sessionId } }));
}

async function room() {
  catchUp();
  const { learner } = district.clients;
  return done('room', await learner.call('GET /sessions/:sessionId/room', { params: { sessionId } }));
}

const change = (outsideUrl: string | null) =>
  district.clients.bureau.call('PATCH /sessions/:sessionId', { params: { sessionId }, body: { outsideUrl } });

async function publishCode(): Promise<unknown> {
  const { bureau } = district.clients;
  const given = { params: { sessionId } };
  const { key } = done('key', await bureau.call('GET /sessions/:sessionId/stream-key', given));
  const { client, code } = await RtmpClient.publish(media.rtmpPort, key);
  client.socket.destroy();
  return code;
}

async function policyOf(path: string): Promise<string> {
  catchUp();
  return (await fetch(app.url + path)).headers.get('content-security-policy') ?? '';
}

it('before the class it is tried out at the desk; learners learn no address, and nobody publishes to us', async () => {
  await expect.poll(health, soon).toMatchObject({ kind: 'preview', publishing: true, outside: { state: 'on' } });
  const { bureau, learner, enterprise } = district.clients;
  const watch = async () =>
    done('watch', await bureau.call('POST /sessions/:sessionId/watch', { params: { sessionId } }));
  await expect.poll(watch, soon).toEqual({ prefix: null, playbackToken: null, outsideUrl: first.url, kind: 'preview' });
  for (const [client, url] of [
    [bureau, first.url],
    [learner, null],
    [enterprise, null],
  ] as const) {
    const read = done('session', await client.call('GET /sessions/:sessionId', { params: { sessionId } }));
    expect(read.outsideUrl).toBe(url);
  }
  expect((await room()).outside).toBeNull();
  expect(await publishCode()).toBe('NetStream.Publish.BadName');
});

it('pages may read from there, and from nowhere else', async () => {
  await expect.poll(() => policyOf('/learn'), soon).toContain(first.origin);
  const policy = await policyOf('/learn');
  expect(policy).toContain(`connect-src 'self' ws: wss: ${first.origin};`);
  expect(policy).toContain(`media-src 'self' blob: ${first.origin};`);
  expect(await policyOf('/api/v1/me')).not.toContain(first.origin);
});

it('in the class it is what is played, without a token, and counts', async () => {
  await become('live');
  const outside = { url: first.url, offsetMs: 0 };
  await expect.poll(room, soon).toMatchObject({ outside, prefix: null, publishing: true });
  const { learner } = district.clients;
  const { ticket, playbackToken, creditedMs } = await admission(learner, sessionId);
  expect([playbackToken, creditedMs]).toEqual([null, 0]);
  const from = app.clock() - 4_000;
  app.clock.advance(10_000);
  const sent = await learner.call('POST /beats', { body: { ticket, beats: [beat(1, from + 4_000, 10)] } });
  expect(done('beats', sent).creditedMs).toBe(10_000);
});

it('it is missed when it is gone, and had back', async () => {
  await first.lose();
  await expect.poll(health, soon).toMatchObject({ publishing: false, publisherLostAt: expect.any(String) });
  // This worker hears of it from the one that media reports to.
  await expect.poll(async () => (await room()).publishing, soon).toBe(false);
  first.publish();
  await expect.poll(health, soon).toMatchObject({ publishing: true, publisherLostAt: null });
});

it('another address takes its place in the middle of the class, on the record', async () => {
  second.publish();
  expect(done('changed', await change(second.url)).outsideUrl).toBe(second.url);
  await expect.poll(async () => (await room()).outside, soon).toEqual({ url: second.url, offsetMs: null });
  await expect.poll(() => policyOf('/learn'), soon).toContain(second.origin);
  const broadcasts = async () => {
    const where = { sessionId, kind: 'live' as const };
    const rows = await app.prisma.broadcast.findMany({ where, orderBy: { createdAt: 'asc' } });
    return rows.map(({ outsideUrl, endedAt }) => [outsideUrl, endedAt === null]);
  };
  await expect.poll(broadcasts, soon).toEqual([
    [first.url, false],
    [second.url, true],
  ]);
  const entries = await app.prisma.auditEntry.findMany({ where: { action: 'session:update', subjectId: sessionId } });
  expect(entries.map(({ detail }) => detail)).toEqual([{ changed: ['outsideUrl'], outsideUrl: second.url }]);
  await expect.poll(async () => (await health()).outside?.state, soon).toBe('on');
});

it('or a publisher of our own does, and then it stays as it was when the class ended', async () => {
  done('changed', await change(null));
  await expect.poll(async () => (await room()).outside, soon).toBeNull();
  await expect.poll(() => policyOf('/learn'), soon).not.toContain(second.origin);
  await expect.poll(publishCode, soon).toBe('NetStream.Publish.Start');
  done('changed', await change(first.url));
  await expect.poll(async () => (await room()).outside?.url, soon).toBe(first.url);
  await become('ended');
  expect((await change(second.url)).problem?.code).toBe('session-locked');
  const open = { sessionId, endedAt: null };
  await expect.poll(() => app.prisma.broadcast.count({ where: open }), soon).toBe(0);
  await expect.poll(health, soon).toMatchObject({ publishing: false, outside: null });
  await expect.poll(() => policyOf('/learn'), soon).not.toContain(first.origin);
});

it('what is no address is refused', async () => {
  const urls = [
    'rtmp://a/b.m3u8',
    'https://a:b@c/d.m3u8',
    'https://a/b.mp4',
    'x.m3u8',
    'https://a;b/c.m3u8',
    `https://a/${'x'.repeat(2_000)}.m3u8`,
  ];
  for (const url of urls) expect((await change(url)).problem?.code, url).toBe('bad-request');
  const { bureau, supervisor } = district.clients;
  expect((await supervisor.call('POST /outside/look', { body: { url: first.url } })).status).toBe(403);
  const look = done('look', await bureau.call('POST /outside/look', { body: { url: first.url } }));
  expect(look.problems).toEqual([]);
});
