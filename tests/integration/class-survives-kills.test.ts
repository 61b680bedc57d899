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
import { temporaryFolder } from '#tests/support/cluster.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
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

async function startClass(dataDir: string, people: number): Promise<LiveClass> {
  const run = await startWhole(dataDir);
  const plan = { enterprises: 2, peopleEach: people / 2, attendanceSeconds: 5 };
  const held = await scheduleClass(run.url, await run.setupCode(), plan);
  await changeState(held, 'live');
  const publisher = keepPublishing(() => publishTestSignal(held.rtmpUrl, { size: '320x180' }));
  const picture = new Picture(held.bureau, held.sessionId);
  await expect.poll(() => picture.state, soon).not.toBeNull();
  const entering = { sessionId: held.sessionId, picture, beatMs: BEAT_MS };
  const learners = await Promise.all(held.people.map((person) => Learner.enter(run.url, person, entering)));
  const live = { run, held, publisher, picture, learners };
  await goesOn(live);
  return live;
}

async function endClass({ learners, picture, publisher, run }: LiveClass): Promise<void> {
  for (const learner of learners) learner.close();
  picture.close();
  await publisher.stop();
  await run.stop();
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
  let dataDir: string;
  let live: LiveClass;

  beforeAll(async () => {
    dataDir = await temporaryFolder();
    live = await startClass(dataDir, 4);
  }, 120_000);
  afterAll(async () => {
    if (live) await endClass(live);
    await rm(dataDir, { recursive: true });
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
  }, 120_000);

  test('every beat that was acked is stored once', async () => {
    await expectStoredOnce(live);
    await changeState(live.held, 'ended');
  });
});

test('a class in a data folder that only its owner can enter survives kill -9 of PostgreSQL', async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'anke-home-'));
  const live = await startClass(path.join(home, 'data'), 2);
  // Where the database went, since PostgreSQL's own account can't pass through the folder: only so if we are root.
  const elsewhere = /"folder":"([^"]+)"/.exec(live.run.output())?.[1];
  try {
    const { postgres } = await live.run.pids();
    process.kill(postgres, 'SIGKILL');
    await expect.poll(async () => (await live.run.pids()).postgres, soon).not.toBe(postgres);
    await goesOn(live);
    await expectStoredOnce(live);
  } finally {
    await endClass(live);
    await rm(home, { recursive: true });
    if (elsewhere) await rm(elsewhere, { recursive: true, force: true });
  }
}, 120_000);
