import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthoriseFileResponse } from '#contract/media-videos.ts';
import { SIGNATURE_HEADER, sign } from '#contract/signature.ts';
import type { Playout, PlayoutInput } from '#contract/videos.ts';
import type { Tx } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { during } from '#tests/support/during.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { type MediaRun, startMediaProcess } from '#tests/support/media-run.ts';
import { makeVideo, testSignal } from '#tests/support/videos.ts';

/* App and media together: an officer uploads a video and lets it go out as the class. */

const LIMIT = 2 ** 50;
/** Longer than anything here takes while it plays on a slow machine. */
const SECONDS = 40;
const soon = { timeout: 45_000, interval: 100 };

let hooked: TestApp;
let app: TestApp;
let media: MediaRun;
let district: District;
let officer: HttpClient;
let courseId: string;
let videoId: string;
let number = 0;

beforeAll(async () => {
  // Media reports to one worker, and another one tells media what to do.
  hooked = await startApp();
  media = await startMediaProcess(hooked.config.dataDir, hooked.url);
  app = await startApp({ beside: hooked, config: { mediaUrl: media.url, videoLimitBytes: LIMIT } });
  district = await hooked.seedDistrict();
  for (const client of Object.values(district.clients)) Object.assign(client, { url: app.url });
  officer = district.clients.bureau;
  ({ id: courseId } = done('course', await officer.call('POST /courses', { body: { title: '开工第一课' } })));
});
afterAll(async () => {
  await app?.close();
  await media?.stop();
  await hooked?.close();
});

/** Media has the real clock, and both talk of moments. */
function catchUp(): void {
  app.clock.advance(Math.max(0, Date.now() - app.clock()));
}

async function changeState(sessionId: string, to: 'draft' | 'scheduled' | 'live' | 'ended'): Promise<void> {
  catchUp();
  done(to, await officer.call('POST /sessions/:sessionId/state', { params: { sessionId }, body: { to } }));
}

async function newSession(startsInMs: number, schedule = true): Promise<string> {
  catchUp();
  number += 1;
  const startsAt = new Date(app.clock() + startsInMs).toISOString();
  const planned = { topic: `第 ${number} 课`, startsAt, plannedMinutes: 60 };
  const inCourse = { params: { courseId }, body: planned };
  const { id } = done('session', await officer.call('POST /courses/:courseId/sessions', inCourse));
  if (schedule) await changeState(id, 'scheduled');
  return id;
}

async function arm(sessionId: string, changes: Partial<PlayoutInput> = {}) {
  const body = { videoId, start: 'manual' as const, ...changes };
  return officer.call('PUT /sessions/:sessionId/playout', { params: { sessionId }, body });
}

async function act(sessionId: string, playout: { id: string }, what: 'start' | 'hold' | 'continue' | 'stop') {
  catchUp();
  const body = { playoutId: playout.id, act: what };
  return officer.call('POST /sessions/:sessionId/playout/act', { params: { sessionId }, body });
}

async function playout(sessionId: string): Promise<Playout | null> {
  catchUp();
  const reply = await officer.call('GET /sessions/:sessionId/playout', { params: { sessionId } });
  return done('playout', reply).playout;
}

async function stateOf(sessionId: string) {
  return done('session', await officer.call('GET /sessions/:sessionId', { params: { sessionId } })).state;
}

async function videos() {
  catchUp();
  return done('videos', await officer.call('GET /videos')).items;
}

function audited(subjectId: string) {
  return app.prisma.auditEntry.findMany({ where: { subjectId }, orderBy: { id: 'asc' } });
}

function asked(sessionId: string, playoutId: string): Promise<AuthoriseFileResponse> {
  return hook('/internal/media/authorise-file', { playoutId, sessionId }) as Promise<AuthoriseFileResponse>;
}

async function hook(path: string, body: object): Promise<unknown> {
  const text = JSON.stringify(body);
  const signature = sign(app.secrets.hooks, path, text, Date.now());
  const answer = await fetch(hooked.url + path, {
    method: 'POST',
    headers: { [SIGNATURE_HEADER]: signature },
    body: text,
  });
  return answer.json();
}

async function planned(sessionId: string, startsClass: boolean) {
  catchUp();
  const startsAt = new Date(app.clock() + 14_000).toISOString();
  return done('arm', await arm(sessionId, { start: 'time', startsAt, startsClass }));
}

describe('a video', () => {
  it('is uploaded through the front door, checked, and listed with its facts and its picture', async () => {
    const bytes = await makeVideo(
      path.join(app.config.dataDir, 'made.mp4'),
      ...testSignal(SECONDS, { size: '320x180' }),
    );
    const file = { name: 'C:\\培训\\..\\第一课.mp4', bytes: bytes.length, fileModifiedAt: 1_700_000_000_000 };
    const begun = done('upload', await officer.call('POST /videos', { body: file }));
    videoId = begun.id;
    const half = Math.floor(bytes.length / 2);
    const patch = (offset: number, piece: Buffer, token: string) =>
      officer.fetch(`/uploads/${videoId}`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
        },
        body: new Uint8Array(piece),
      });
    expect((await patch(0, bytes.subarray(0, half), begun.uploadToken)).status).toBe(204);
    await expect
      .poll(async () => (await videos())[0], soon)
      .toMatchObject({ name: '第一课.mp4', state: 'uploading', received: half });
    const again = done('token', await officer.call('POST /videos/:videoId/upload-token', { params: { videoId } }));
    expect((await patch(half, bytes.subarray(half), again.uploadToken)).status).toBe(204);
    // It is made ready when nothing else wants the machine.
    await expect
      .poll(async () => (await videos())[0], { ...soon, timeout: 220_000 })
      .toMatchObject({
        state: 'ready',
        width: 320,
        height: 180,
        framesPerSecond: 25,
        durationMs: SECONDS * 1_000,
        hasSound: true,
        hasPoster: true,
        plannedFor: [],
      });
    const poster = done('poster', await officer.call('GET /videos/:videoId/poster', { params: { videoId } }));
    expect(poster.subarray(0, 3)).toEqual(Buffer.from('ffd8ff', 'hex'));
    const goOn = await officer.call('POST /videos/:videoId/upload-token', { params: { videoId } });
    expect([goOn.status, goOn.problem?.code]).toEqual([409, 'video-uploaded']);
    expect((await audited(videoId)).map(({ action, accountId }) => [action, accountId])).toEqual([
      ['video:upload', district.accounts.bureau.id],
    ]);
  });

  it('that is too large, or has no name left, is refused before a byte is sent', async () => {
    const file = { name: 'a.mp4', bytes: LIMIT + 1, fileModifiedAt: 0 };
    const large = await officer.call('POST /videos', { body: file });
    expect([large.status, large.problem?.code]).toEqual([413, 'video-too-large']);
    // As much as nobody has.
    const full = await officer.call('POST /videos', { body: { ...file, bytes: LIMIT } });
    expect([full.status, full.problem?.code]).toEqual([507, 'video-disk-full']);
    const nameless = await officer.call('POST /videos', { body: { ...file, bytes: 1, name: ' ../\u0000 ' } });
    expect(nameless.problem?.code).toBe('bad-request');
  });

  it('is not begun while media is away', async () => {
    // The worker to which media reports has no way to it.
    const away = await district.clients.bureau.copy();
    Object.assign(away, { url: hooked.url });
    const refused = await away.call('POST /videos', { body: { name: 'a.mp4', bytes: 1, fileModifiedAt: 0 } });
    expect(refused.problem?.code).toBe('media-unavailable');
    expect(await app.prisma.video.count()).toBe(1);
  });
});

describe('a planned video', () => {
  it('is the officer’s start, given beforehand: it begins the class in their name and is on the air at its time', async () => {
    const sessionId = await newSession(3_600_000);
    const startsAt = new Date(Date.now() + 5_000).toISOString();
    const armed = done('arm', await arm(sessionId, { start: 'time', startsAt, startsClass: true }));
    expect(armed).toMatchObject({ startsAt, startsClass: true, startedAt: null, outcome: null });
    expect(await stateOf(sessionId)).toBe('scheduled');
    expect((await videos())[0]?.plannedFor).toEqual([{ sessionId, courseTitle: '开工第一课', number }]);
    const inUse = await officer.call('DELETE /videos/:videoId', { params: { videoId } });
    expect([inUse.status, inUse.problem?.code]).toEqual([409, 'video-in-use']);

    await expect.poll(() => playout(sessionId), soon).toMatchObject({ state: 'playing' });
    expect(await stateOf(sessionId)).toBe('live');
    const broadcast = await expect
      .poll(() => app.prisma.broadcast.findFirst({ where: { sessionId, firstPdt: { not: null } } }), soon)
      .not.toBeNull()
      .then(() => app.prisma.broadcast.findFirstOrThrow({ where: { sessionId } }));
    expect(broadcast.kind).toBe('live');
    expect(Number(broadcast.firstPdt) - Date.parse(startsAt)).toBeGreaterThanOrEqual(0);
    // By the second where the machine is its own.
    expect(Number(broadcast.firstPdt) - Date.parse(startsAt)).toBeLessThan(5_000);

    const begun = (await audited(sessionId)).find(({ action, detail }) => {
      return action === 'session:state' && (detail as { to: string }).to === 'live';
    });
    expect(begun).toMatchObject({ accountId: district.accounts.bureau.id, requestId: `playout ${armed.id}` });

    done('hold', await act(sessionId, armed, 'hold'));
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ state: 'held' });
    const { positionMs } = (await playout(sessionId)) ?? { positionMs: -1 };
    done('continue', await act(sessionId, armed, 'continue'));
    await expect.poll(async () => (await playout(sessionId))?.positionMs, soon).toBeGreaterThan(positionMs);
    const other = await arm(sessionId);
    expect(other.problem?.code).toBe('playout-running');
    expect((await act(sessionId, { id: newId() }, 'stop')).problem?.code).toBe('playout-changed');

    done('stop', await act(sessionId, armed, 'stop'));
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ outcome: 'stopped' });
    expect((await act(sessionId, armed, 'stop')).problem?.code).toBe('playout-changed');
    expect(await stateOf(sessionId)).toBe('live');
    expect((await audited(sessionId)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['playout:arm', 'playout:hold', 'playout:continue', 'playout:stop']),
    );
    await changeState(sessionId, 'ended');
    expect((await arm(sessionId)).problem?.code).toBe('session-not-open');
  });

  it('follows the session’s planned start, and waits for the class where it does not begin it', async () => {
    const sessionId = await newSession(3_600_000);
    const armed = done('arm', await arm(sessionId, { start: 'plan' }));
    const startsAt = new Date(app.clock() + 2_000).toISOString();
    done('moved', await officer.call('PATCH /sessions/:sessionId', { params: { sessionId }, body: { startsAt } }));
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ id: armed.id, startsAt, state: 'waiting' });
    await changeState(sessionId, 'live');
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ state: 'playing' });
    await changeState(sessionId, 'ended');
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ outcome: 'class_ended' });
  });

  it('by hand is a trial before the class, and over by itself at its end', async () => {
    const sessionId = await newSession(3_600_000, false);
    const armed = done('arm', await arm(sessionId, { fromMs: (SECONDS - 3) * 1_000 }));
    expect((await act(sessionId, armed, 'hold')).problem?.code).toBe('playout-changed');
    done('start', await act(sessionId, armed, 'start'));
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ outcome: 'finished' });
    expect(await app.prisma.broadcast.findFirst({ where: { sessionId } })).toMatchObject({ kind: 'preview' });
    expect(await stateOf(sessionId)).toBe('draft');
  });

  it('pushes aside who is on air only where it begins the class, or somebody pressed the button', async () => {
    const taught = await newSession(3_600_000);
    await changeState(taught, 'live');
    const later = await planned(taught, false);
    expect(await asked(taught, later.id)).toMatchObject({ allowed: true, takesOver: false });
    expect(await asked(taught, newId())).toEqual({ allowed: false, reason: 'not-armed' });
    // The class began by hand, long before its video.
    const longAgo = new Date(app.clock() - 600_000);
    await app.prisma.session.update({ where: { id: taught }, data: { startedAt: longAgo } });
    const asOpening = await planned(taught, true);
    expect(await asked(taught, asOpening.id)).toMatchObject({ takesOver: false });
    await changeState(taught, 'ended');
    expect(await asked(taught, asOpening.id)).toEqual({ allowed: false, reason: 'not-armed' });

    const opened = await newSession(3_600_000);
    const opening = await planned(opened, true);
    expect(await asked(opened, opening.id)).toMatchObject({ allowed: true, takesOver: true });
    expect(await stateOf(opened)).toBe('live');
    await changeState(opened, 'ended');
  });

  it('that is cancelled while it is about to start the class does not start it', async () => {
    const sessionId = await newSession(3_600_000);
    const { id } = await planned(sessionId, true);
    const cancelled = { endedAt: new Date(app.clock()), outcome: 'cancelled' } as const;
    const answer = await during(
      app,
      (tx) => tx.playout.update({ where: { id }, data: cancelled }),
      () => asked(sessionId, id),
    );
    expect(answer).toEqual({ allowed: false, reason: 'class-not-started' });
    expect(await stateOf(sessionId)).toBe('scheduled');
    expect(await asked(sessionId, id)).toEqual({ allowed: false, reason: 'not-armed' });
  });

  it('is not planned for a class that is being ended', async () => {
    const sessionId = await newSession(3_600_000);
    await changeState(sessionId, 'live');
    const end = async (tx: Tx) => {
      await tx.$queryRaw`select 1 as locked from session where id = ${sessionId}::uuid for update`;
      await tx.session.update({ where: { id: sessionId }, data: { state: 'ended', endedAt: new Date(app.clock()) } });
    };
    expect((await during(app, end, () => arm(sessionId))).problem?.code).toBe('session-not-open');
    expect(await app.prisma.playout.count({ where: { sessionId } })).toBe(0);
  });

  it('does not start the class because its time was put right', async () => {
    const sessionId = await newSession(3_600_000);
    const move = async (ms: number) => {
      catchUp();
      const body = { startsAt: new Date(app.clock() + ms).toISOString() };
      return officer.call('PATCH /sessions/:sessionId', { params: { sessionId }, body });
    };
    const armed = done('arm', await arm(sessionId, { start: 'plan', startsClass: true }));
    const { startsAt } = armed;
    expect((await move(-60_000)).problem?.code).toBe('playout-would-start');
    expect(await playout(sessionId)).toMatchObject({ id: armed.id, startsAt });
    done('later', await move(7_200_000));
    done('cancel', await act(sessionId, armed, 'stop'));
    done('moved', await move(-60_000));
    expect(await stateOf(sessionId)).toBe('scheduled');
  });

  it('that has ended is why there is no picture, as the room says, and no broken signal is', async () => {
    const sessionId = await newSession(3_600_000);
    await changeState(sessionId, 'live');
    const armed = done('arm', await arm(sessionId, { fromMs: (SECONDS - 3) * 1_000 }));
    done('start', await act(sessionId, armed, 'start'));
    await expect.poll(() => playout(sessionId), soon).toMatchObject({ outcome: 'finished' });
    const lost = async () => (await app.prisma.session.findUniqueOrThrow({ where: { id: sessionId } })).publisherLostAt;
    await expect.poll(lost, soon).not.toBeNull();
    const room = async () =>
      done('room', await officer.call('GET /sessions/:sessionId/room', { params: { sessionId } }));
    await expect.poll(room, soon).toMatchObject({ publishing: false, videoOver: true });
    await app.prisma.playout.update({ where: { id: armed.id }, data: { outcome: 'failed' } });
    app.clock.advance(6_000);
    expect(await room()).toMatchObject({ publishing: false, videoOver: false });
    await changeState(sessionId, 'ended');
  });

  it('gives way to another one before it has begun, of two at once to one; and is taken back with its session', async () => {
    const sessionId = await newSession(3_600_000);
    const first = done('arm', await arm(sessionId, { start: 'plan' }));
    const both = await Promise.all([arm(sessionId), arm(sessionId), arm(sessionId)]);
    for (const { status, problem } of both) expect([200, 'playout-changed']).toContain(problem?.code ?? status);
    const rows = await app.prisma.playout.findMany({ where: { sessionId } });
    expect(rows.filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
    expect(rows.find(({ id }) => id === first.id)?.outcome).toBe('cancelled');
    await changeState(sessionId, 'draft');
    expect(await app.prisma.playout.count({ where: { sessionId, endedAt: null } })).toBe(0);
  });

  it.each<[string, Partial<PlayoutInput>, string]>([
    ['a time that has passed', { start: 'time', startsAt: '2020-01-01T00:00:00Z' }, 'bad-request'],
    ['no time', { start: 'time' }, 'bad-request'],
    ['a class that begins at nobody’s word', { start: 'manual', startsClass: true }, 'bad-request'],
    ['a place behind its end', { fromMs: SECONDS * 1_000 }, 'playout-past-end'],
    ['no such video', { videoId: newId() }, 'not-found'],
  ])('with %s is refused', async (_, changes, code) => {
    const sessionId = await newSession(3_600_000);
    expect((await arm(sessionId, changes)).problem?.code).toBe(code);
    expect(await app.prisma.playout.count({ where: { sessionId } })).toBe(0);
  });

  it('that is not ready cannot be planned; one that is nowhere planned is deleted with its files', async () => {
    const { sessionId, videoId: other } = await seedFirstClass(app, district);
    await app.prisma.video.update({ where: { id: other }, data: { state: 'checking' } });
    expect((await arm(sessionId, { videoId: other })).problem?.code).toBe('video-not-ready');
    expect((await officer.call('POST /videos/:videoId/check', { params: { videoId: other } })).problem?.code).toBe(
      'video-not-retryable',
    );
    done('deleted', await officer.call('DELETE /videos/:videoId', { params: { videoId } }));
    expect((await videos()).some(({ id }) => id === videoId)).toBe(false);
    expect((await audited(videoId)).at(-1)).toMatchObject({ action: 'video:delete', detail: { name: '第一课.mp4' } });
    // What was played stays on record.
    expect(await app.prisma.playout.count({ where: { videoName: '第一课.mp4', videoId: null } })).toBeGreaterThan(0);
  });
});
