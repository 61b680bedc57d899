import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broadcast, StatusResponse } from '#contract/media.ts';
import type { PlayoutPlan, VideosStatus } from '#contract/media-videos.ts';
import { newId } from '#server/ids.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  playbackUrl,
  startMediaProcess,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { makeVideo, testSignal, uploadVideo, videosStatus } from '#tests/support/videos.ts';

/* A prepared video on the air: at its time, held, interrupted, over. */

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;
/** With sound, and longer than the class in which it plays takes on a slow machine. */
const SECONDS = 90;
let videoId: string;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
  videoId = await uploadVideo(
    media,
    await makeVideo(path.join(dataDir, 'made.mp4'), ...testSignal(SECONDS, { size: '320x180' })),
  );
  await until(() => app.fileEvents.some((event) => event.type === 'video-ready'), 220_000);
});

afterAll(() => endOwnMedia({ dataDir, app, media }));

type State = VideosStatus['playouts'][number];

function planFor(broadcast: Broadcast, changes: Partial<PlayoutPlan> = {}): PlayoutPlan {
  app.files.set(broadcast.sessionId, { allowed: true, broadcast, takesOver: false });
  const { sessionId } = broadcast;
  return {
    playoutId: newId(),
    revision: 1,
    sessionId,
    videoId,
    fromMs: 0,
    startsAt: null,
    held: false,
    ...changes,
  };
}

async function say(plan: PlayoutPlan): Promise<void> {
  expect((await media.control('playouts/plan', { plan })).status).toBe(204);
}

async function stateOf({ sessionId }: PlayoutPlan): Promise<State | undefined> {
  return (await videosStatus(media)).playouts.find((each) => each.sessionId === sessionId);
}

function reached(plan: PlayoutPlan, state: State['state']): Promise<State> {
  return until(async () => {
    const now = await stateOf(plan);
    return now?.state === state && now;
  });
}

async function startOf(broadcast: Broadcast): Promise<number> {
  const started = await until(() =>
    app.events.find((event) => event.type === 'broadcast-started' && event.broadcastId === broadcast.id),
  );
  return started.type === 'broadcast-started' ? started.firstPdt : 0;
}

function endOf({ playoutId }: PlayoutPlan) {
  return until(() =>
    app.fileEvents.find((event) => event.type === 'playout-ended' && event.playoutId === playoutId),
  ).then((event) => (event.type === 'playout-ended' ? event.outcome : null));
}

/** PROGRAM-DATE-TIME at which the rung's playlist ends, epoch ms. */
async function playlistEnd(broadcast: Broadcast): Promise<number> {
  const text = await (await fetch(playbackUrl(media, broadcast, '360p/live.m3u8'))).text();
  const dated = text.slice(text.lastIndexOf('#EXT-X-PROGRAM-DATE-TIME:'));
  const from = Date.parse(dated.slice(25, dated.indexOf('\n')));
  const lengths = [...dated.matchAll(/#EXT-X-PART:DURATION=([\d.]+)/g)].map((match) => Number(match[1]));
  return from + lengths.reduce((sum, length) => sum + length, 0) * 1_000;
}

describe('a planned video', () => {
  const broadcast = makeBroadcast();
  let plan: PlayoutPlan;
  const startedEvents = () => app.fileEvents.filter(({ type }) => type === 'playout-started');

  it('begins at its time and not before, which the dates of its picture show', async () => {
    const startsAt = Date.now() + 4_000;
    plan = planFor(broadcast, { startsAt });
    await say(plan);
    expect(await stateOf(plan)).toMatchObject({ state: 'armed', positionMs: 0 });
    const firstPdt = await startOf(broadcast);
    expect(firstPdt).toBeGreaterThanOrEqual(startsAt);
    // By the second where the machine is its own.
    expect(firstPdt - startsAt).toBeLessThan(5_000);
    await until(() => startedEvents().length > 0);
    expect(startedEvents()).toHaveLength(1);
  });

  it('stands still when it is held, with pictures going out all the while, and goes on from there', async () => {
    await say({ ...plan, revision: 2, held: true });
    const { positionMs } = await reached(plan, 'held');
    expect(positionMs % 1_000).toBe(0);
    const before = await playlistEnd(broadcast);
    await until(async () => (await playlistEnd(broadcast)) > before + 3_000);
    expect(await stateOf(plan)).toMatchObject({ state: 'held', positionMs });
    // An older word that comes late.
    await say({ ...plan, revision: 1, held: false });
    expect(await stateOf(plan)).toMatchObject({ state: 'held', positionMs });
    await say({ ...plan, revision: 3, held: false });
    const playing = await until(async () => {
      const now = await stateOf(plan);
      return now && now.positionMs > positionMs && now;
    });
    expect(playing.state).toBe('playing');
    const text = await (await fetch(playbackUrl(media, broadcast, '360p/live.m3u8'))).text();
    expect(text).not.toContain('DISCONTINUITY\n');
    plan = { ...plan, revision: 3 };
  });

  it('goes on after kill -9 where the clock says, into the same broadcast', async () => {
    const at = Date.now();
    const before = await stateOf(plan);
    await media.kill();
    media = await startMediaProcess(dataDir, app.url);
    const after = await until(async () => {
      const now = await stateOf(plan);
      return now?.state === 'playing' && now.positionMs > (before?.positionMs ?? 0) && { ...now, at: Date.now() };
    });
    // What was missed is skipped: the position has come about as far as the time has, but for the way to the next key frame.
    const gone = after.positionMs - (before?.positionMs ?? 0);
    expect(gone).toBeGreaterThan((after.at - at) / 2);
    expect(gone).toBeLessThan(after.at - at + 1_500);
    expect(startedEvents()).toHaveLength(1);
    await until(async () => (await fetch(playbackUrl(media, broadcast, 'index.m3u8'))).ok);
  });

  it('gives way to a live instructor who is put on air, and goes on later from where it was', async () => {
    app.keys.set('live-instructor', broadcast);
    await until(async () => (await publishers())[0]?.state === 'on-air');
    const instructor = publishTestSignal(media.rtmpUrl('live-instructor'));
    const standby = await until(async () => (await publishers()).find(({ state }) => state === 'standby'));
    expect((await stateOf(plan))?.state).toBe('playing');
    const { sessionId } = plan;
    expect((await media.control('take', { sessionId, publisherId: standby.id })).status).toBe(204);
    const { positionMs } = await reached(plan, 'standby');
    expect(positionMs % 1_000).toBe(0);
    await until(async () => (await onAir()) === 'rtmp on-air');

    await media.kill();
    media = await startMediaProcess(dataDir, app.url);
    expect(await stateOf(plan)).toMatchObject({ state: 'standby', positionMs });
    expect(await instructor.exited).not.toBe(0);
    const back = publishTestSignal(media.rtmpUrl('live-instructor'));
    await until(async () => (await publishers()).some(({ state }) => state === 'on-air'));

    plan = { ...plan, revision: 4 };
    await say(plan);
    const playing = await reached(plan, 'playing');
    expect(playing.positionMs).toBeGreaterThanOrEqual(positionMs);
    await until(async () => {
      const now = await onAir();
      return now.includes('file on-air') && now.includes('rtmp standby');
    });
    await back.stop();
  });

  it('stops when it is told to', async () => {
    await media.control('playouts/end', { playoutId: plan.playoutId });
    expect(await endOf(plan)).toBe('stopped');
    await until(async () => (await stateOf(plan)) === undefined);
  });

  async function publishers() {
    const { broadcasts } = StatusResponse.parse(await (await media.control('status', {})).json());
    return broadcasts.find(({ broadcastId }) => broadcastId === broadcast.id)?.publishers ?? [];
  }

  /** Who publishes, and where they stand. */
  async function onAir(): Promise<string> {
    return (await publishers()).map(({ via, state }) => `${via} ${state}`).join();
  }
});

describe('a video in another class', () => {
  it('begins somewhere in the middle, is over by itself at its end, and leaves the broadcast open', async () => {
    const broadcast = makeBroadcast();
    const plan = planFor(broadcast, { fromMs: (SECONDS - 3.5) * 1_000, startsAt: Date.now() });
    await say(plan);
    // Its three seconds may be over before anybody has looked.
    const begun = await until(async () => {
      const now = await stateOf(plan);
      return (now?.state === 'playing' || now?.state === 'ended') && now;
    });
    expect(begun.positionMs).toBeGreaterThanOrEqual((SECONDS - 3) * 1_000);
    expect(await endOf(plan)).toBe('finished');
    await reached(plan, 'ended');
    await until(() =>
      app.events.some((event) => event.type === 'publisher-lost' && event.broadcastId === broadcast.id),
    );
    expect(app.events.some((event) => event.type === 'broadcast-ended' && event.broadcastId === broadcast.id)).toBe(
      false,
    );
  });

  it('waits for the class to begin', async () => {
    const broadcast = makeBroadcast();
    const plan = planFor(broadcast, { startsAt: Date.now() });
    app.files.set(plan.sessionId, { allowed: false, reason: 'class-not-started' });
    await say(plan);
    await reached(plan, 'waiting');
    app.files.set(plan.sessionId, { allowed: true, broadcast, takesOver: false });
    await reached(plan, 'playing');
    await media.control('end', { broadcastId: broadcast.id });
    expect(await endOf(plan)).toBe('stopped');
  });

  it('does not push aside who is on air unless somebody says so, and does not begin long after its time', async () => {
    const broadcast = makeBroadcast();
    app.keys.set('first', broadcast);
    const publisher = publishTestSignal(media.rtmpUrl('first'));
    await startOf(broadcast);
    const plan = planFor(broadcast, { startsAt: Date.now() });
    await say(plan);
    await reached(plan, 'blocked');
    app.files.set(plan.sessionId, { allowed: true, broadcast, takesOver: true });
    await say({ ...plan, revision: 2, startsAt: Date.now() });
    await reached(plan, 'playing');
    await publisher.stop();
    await media.control('playouts/end', { playoutId: plan.playoutId });
    const late = planFor(makeBroadcast(), { startsAt: Date.now() - 16 * 60_000 });
    await say(late);
    await reached(late, 'missed');
    await say({ ...late, revision: 2, startsAt: Date.now() });
    await reached(late, 'playing');
    await media.control('playouts/end', { playoutId: late.playoutId });
  });

  it('is given up when its file is gone', async () => {
    const plan = planFor(makeBroadcast(), { startsAt: Date.now(), videoId: newId() });
    await say(plan);
    expect(await endOf(plan)).toBe('failed');
  });
});
