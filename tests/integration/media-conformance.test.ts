import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Broadcast } from '#contract/media.ts';
import { ClassFollower, DRIFT_MS } from '#tests/support/class-follower.ts';
import { checkDates, type Playlist, readPlaylist } from '#tests/support/hls-rules.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  killChild,
  type MediaRun,
  makeBroadcast,
  playbackToken,
  playbackUrl,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';

/* A class with all that can happen to it, every version of every playlist of which is held against the draft's rules. */

const RENDITIONS = ['480p', '360p', 'sound'];
let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;
let broadcast: Broadcast;
let token: string;
let follower: ClassFollower;
let seen: ClassFollower['seen'];

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
  broadcast = makeBroadcast();
  token = playbackToken(broadcast);
  app.keys.set('class', broadcast);
  follower = new ClassFollower(media, broadcast, RENDITIONS);
  ({ seen } = follower);
});
afterAll(() => endOwnMedia({ dataDir, app, media }));

it('keeps the rules over a class with a lost publisher, another one, and a killed encoder', async () => {
  const size = '854x480';
  const publisher = publishTestSignal(media.rtmpUrl('class'), { size });
  const followed = follower.follow();
  const closed = (count: number) =>
    until(async () => (await follower.get('480p/live.m3u8')).split('#EXTINF').length > count);
  await closed(4);
  await killChild(media.child.pid, 'ffmpeg');
  await closed(8);
  publisher.kill();
  await closed(10);
  const back = publishTestSignal(media.rtmpUrl('class'), { size, fps: 30 });
  await until(async () => (await media.status(broadcast))?.publishing);
  const spare = publishTestSignal(media.rtmpUrl('class'), { size });
  const publishers = async () => (await media.status(broadcast))?.publishers ?? [];
  await until(async () => (await publishers()).length === 2);
  const { sessionId } = broadcast;
  await media.control('take', { sessionId, publisherId: (await publishers())[1]?.id });
  await until(async () => (await publishers())[1]?.state === 'on-air');
  await until(async () => (await follower.get('480p/live.m3u8')).split('#EXT-X-DISCONTINUITY\n').length > 4);
  await Promise.all([spare.stop(), back.stop()]);
  await media.control('end', { broadcastId: broadcast.id });
  await followed;

  for (const [name, versions] of seen) {
    expect(versions.length, name).toBeGreaterThan(45);
    expect(versions.at(-1)?.ended).toBe(true);
    const updates = follower.deltas.get(name) ?? [];
    expect(
      updates.some(({ delta }) => delta.skipped > 0),
      name,
    ).toBe(true);
  }
  expect(follower.problems()).toEqual([]);
});

it('says in each playlist where the others are', () => {
  for (const [name, versions] of seen) {
    const others = RENDITIONS.filter((each) => each !== name).map((each) => `../${each}/live.m3u8`);
    // The first versions come before the others have begun.
    for (const { reports, ended } of versions.slice(10)) {
      if (ended) continue;
      expect(reports.map((each) => each.get('URI')).sort()).toEqual(others.sort());
      for (const each of reports) expect([each.get('LAST-MSN'), each.get('LAST-PART')].join()).toMatch(/^\d+,\d+$/);
    }
  }
});

it('hints at the part that comes next, except where an encoder ends', () => {
  for (const versions of seen.values()) {
    const all = versions.flatMap(({ segments }) => segments);
    const wrong = versions.filter((version, at) => {
      const after = versions[at + 1];
      if (!after || after.ended || version.hint === null || version.hint === after.hint) return false;
      if (after.segments.some(({ parts }) => parts.some(({ uri }) => uri === version.hint))) return false;
      const hinted = Number(/\d+/.exec(version.hint)?.[0]);
      return !all.some(({ msn, startsDiscontinuity }) => startsDiscontinuity && [hinted, hinted + 1].includes(msn));
    });
    expect(wrong.map(({ hint }) => hint)).toEqual([]);
  }
});

it('keeps what it has just taken from the list readable for as long as it was listed', async () => {
  for (const [name, versions] of seen) {
    const last = versions.at(-1) as Playlist;
    const gone = last.mediaSequence - 1;
    // What an encoder that was killed had not come to in this rendition is not there.
    const wasGap = versions.some(({ segments }) => segments.some(({ msn, gap }) => msn === gone && gap));
    if (gone < 0 || wasGap) continue;
    const answer = await fetch(playbackUrl(media, broadcast, `${name}/seg-${gone}.m4s`, token));
    expect(answer.status, name).toBe(200);
  }
});

it('leaves a recording that keeps the rules of a whole class', () => {
  for (const name of RENDITIONS) {
    const folder = path.join(dataDir, 'recordings', broadcast.id, name);
    const playlist = readPlaylist(fs.readFileSync(path.join(folder, 'index.m3u8'), 'utf8'));
    expect(playlist.tags.get('EXT-X-PLAYLIST-TYPE')).toBe('VOD');
    expect(playlist.ended).toBe(true);
    const broken: string[] = [];
    checkDates(playlist.segments, DRIFT_MS + 1, (rule, problem) => void broken.push(`${rule}: ${problem}`));
    for (const { msn, duration } of playlist.segments) {
      if (Math.round(duration) > playlist.targetDuration) broken.push(`4.4.3.1: ${msn} lasts ${duration}`);
    }
    expect(broken).toEqual([]);
    // The live playlist's segments are its end, with the same numbers, lengths and dates.
    const facts = ({ msn, duration, pdt, discontinuities }: Playlist['segments'][number]) => [
      msn,
      duration,
      pdt,
      discontinuities,
    ];
    const live = seen.get(name)?.at(-1)?.segments.map(facts) ?? [];
    expect(live.length).toBeGreaterThan(5);
    expect(playlist.segments.map(facts).slice(-live.length)).toEqual(live);
  }
});
