import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broadcast, FilmStatus } from '#contract/media.ts';
import { ClassFollower } from '#tests/support/class-follower.ts';
import { readPlaylist } from '#tests/support/hls-rules.ts';
import { probe } from '#tests/support/media.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  killChild,
  type MediaRun,
  makeBroadcast,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { publishFile, publishScenes, publishTestSignal } from '#tests/support/publish.ts';
import { makeVideo, testSignal } from '#tests/support/videos.ts';

/* A publisher's own picture as the top rung, with rungs beside it that are encoded to its key frames. */

const run = promisify(execFile);
const SIZE = '854x480';

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;
let folder: string;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'anke-copied-'));
  // No slate, which may begin before a class is ended whose film is over; the last test has one.
  ({ dataDir, app, media } = await startOwnMedia({ COPY_TOP_RUNG: 'on', SLATE_SECONDS: '0' }));
});
afterAll(async () => {
  await endOwnMedia({ dataDir, app, media });
  fs.rmSync(folder, { recursive: true });
});

interface Filmed {
  seconds: number;
  size?: string;
  fps?: number;
  /** Arguments for the encoder. */
  encoded: string[];
}

/** A film that can be published as it is; what it sends is known before. */
async function filmed(name: string, { seconds, size = SIZE, fps = 30, encoded }: Filmed): Promise<string> {
  const file = path.join(folder, `${name}.flv`);
  const plain = ['-bf', '0', '-b:v', '500k', '-maxrate', '600k', '-bufsize', '300k'];
  await makeVideo(file, ...testSignal(seconds, { size, fps }), ...plain, ...encoded);
  return file;
}

const keyFrames = (expression: string) => ['-g', '1000', '-sc_threshold', '0', '-force_key_frames', expression];

/** Publishes films into a class, one after the other, each to its end; reads all its playlists. */
async function attend(films: string | string[], renditions: string[], broadcast = makeBroadcast()) {
  app.keys.set(broadcast.id, broadcast);
  const follower = new ClassFollower(media, broadcast, renditions);
  const followed = follower.follow();
  /** Names of the rungs that were copied, each time they changed. */
  const copied: string[][] = [];
  let multivariant = '';
  for (const film of [films].flat()) {
    const publisher = publishFile(media.rtmpUrl(broadcast.id), film);
    const watching = setInterval(async () => {
      const status = await media.status(broadcast).catch(() => undefined);
      if (!status?.publishing) return;
      const now = status.rungs.filter((rung) => rung.copied).map(({ name }) => name);
      if (copied.at(-1)?.join() !== now.join()) copied.push(now);
    }, 100);
    await until(async () => (await media.status(broadcast))?.publishing);
    multivariant ||= await follower.get('index.m3u8');
    await publisher.exited;
    clearInterval(watching);
    await until(async () => (await media.status(broadcast))?.publishing === false);
  }
  await media.control('end', { broadcastId: broadcast.id });
  await followed;
  const isEnd = ({ type, broadcastId }: (typeof app.events)[number]) =>
    type === 'broadcast-ended' && broadcastId === broadcast.id;
  await until(() => app.events.some(isEnd));
  return { broadcast, follower, multivariant, copied };
}

interface Packet {
  pts: number;
  key: boolean;
  hash: string;
}

/** Of the picture, as it is stored: ffmpeg's parser takes some intra pictures for key frames. */
async function packetsOf(source: string): Promise<Packet[]> {
  const entries = ['-show_entries', 'packet=pts,flags,data_hash', '-show_data_hash', 'md5', '-of', 'json'];
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'error', '-fflags', '+noparse', '-select_streams', 'v:0', ...entries, source],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const { packets } = JSON.parse(stdout) as { packets: { pts: number; flags: string; data_hash: string }[] };
  return packets.map(({ pts, flags, data_hash: hash }) => ({ pts, key: flags.startsWith('K'), hash }));
}

function fileOf(broadcast: Broadcast, rendition: string, number: number): string {
  return path.join(folder, `${broadcast.id}-${rendition}-${number}.mp4`);
}

/** Of one run of an encoder in a recording. */
async function recordedRun(broadcast: Broadcast, rendition: string, number: number): Promise<Packet[]> {
  const at = path.join(dataDir, 'recordings', broadcast.id, rendition);
  const playlist = readPlaylist(fs.readFileSync(path.join(at, 'index.m3u8'), 'utf8'));
  const inits = [...new Set(playlist.segments.map(({ map }) => map))];
  const init = inits[number] ?? '';
  const pieces = [...playlist.text.matchAll(/#EXT-X-MAP:URI="([^"]+)"|#EXT-X-BYTERANGE:(\d+)@(\d+)/g)];
  const data = fs.readFileSync(path.join(at, 'media.m4s'));
  let current = '';
  const bytes = [fs.readFileSync(path.join(at, init))];
  for (const [, map, length, offset] of pieces) {
    if (map !== undefined) current = map;
    else if (current === init) bytes.push(data.subarray(Number(offset), Number(offset) + Number(length)));
  }
  const file = fileOf(broadcast, rendition, number);
  fs.writeFileSync(file, Buffer.concat(bytes));
  return packetsOf(file);
}

/** The film of a class that has ended, as a player has it that believes its description alone: whatever that says, and its frames. */
async function filmOf({ id: broadcastId }: Broadcast, own = { media, dataDir }): Promise<string> {
  const film = async (make: boolean) =>
    FilmStatus.parse(await (await own.media.control('film', { broadcastId, make })).json());
  await film(true);
  await until(async () => (await film(false)).state === 'ready');
  const plain = path.join(folder, `${broadcastId}.mp4`);
  const made = path.join(own.dataDir, 'recordings', broadcastId, 'class.mp4');
  const alone = ['-c', 'copy', '-an', '-bsf:v', 'filter_units=remove_types=7|8'];
  await run('ffmpeg', ['-v', 'error', '-i', made, ...alone, plain]);
  const entries = ['-show_entries', 'stream=height,nb_read_frames', '-count_frames', '-of', 'csv=p=0'];
  const { stdout, stderr } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...entries, plain]);
  expect(stderr).toBe('');
  return stdout.trim();
}

describe('a picture with key frames no more than two seconds apart', () => {
  // As an encoder makes them that also sets one where the scene changes.
  const KEYS = '0,2,3.12,5.12,5.4,6.4,7.4,8.4,10.4';
  let file: string;
  let attended: Awaited<ReturnType<typeof attend>>;
  let copied: Packet[];

  beforeAll(async () => {
    file = await filmed('good', {
      seconds: 12,
      fps: 25,
      encoded: ['-preset', 'superfast', '-profile:v', 'high', ...keyFrames(KEYS)],
    });
    attended = await attend(file, ['480p', '360p', 'sound']);
    copied = await recordedRun(attended.broadcast, '480p', 0);
  });

  it('goes to viewers as it was sent', async () => {
    expect(attended.copied).toEqual([['480p']]);
    const sent = await packetsOf(file);
    expect(copied.map(({ hash }) => hash)).toEqual(sent.map(({ hash }) => hash));
  });

  it('is joined by rungs with the same frames and the same key frames', async () => {
    const frames = (packets: Packet[]) => packets.map(({ pts, key }) => [pts, key]);
    const lower = await recordedRun(attended.broadcast, '360p', 0);
    expect(frames(lower)).toEqual(frames(copied));
    expect(lower.filter(({ key }) => key)).toHaveLength(KEYS.split(',').length);
  });

  it('is described as what it is', () => {
    const [, codecs] = /CODECS="(avc1\.[0-9a-f]+),mp4a\.40\.2",RESOLUTION=854x480/.exec(attended.multivariant) ?? [];
    // Level 3 or 3.1, high.
    expect(codecs).toMatch(/^avc1\.6400(1e|1f)$/);
  });

  it('is that of the film', async () => {
    expect(await filmOf(attended.broadcast)).toBe(`480,${copied.length}`);
  });

  it('keeps the rules of playlists, however its key frames lie', () => {
    expect(attended.follower.problems()).toEqual([]);
    const { seen } = attended.follower;
    for (const name of ['480p', '360p', 'sound'])
      expect(
        seen
          .get(name)
          ?.at(-1)
          ?.segments.filter(({ gap }) => gap),
        name,
      ).toEqual([]);
    const last = seen.get('480p')?.at(-1);
    expect(last?.targetDuration).toBe(2);
    expect(last?.partTarget).toBe(0.35);
    expect(last?.segments.map(({ duration }) => duration.toFixed(2))).toEqual([
      '2.00',
      '1.12',
      '2.00',
      '0.28',
      '1.00',
      '1.00',
      '1.00',
      '2.00',
      '1.60',
    ]);
  });
});

it('is encoded from the frame on at which a key frame is late, and nothing is lost', async () => {
  const late = keyFrames('expr:gte(t,if(lt(n_forced,4),2*n_forced,6+4*(n_forced-3)))');
  const file = await filmed('late', { seconds: 13, encoded: late });
  const { broadcast, follower, copied } = await attend(file, ['480p', '360p', 'sound']);
  expect(copied).toEqual([['480p'], []]);
  expect(media.log()).toContain('no key frame for 20');
  expect(follower.problems()).toEqual([]);
  const sent = await packetsOf(file);
  const before = await recordedRun(broadcast, '480p', 0);
  expect(before.map(({ hash }) => hash)).toEqual(sent.slice(0, before.length).map(({ hash }) => hash));
  const after = await recordedRun(broadcast, '480p', 1);
  expect(after[0]?.key).toBe(true);
  expect(before.length).toBeGreaterThan(240);
  expect(before.length + after.length).toBe(sent.length);
  for (const number of [0, 1]) {
    const { frames } = await probe(fileOf(broadcast, '480p', number));
    expect(frames).toBe(number === 0 ? before.length : after.length);
  }
  // Of what was encoded throughout.
  expect(await filmOf(broadcast)).toMatch(/^360,/);
});

it('keeps all of the sound where the publisher drops frames', async () => {
  const whole = await filmed('whole', { seconds: 9, encoded: ['-g', '60', '-sc_threshold', '0'] });
  // As an encoder does whose line is too slow: nothing any more until the next key frame.
  const file = path.join(folder, 'dropped.flv');
  const dropped = ['-bsf:v', "noise=drop='between(pts*tb,4.3,5.97)'"];
  await run('ffmpeg', ['-v', 'error', '-i', whole, '-c', 'copy', ...dropped, file]);
  const { follower, copied } = await attend(file, ['480p', '360p', 'sound']);
  expect(copied).toEqual([['480p'], []]);
  expect(media.log()).toContain('frames come unevenly');
  expect(follower.problems()).toEqual([]);
  const [picture, lower, sound] = ['480p', '360p', 'sound'].map((name) =>
    follower.lengths(name).reduce((sum, length) => sum + length, 0),
  );
  expect(picture).toBeGreaterThan(8.6);
  expect(lower).toBeCloseTo(picture ?? 0, 0);
  expect(sound).toBeCloseTo(picture ?? 0, 0);
});

it('is copied again as another rung when the next publisher’s is smaller', async () => {
  const regular = ['-g', '30', '-sc_threshold', '0'];
  const broadcast = makeBroadcast();
  const large = await filmed('large', { seconds: 5, encoded: regular });
  const small = await filmed('small', { seconds: 6, size: '640x360', encoded: regular });
  const { copied, follower } = await attend([large, small], ['480p', '360p', 'sound'], broadcast);
  expect(copied).toEqual([['480p'], ['360p']]);
  expect(follower.problems()).toEqual([]);
});

it('has the same key frames in every rung where scenes change just after them', async () => {
  const broadcast = makeBroadcast();
  app.keys.set(broadcast.id, broadcast);
  const follower = new ClassFollower(media, broadcast, ['480p', '360p', 'sound']);
  const followed = follower.follow();
  const publisher = publishScenes(media.rtmpUrl(broadcast.id));
  await until(async () => (await follower.get('360p/live.m3u8')).split('#EXTINF').length > 4);
  expect((await media.status(broadcast))?.rungs[0]).toMatchObject({ name: '480p', copied: true });
  await publisher.stop();
  await media.control('end', { broadcastId: broadcast.id });
  await followed;
  expect(follower.problems()).toEqual([]);
  const [top, lower] = [await recordedRun(broadcast, '480p', 0), await recordedRun(broadcast, '360p', 0)];
  const keysOf = (packets: Packet[]) => packets.filter(({ key }) => key).map(({ pts }) => pts);
  // A class that is ended at once ends between the last parts of its rungs.
  const whole = Math.min(follower.lengths('360p').length, follower.lengths('480p').length) - 1;
  expect(whole).toBeGreaterThan(2);
  expect(keysOf(lower).slice(0, whole)).toEqual(keysOf(top).slice(0, whole));
  expect(follower.lengths('360p').slice(0, whole)).toEqual(follower.lengths('480p').slice(0, whole));
  const { output } = await probe(fileOf(broadcast, '480p', 0), '-show_entries', 'frame=key_frame,pict_type');
  expect(output).toMatch(/^0,I/m);
});

it('goes through a killed encoder and a lost publisher by the rules', async () => {
  const own = await startOwnMedia({ COPY_TOP_RUNG: 'on' });
  const { app, media } = own;
  const broadcast = makeBroadcast();
  app.keys.set(broadcast.id, broadcast);
  const follower = new ClassFollower(media, broadcast, ['480p', '360p', 'sound']);
  const followed = follower.follow();
  const closed = (count: number) =>
    until(async () => (await follower.get('480p/live.m3u8')).split('#EXTINF').length > count);
  const publisher = publishTestSignal(media.rtmpUrl(broadcast.id), { size: SIZE });
  await closed(2);
  await killChild(media.child.pid, 'ffmpeg');
  await closed(5);
  publisher.kill();
  await closed(7);
  const back = publishTestSignal(media.rtmpUrl(broadcast.id), { size: SIZE, fps: 30 });
  await until(async () => (await media.status(broadcast))?.rungs[0]?.copied);
  await closed(10);
  await back.stop();
  await media.control('end', { broadcastId: broadcast.id });
  await followed;
  expect(follower.problems()).toEqual([]);
  // The slate was encoded, in the size of what was copied.
  expect(await filmOf(broadcast, own)).toMatch(/^360,/);
  await endOwnMedia(own);
});

it.each([
  ['B-frames', { encoded: ['-bf', '2'] }, 'order of their display'],
  ['4:4:4', { encoded: ['-pix_fmt', 'yuv444p'] }, 'profile 244'],
  ['more bits than a rung may have', { encoded: ['-b:v', '3M', '-maxrate', '3M', '-bufsize', '6M'] }, 'kbit/s'],
  ['more lines than the ladder has', { encoded: [], size: '1440x810' }, '810 lines'],
])('is encoded with %s', async (name, { encoded, ...film }: Partial<Filmed>, reason) => {
  const file = await filmed(name.replaceAll(/\W/g, ''), {
    seconds: 4,
    ...film,
    encoded: ['-preset', 'superfast', '-g', '30', ...(encoded ?? [])],
  });
  const broadcast = makeBroadcast();
  app.keys.set(broadcast.id, broadcast);
  const publisher = publishFile(media.rtmpUrl(broadcast.id), file);
  const status = await until(async () => {
    const now = await media.status(broadcast);
    return now?.publishing ? now : undefined;
  });
  expect(status.rungs.some(({ copied }) => copied)).toBe(false);
  const said = media
    .log()
    .split('\n')
    .findLast((line) => line.includes('the picture is '));
  expect(said).toContain(reason);
  publisher.kill();
  await media.control('end', { broadcastId: broadcast.id });
});
