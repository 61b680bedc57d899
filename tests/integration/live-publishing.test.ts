import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { connectPage, publishFromPage } from '#tests/support/page-publisher.ts';
import { type PictureClass, startPictureClass } from '#tests/support/picture-class.ts';
import { admission } from '#tests/support/room-entry.ts';

/* A page that publishes, through the app's own port, by the ticket of an account that may. */

const soon = { timeout: 45_000, interval: 100 };

let running: PictureClass;
let app: TestApp;
let district: District;
let sessionId: string;
let become: PictureClass['become'];

beforeAll(async () => {
  running = await startPictureClass();
  ({ app, district, sessionId, become } = running);
});
afterAll(() => running?.close());

async function ticket(client: HttpClient, publisherId: string = randomUUID()): Promise<string> {
  const given = { params: { sessionId }, body: { publisherId } };
  return done('ticket', await client.call('POST /sessions/:sessionId/publish-ticket', given)).ticket;
}

/** As the real clock goes, by which media does: however long it is waited for something, everybody stays signed in. */
async function health() {
  app.clock.advance(Math.max(0, Date.now() - app.clock()));
  const given = { params: { sessionId } };
  return done('health', await district.clients.bureau.call('GET /sessions/:sessionId/stream', given));
}

/** The last word that a page with this ticket hears. */
async function refusal(token: string): Promise<unknown> {
  const page = await connectPage(app.url, token);
  await page.closed;
  return page.answers.at(-1);
}

it('a switch of which media was not heard is on record, as one whose outcome is unknown', async () => {
  const { bureau } = district.clients;
  const publisherId = randomUUID();
  const given = { params: { sessionId }, body: { publisherId } };
  // This worker has no media process to ask.
  Object.assign(bureau, { url: running.hooked.url });
  expect((await bureau.call('POST /sessions/:sessionId/on-air', given)).status).toBe(503);
  Object.assign(bureau, { url: app.url });
  const entries = await running.hooked.prisma.auditEntry.findMany({ where: { action: 'session:on-air' } });
  expect(entries.map(({ subjectId, detail }) => [subjectId, detail])).toEqual([
    [sessionId, { publisherId, outcome: 'unknown' }],
  ]);
});

it('an officer publishes the preview and goes on into the class, and a learner sees it', async () => {
  const { bureau, learner } = district.clients;
  const page = await publishFromPage(app.url, await ticket(bureau));
  await expect
    .poll(health, soon)
    .toMatchObject({ kind: 'preview', publishing: true, publishers: [{ via: 'browser' }] });
  await become('live');
  await expect.poll(health, soon).toMatchObject({ kind: 'live', publishing: true });
  await expect.poll(async () => (await admission(learner, sessionId)).playbackToken, soon).not.toBeNull();
  const { playbackToken, room } = await admission(learner, sessionId);
  const playlist = `${app.url}/media/t/${playbackToken}/${room.prefix}/360p/live.m3u8`;
  await expect.poll(async () => (await fetch(playlist)).status, soon).toBe(200);

  await page.stop();
  await expect.poll(health, soon).toMatchObject({ publishing: false, publishers: [] });
});

it('each ticket is on record with who asked for it', async () => {
  const { bureau } = district.clients;
  const publisherId = randomUUID();
  await ticket(bureau, publisherId);
  const where = { action: 'session:publish', subjectId: sessionId };
  const entry = await app.prisma.auditEntry.findFirstOrThrow({ where, orderBy: { id: 'desc' } });
  const officer = await app.prisma.account.findFirstOrThrow({ where: { grants: { some: { role: 'bureau' } } } });
  expect(entry).toMatchObject({ accountId: officer.id, detail: { publisherId } });
});

it('an instructor publishes into their own session, without its stream key', async () => {
  const { instructor } = district.clients;
  const given = { params: { sessionId }, body: { publisherId: randomUUID() } };
  expect(await instructor.call('POST /sessions/:sessionId/publish-ticket', given)).toMatchObject({ status: 403 });
  const { id } = await app.prisma.account.findFirstOrThrow({ where: { name: 'instructor' } });
  await app.prisma.session.update({ where: { id: sessionId }, data: { instructorAccountId: id } });
  const page = await publishFromPage(app.url, await ticket(instructor));
  await expect.poll(health, soon).toMatchObject({ publishing: true });
  await page.stop();
});

it('a ticket that is forged, of a room, expired, or of a session that is over lets nobody in', async () => {
  const { bureau, learner } = district.clients;
  const good = await ticket(bureau);
  expect(await refusal(`${good.slice(0, -3)}abc`)).toEqual({ type: 'refused', reason: 'bad-ticket' });
  const room = await admission(learner, sessionId);
  expect(await refusal(room.ticket)).toEqual({ type: 'refused', reason: 'bad-ticket' });
  app.clock.advance(61_000);
  expect(await refusal(good)).toEqual({ type: 'refused', reason: 'bad-ticket' });
  const last = await ticket(bureau);
  await become('ended');
  expect(await refusal(last)).toEqual({ type: 'refused', reason: 'session-ended' });
  const given = { params: { sessionId }, body: { publisherId: randomUUID() } };
  const late = await bureau.call('POST /sessions/:sessionId/publish-ticket', given);
  expect(late).toMatchObject({ status: 409, problem: { code: 'session-not-open' } });
});

it('while media is away the socket is refused at once', async () => {
  const alone = await startApp();
  await expect(connectPage(alone.url, 'any')).rejects.toThrow('503');
  await alone.close();
});
