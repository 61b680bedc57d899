import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changeState,
  keepPublishing,
  type ScheduledClass,
  type StubbornPublisher,
  scheduleClass,
} from '#tests/support/class.ts';
import { Learner } from '#tests/support/class-learner.ts';
import { Picture } from '#tests/support/class-picture.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { childrenOf, startWhole, type WholeRun } from '#tests/support/whole-run.ts';

/* The whole product over real parts, with a publisher and learners that come back as OBS and browsers do. */

const soon = { timeout: 60_000, interval: 200 };
const BEAT_MS = 1_000;

interface LiveClass {
  run: WholeRun;
  held: ScheduledClass;
  publisher: StubbornPublisher;
  picture: Picture;
  learners: Learner[];
}

/** Ends what was started, the last first. */
type Ends = (() => unknown)[];

async function startClass(dataDir: string, people: number, ends: Ends): Promise<LiveClass> {
  const started = { run: await startWhole(dataDir) };
  // Filled in as it goes, so that what has begun is ended whatever fails. The run may be replaced by another one on the same data folder.
  const live = started as LiveClass;
  ends.unshift(() => live.run.stop());
  const plan = { enterprises: 2, peopleEach: people / 2, attendanceSeconds: 5 };
  live.held = await scheduleClass(live.run.url, await live.run.setupCode(), plan);
  await changeState(live.held, 'live');
  live.publisher = keepPublishing(() => publishTestSignal(live.held.rtmpUrl, { size: '320x180' }));
  ends.unshift(() => live.publisher.stop());
  live.picture = new Picture(live.held.bureau, live.held.sessionId);
  ends.unshift(() => live.picture.close());
  await expect.poll(() => live.picture.state, soon).not.toBeNull();
  const entering = { sessionId: live.held.sessionId, picture: live.picture, beatMs: BEAT_MS };
  live.learners = await Promise.all(live.held.people.map((person) => Learner.enter(live.run.url, person, entering)));
  ends.unshift(() => {
    for (const learner of live.learners) learner.close();
  });
  await goesOn(live);
  return live;
}

async function endAll(ends: Ends): Promise<void> {
  for (const end of ends) await end();
}

/** From now on: new segments appear in the same place, and of every learner another beat is acked. */
async function goesOn({ picture, learners }: LiveClass): Promise<void> {
  const before = picture.state;
  const acked = learners.map((learner) => learner.acked.size);
  await expect.poll(() => (picture.state?.msn ?? 0) - (before?.msn ?? 0), soon).toBeGreaterThanOrEqual(2);
  await expect.poll(() => learners.every(({ acked: now }, n) => now.size > (acked[n] ?? 0)), soon).toBe(true);
  expect(picture.state?.prefix).toBe(before?.prefix);
}

/** What is stored of each connection's beats, against what the server has acked. */
async function expectStoredOnce({ run, learners }: LiveClass): Promise<void> {
  for (const learner of learners) learner.stopWatching();
  await expect.poll(() => learners.map((learner) => learner.unacked), soon).toEqual(learners.map(() => 0));
  const client = new pg.Client({ connectionString: (await run.pids()).databaseUrl });
  await client.connect();
  try {
    for (const learner of learners) {
      const { rows } = await client.query<{ seq: number; from: string; to: string }>(
        `select seq, claimed_from as "from", claimed_to as "to" from attendance_entry where conn_id = $1 order by seq`,
        [learner.connId],
      );
      const acked = [...learner.acked.values()].sort((a, b) => a.seq - b.seq);
      expect(rows.map(({ seq, from, to }) => ({ seq, from: Number(from), to: Number(to) }))).toEqual(
        acked.map(({ seq, mediaFrom, mediaTo }) => ({ seq, from: mediaFrom, to: mediaTo })),
      );
    }
  } finally {
    await client.end();
  }
}

async function ffmpegOf(run: WholeRun): Promise<number> {
  const { media } = await run.pids();
  await expect.poll(() => childrenOf(media, 'ffmpeg').length, soon).toBeGreaterThan(0);
  return childrenOf(media, 'ffmpeg')[0] ?? 0;
}

describe('a class goes on after kill -9', () => {
  const ends: Ends = [];
  let dataDir: string;
  let live: LiveClass;

  beforeAll(async () => {
    dataDir = await temporaryFolder();
    ends.push(() => rm(dataDir, { recursive: true }));
  });
  afterAll(() => endAll(ends));

  test('a class is on', async () => {
    live = await startClass(dataDir, 4, ends);
  });

  test('of a worker: its learners come back', async () => {
    const [worker = 0] = (await live.run.pids()).workers;
    process.kill(worker, 'SIGKILL');
    await expect.poll(async () => (await live.run.pids()).workers.filter((pid) => pid !== worker).length, soon).toBe(2);
    await goesOn(live);
  });

  test('of the encoder: in the same place, without the publisher noticing', async () => {
    const encoder = await ffmpegOf(live.run);
    const { media } = await live.run.pids();
    process.kill(encoder, 'SIGKILL');
    await expect
      .poll(() => childrenOf(media, 'ffmpeg').filter((pid) => pid !== encoder).length, soon)
      .toBeGreaterThan(0);
    await goesOn(live);
  });

  test('of the media process: in the same place, and no socket is lost', async () => {
    const { media } = await live.run.pids();
    const joins = live.learners.map((learner) => learner.joins);
    process.kill(media, 'SIGKILL');
    await expect.poll(async () => (await live.run.pids()).media, soon).not.toBe(media);
    await goesOn(live);
    expect(live.learners.map((learner) => learner.joins)).toEqual(joins);
  });

  test('of PostgreSQL: what was not acked is sent again', async () => {
    const { postgres } = await live.run.pids();
    process.kill(postgres, 'SIGKILL');
    await expect.poll(async () => (await live.run.pids()).postgres, soon).not.toBe(postgres);
    await goesOn(live);
  });

  test('of the supervisor: the next start takes over, and nothing that was acked is lost', async () => {
    const { run } = live;
    const left = once(run.child, 'exit');
    run.child.kill('SIGKILL');
    await left;
    const rtmp = new URL(live.held.rtmpUrl.replace('rtmp:', 'http:')).port;
    live.run = await startWhole(dataDir, { env: { PORT: new URL(run.url).port, RTMP_PORT: rtmp } });
    await goesOn(live);
  });

  test('every beat that was acked is stored once', async () => {
    await expectStoredOnce(live);
    await changeState(live.held, 'ended');
  });
});

test('a class in a data folder that only its owner can enter survives kill -9 of PostgreSQL', async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'anke-home-'));
  const ends: Ends = [() => rm(home, { recursive: true })];
  try {
    const live = await startClass(path.join(home, 'data'), 2, ends);
    // Where the database went if we are root, since PostgreSQL's own account can't pass through the folder.
    const elsewhere = /"folder":"([^"]+)"/.exec(live.run.output())?.[1];
    if (elsewhere?.startsWith('/var/lib/anke-')) ends.push(() => rm(elsewhere, { recursive: true }));
    const { postgres } = await live.run.pids();
    process.kill(postgres, 'SIGKILL');
    await expect.poll(async () => (await live.run.pids()).postgres, soon).not.toBe(postgres);
    await goesOn(live);
    await expectStoredOnce(live);
  } finally {
    await endAll(ends);
  }
});
