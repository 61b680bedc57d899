import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broadcast, MediaEvent } from '#contract/media.ts';
import { SIGNATURE_HEADER, sign } from '#contract/signature.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { during } from '#tests/support/during.ts';

/* What media asks and reports, over HTTP as it sends it. */

let app: TestApp;
let district: District;
let sessionId: string;
let broadcast: Broadcast;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { unitA, personA } = district;
  const of = { title: '开工第一课', unitId: unitA.id, personId: personA.id, instructorAccountId: null };
  ({ sessionId } = await seedClass(app, of));
  broadcast = { id: newId(), sessionId, prefix: 'prefix-of-the-class', kind: 'live' };
  await app.prisma.broadcast.create({ data: broadcast });
});
beforeEach(async () => {
  await app.prisma.mediaEvent.deleteMany();
});
afterAll(() => app?.close());

interface Sending {
  secret?: string;
  /** Epoch ms. */
  at?: number;
  signature?: string;
  signedAs?: string;
}

async function send(
  name: string,
  body: string,
  { secret = app.secrets.hooks, at = Date.now(), signature, signedAs = body }: Sending = {},
): Promise<[number, string | null]> {
  const path = `/internal/media/${name}`;
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature ?? sign(secret, path, signedAs, at) },
    body,
  });
  const text = await response.text();
  return [response.status, response.status < 300 ? null : (JSON.parse(text) as { code: string }).code];
}

function lost(changes: Partial<MediaEvent> = {}): string {
  const event = { id: newId(), at: app.clock(), broadcastId: broadcast.id, sessionId, type: 'publisher-lost' };
  return JSON.stringify({ ...event, reason: 'gone', ...changes });
}

/** Everything that an event could have changed. */
async function stored(): Promise<string> {
  const rows = await Promise.all([
    app.prisma.mediaEvent.findMany(),
    app.prisma.broadcast.findMany({ orderBy: { id: 'asc' } }),
    app.prisma.session.findMany({ orderBy: { id: 'asc' } }),
  ]);
  const text = JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return createHash('sha256').update(text).digest('hex');
}

describe('an event', () => {
  it('changes the room once, however often it comes', async () => {
    const { revision } = await app.prisma.session.findUniqueOrThrow({ where: { id: sessionId } });
    const body = lost();
    expect(await send('event', body)).toEqual([204, null]);
    const once = await stored();
    expect((await app.prisma.session.findUniqueOrThrow({ where: { id: sessionId } })).revision).toBe(revision + 1);
    expect(await Promise.all([send('event', body), send('event', body), send('event', body)])).toEqual(
      Array.from({ length: 3 }, () => [204, null]),
    );
    expect(await stored()).toBe(once);
  });

  it('sent five times at once is stored once', async () => {
    const { revision } = await app.prisma.session.findUniqueOrThrow({ where: { id: sessionId } });
    const body = lost();
    await Promise.all(Array.from({ length: 5 }, () => send('event', body)));
    expect(await app.prisma.mediaEvent.count()).toBe(1);
    expect((await app.prisma.session.findUniqueOrThrow({ where: { id: sessionId } })).revision).toBe(revision + 1);
  });

  const cases: [string, () => Promise<[number, string | null]>, [number, string]][] = [
    ['without a signature', () => send('event', lost(), { signature: '' }), [403, 'forbidden']],
    ['with a signature that is none', () => send('event', lost(), { signature: 't=1,v1=zz' }), [403, 'forbidden']],
    ['signed with another secret', () => send('event', lost(), { secret: 'x'.repeat(64) }), [403, 'forbidden']],
    ['signed as something else', () => send('event', lost(), { signedAs: lost() }), [403, 'forbidden']],
    ['signed two minutes ago', () => send('event', lost(), { at: Date.now() - 120_000 }), [403, 'forbidden']],
    ['signed two minutes ahead', () => send('event', lost(), { at: Date.now() + 120_000 }), [403, 'forbidden']],
    ['of a broadcast that is not there', () => send('event', lost({ broadcastId: newId() })), [404, 'not-found']],
    ['of another session than its broadcast', () => send('event', lost({ sessionId: newId() })), [404, 'not-found']],
    ['of no kind', () => send('event', lost({ type: 'publisher-slept' as 'publisher-lost' })), [400, 'bad-request']],
    ['that breaks off', () => send('event', '{"id":'), [400, 'bad-json']],
    ['that is too long', () => send('event', lost({ reason: 'x'.repeat(70_000) })), [413, 'body-too-large']],
  ];
  it.each(cases)('%s is refused and changes nothing', async (_, sending, refusal) => {
    const before = await stored();
    expect(await sending()).toEqual(refusal);
    expect(await stored()).toBe(before);
  });

  it('is for nobody who only asks', async () => {
    const response = await district.clients.bureau.fetch('/internal/media/event', { method: 'POST', body: lost() });
    expect([response.status, (await response.json()).code]).toEqual([403, 'forbidden']);
    expect((await district.clients.bureau.fetch('/internal/media/other')).status).toBe(403);
  });
});

describe('a publisher', () => {
  it('with an unknown key is not let in', async () => {
    const body = JSON.stringify({ credential: { streamKey: 'unknown' }, remoteAddress: '127.0.0.1' });
    const before = await stored();
    const path = '/internal/media/authorise';
    const headers = { [SIGNATURE_HEADER]: sign(app.secrets.hooks, path, body, Date.now()) };
    const response = await fetch(app.url + path, { method: 'POST', headers, body });
    expect(await response.json()).toEqual({ allowed: false, reason: 'unknown-key' });
    expect(await stored()).toBe(before);
  });

  it('who asks as the class begins is let in to the class, and not to a preview that is over', async () => {
    const { bureau } = district.clients;
    const { key } = done('key', await bureau.call('POST /sessions/:sessionId/stream-key', { params: { sessionId } }));
    await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'scheduled' } });
    const [status] = await during(
      app,
      (tx) => tx.session.update({ where: { id: sessionId }, data: { state: 'live' } }),
      () => send('authorise', JSON.stringify({ credential: { streamKey: key }, remoteAddress: '127.0.0.1' })),
    );
    expect(status).toBe(200);
    expect(await app.prisma.broadcast.findMany({ where: { sessionId }, select: { id: true, kind: true } })).toEqual([
      { id: broadcast.id, kind: 'live' },
    ]);
  });

  it('with a key that no key is long is refused', async () => {
    const body = JSON.stringify({ credential: { streamKey: 'x'.repeat(300) }, remoteAddress: '127.0.0.1' });
    expect(await send('authorise', body)).toEqual([400, 'bad-request']);
  });
});
