import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import type { TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import type { District } from '#tests/support/district.ts';
import type { MediaRun } from '#tests/support/media-run.ts';
import { type PictureClass, startPictureClass } from '#tests/support/picture-class.ts';
import { ffmpegHasSrt, type Publisher, publishTestSignal } from '#tests/support/publish.ts';
import { admission } from '#tests/support/room-entry.ts';

/* App and media together: the test stream before a class, the class, and who may see it. */

const soon = { timeout: 45_000, interval: 100 };

let running: PictureClass;
let app: TestApp;
let media: MediaRun;
let district: District;
let sessionId: string;
let become: PictureClass['become'];
let key: string;
let publisher: Publisher;

beforeAll(async () => {
  running = await startPictureClass();
  ({ app, media, district, sessionId, become } = running);
  const { bureau } = district.clients;
  ({ key } = done('key', await bureau.call('GET /sessions/:sessionId/stream-key', { params: { sessionId } })));
});
afterAll(async () => {
  publisher?.kill();
  await running?.close();
});

/** As the real clock goes, by which media does: however long it is waited for something, everybody stays signed in. */
async function health() {
  const { bureau } = district.clients;
  app.clock.advance(Math.max(0, Date.now() - app.clock()));
  return done('health', await bureau.call('GET /sessions/:sessionId/stream', { params: { sessionId } }));
}

it('a preview that was left ends with the start of the class, and has no recording', async () => {
  publisher = publishTestSignal(media.rtmpUrl(key), { size: '320x180' });
  await expect.poll(health, soon).toMatchObject({ kind: 'preview', publishing: true });
  await publisher.stop();
  await expect.poll(health, soon).toMatchObject({ kind: 'preview', publishing: false });
  await become('live');
  await expect.poll(health, soon).toMatchObject({ kind: null });
  const where = { sessionId, kind: 'preview' as const };
  await expect
    .poll(() => app.prisma.broadcast.findMany({ where }), soon)
    .toMatchObject([{ publishing: false, path: null, lastPdt: expect.any(BigInt), endedAt: expect.any(Date) }]);
});

it('应到 is on record as frozen at the start', async () => {
  const { dueFrozenAt, startedAt } = await app.prisma.session.findUniqueOrThrow({ where: { id: sessionId } });
  expect(dueFrozenAt).toEqual(startedAt);
  expect(dueFrozenAt).not.toBeNull();
});

it('the class can be seen with the token of one’s admission', async () => {
  publisher = publishTestSignal(media.rtmpUrl(key), { size: '320x180' });
  const { learner } = district.clients;
  const params = { sessionId };
  await expect
    .poll(async () => (await learner.call('GET /sessions/:sessionId/room', { params })).body?.publishing, soon)
    .toBe(true);
  await expect.poll(async () => (await admission(learner, sessionId)).playbackToken, soon).not.toBeNull();
  const { playbackToken, room } = await admission(learner, sessionId);
  await expect.poll(async () => (await picture(playbackToken, room.prefix, '360p/live.m3u8')).status, soon).toBe(200);
});

describe('another publisher of the class', () => {
  const params = { params: { sessionId: '' } };
  beforeAll(() => {
    params.params.sessionId = sessionId;
  });

  it('is put on air by who may, on the record', async () => {
    const spare = publishTestSignal(media.rtmpUrl(key), { size: '320x180' });
    const states = async () => (await health()).publishers.map(({ state }) => state);
    await expect.poll(states, soon).toEqual(['on-air', 'standby']);
    const [first, second] = (await health()).publishers;
    const take = (publisherId = second?.id ?? '') => ({ ...params, body: { publisherId } });
    const { supervisor, bureau } = district.clients;
    expect((await supervisor.call('POST /sessions/:sessionId/on-air', take())).status).toBe(403);
    expect((await bureau.call('POST /sessions/:sessionId/on-air', take(newId()))).status).toBe(404);
    done('taken', await bureau.call('POST /sessions/:sessionId/on-air', take()));
    await expect.poll(states, soon).toEqual(['standby', 'on-air']);
    const entries = await app.prisma.auditEntry.findMany({ where: { action: 'session:on-air' } });
    expect(entries.map(({ subjectId, detail }) => [subjectId, detail])).toEqual([
      [sessionId, { publisherId: second?.id }],
    ]);
    await spare.stop();
    await expect.poll(states, soon).toEqual(['on-air']);
    expect((await health()).publishers[0]?.id).toBe(first?.id);
  });
});

describe('a request for the picture', () => {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { sub: newId(), ses: newId(), jti: newId(), iat: now, exp: now + 600 };
  let prefix: string | null;
  let token: string | null;

  beforeAll(async () => {
    ({
      playbackToken: token,
      room: { prefix },
    } = await admission(district.clients.learner, sessionId));
  });

  it.each([
    ['for a part that is long past', '360p/part-0.9999.m4s', 404, 'not-found'],
    ['for a part of the far future', '360p/part-900000.0.m4s', 404, 'not-found'],
    ['for a segment of the far future', '360p/seg-900000.m4s', 404, 'not-found'],
    ['for an init segment of no run', '360p/init-77.mp4', 404, 'not-found'],
    ['for a file that is none', 'secret.key', 404, 'not-found'],
    ['for a reload of the far future', '360p/live.m3u8?_HLS_msn=900000', 400, 'bad-reload'],
    ['for a reload of a part without its segment', '360p/live.m3u8?_HLS_part=1', 400, 'bad-request'],
    ['for a reload of no number', '360p/live.m3u8?_HLS_msn=-1', 400, 'bad-request'],
    ['for a number without end', `360p/seg-${'9'.repeat(60)}.m4s`, 404, 'not-found'],
  ])('%s is refused by its code', async (_, file, status, code) => {
    const answer = await picture(token, prefix, file);
    expect([answer.status, (await answer.json()).code]).toEqual([status, code]);
  });

  it.each([
    ['with a forged token', () => jwt.sign({ ...claims, pfx: prefix }, 'f'.repeat(64)), 401, 'bad-token'],
    ['with a token for another prefix', () => signed({ pfx: 'another-prefix-0000' }), 403, 'wrong-broadcast'],
    ['with an expired token', () => signed({ iat: now - 700, exp: now - 100 }), 401, 'bad-token'],
    ['with a token that is none', () => 'no.token.atall', 401, 'bad-token'],
    [
      'with a room’s ticket',
      async () => (await admission(district.clients.learner, sessionId)).ticket,
      401,
      'bad-token',
    ],
  ])('%s is refused by its code', async (_, make, status, code) => {
    const answer = await picture(await make(), prefix, '360p/live.m3u8');
    expect([answer.status, (await answer.json()).code]).toEqual([status, code]);
  });

  function signed(changes: object): string {
    return jwt.sign({ ...claims, pfx: prefix, ...changes }, app.secrets.playback);
  }
});

it('who publishes with a key that was replaced is cut off, and the new key goes on', async () => {
  const params = { sessionId };
  const { bureau } = district.clients;
  const { srtAddress } = done('key', await bureau.call('GET /sessions/:sessionId/stream-key', { params }));
  const others = ffmpegHasSrt() ? [publishTestSignal(srtAddress ?? '', { size: '320x180' })] : [];
  await expect.poll(async () => (await health()).publishers.length, soon).toBe(1 + others.length);
  const given = done('key', await bureau.call('POST /sessions/:sessionId/stream-key', { params }));
  await Promise.all([publisher, ...others].map(({ exited }) => exited));
  await expect.poll(health, soon).toMatchObject({ kind: 'live', publishing: false });
  publisher = publishTestSignal(media.rtmpUrl(given.key), { size: '320x180' });
  await expect.poll(health, soon).toMatchObject({ kind: 'live', publishing: true });
});

it('who is excluded sees nothing more, and the others see on', async () => {
  const { personA, clients } = district;
  const seen = async (token: string | null, prefix: string | null) =>
    (await picture(token, prefix, '360p/live.m3u8')).status;
  const theirs = await admission(clients.learner, sessionId);
  const other = await district.joined(district.principalA, district.unitA.joinCode);
  const others = await admission(other, sessionId);
  expect(await seen(theirs.playbackToken, theirs.room.prefix)).toBe(200);
  const refusal = { params: { personId: personA.id }, body: { verification: 'refused' as const } };
  done('refusal', await clients.enterprise.call('POST /people/:personId/verification', refusal));
  await expect.poll(() => seen(theirs.playbackToken, theirs.room.prefix), soon).toBe(401);
  expect(await seen(others.playbackToken, others.room.prefix)).toBe(200);
});

/** As a player without cookies asks, at the app's own address. */
function picture(token: string | null, prefix: string | null, file: string): Promise<Response> {
  return fetch(`${app.url}/media/t/${token}/${prefix}/${file}`);
}
