import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Broadcast } from '#contract/media.ts';
import { type Ffmpeg, findFfmpeg } from '#media/ffmpeg.ts';
import { Fmp4Reader, type Fragment } from '#media/fmp4.ts';
import { RUNGS, rungsFor } from '#media/ladder.ts';
import { createRtmpServer, type RtmpServer } from '#media/rtmp/server.ts';
import { createSource, type Source } from '#media/source.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';

const logger = pino({ level: 'silent' });
const BROADCAST: Broadcast = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8058',
  prefix: 'abcdefghijklmnop',
  kind: 'live',
};

let ffmpeg: Ffmpeg;
let folder: string;
beforeAll(async () => {
  ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH, logger);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'anke-ingest-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

interface Ingest {
  source: Source;
  /** What each encoder run wrote, by its number and the output's name. */
  runs: Map<number, Map<string, Buffer[]>>;
  /** Of an output, or the top rung. */
  fragments(run: number, output?: string): Fragment[];
  ended: Promise<string>;
}

let server: RtmpServer;
let url: string;
let port: number;
let ingests: Ingest[];
let stallMs: number | undefined;

beforeEach(async () => {
  ingests = [];
  stallMs = undefined;
  server = createRtmpServer({
    host: '127.0.0.1',
    port: 0,
    clock: Date.now,
    logger,
    authorise: async (key) =>
      key === 'good' ? { allowed: true, broadcast: BROADCAST } : { allowed: false, reason: 'unknown-key' },
    onPublish(publication) {
      const rungs = (height: number | null) => rungsFor(RUNGS, height);
      const source = createSource(publication, { ffmpeg, logger, rungs, clock: Date.now, stallMs });
      const runs = new Map<number, Map<string, Buffer[]>>();
      source.onBytes((bytes, run, output) => {
        const outputs = runs.get(run) ?? new Map<string, Buffer[]>();
        runs.set(run, outputs.set(output, [...(outputs.get(output) ?? []), bytes]));
      });
      const ended = new Promise<string>((resolve) => source.onEnd(resolve));
      const fragments = (run: number, output?: string) => {
        const name = output ?? (runs.has(run) ? source.runs(run).outputs[0] : undefined) ?? '';
        const bytes = Buffer.concat(runs.get(run)?.get(name) ?? []);
        return new Fmp4Reader().push(bytes).filter((item) => item.kind === 'fragment');
      };
      ingests.push({ source, runs, ended, fragments });
    },
    onAbandoned: () => undefined,
  });
  ({ port } = await server.listen());
  url = `rtmp://127.0.0.1:${port}/live/good`;
});
afterEach(() => server.close());

function until<T>(ask: () => T): Promise<T> {
  return vi.waitUntil(ask, { timeout: 90_000, interval: 20 });
}

async function ingest(at = 0): Promise<Ingest> {
  await until(() => ingests.length > at);
  return ingests[at] as Ingest;
}

interface Probe {
  streams: { codec_name: string; width?: number; height?: number; sample_rate?: string; channels?: number }[];
  packets: { stream_index: number; pts_time: string; flags: string }[];
}

async function probe({ runs }: Ingest, output: string, run = 1): Promise<Probe> {
  const file = path.join(folder, 'run.mp4');
  fs.writeFileSync(file, Buffer.concat(runs.get(run)?.get(output) ?? []));
  const { stdout } = await promisify(execFile)(
    'ffprobe',
    ['-v', 'error', '-show_streams', '-show_packets', '-of', 'json', file],
    { maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout) as Probe;
}

function keyFrames({ packets, streams }: Probe): number[] {
  const video = streams.findIndex(({ codec_name }) => codec_name === 'h264');
  return packets
    .filter(({ stream_index, flags }) => stream_index === video && flags.startsWith('K'))
    .map(({ pts_time }) => Number(pts_time));
}

it.each([
  { fps: 30, size: '640x360', out: { '360p': [640, 360] } },
  { fps: 25, size: '1920x1080', out: { '720p': [1280, 720], '480p': [854, 480], '360p': [640, 360] } },
  { fps: 60, size: '320x180', out: { '360p': [320, 180] } },
])('makes of $size at $fps frames a second the rungs that it fills, all cut at the same frames', async (signal) => {
  const publisher = publishTestSignal(url, { fps: signal.fps, size: signal.size, seconds: 7 });
  const feed = await ingest();
  await feed.ended;
  expect(await publisher.exited).toBe(0);
  const rungs = Object.keys(signal.out);
  expect(feed.source.runs(1).outputs).toEqual([...rungs, 'sound']);

  const starts: number[][] = [];
  for (const [rung, size] of Object.entries(signal.out)) {
    const probed = await probe(feed, rung);
    expect(probed.streams.map(({ codec_name, width, height }) => [codec_name, width, height])).toEqual([
      ['h264', ...size],
    ]);
    const keys = keyFrames(probed);
    expect(keys.length).toBeGreaterThanOrEqual(3);
    for (let at = 1; at < keys.length; at += 1) expect((keys[at] ?? 0) - (keys[at - 1] ?? 0)).toBeCloseTo(2, 2);
    const parts = feed.fragments(1, rung);
    expectEvenParts(parts, ({ independent }) => independent);
    starts.push(parts.map(({ start }) => start));
  }
  for (const other of starts) expect(other).toEqual(starts[0]);

  const sound = await probe(feed, 'sound');
  expect(sound.streams).toMatchObject([{ codec_name: 'aac', sample_rate: '48000', channels: 2 }]);
  const parts = feed.fragments(1, 'sound');
  expectEvenParts(parts, () => false);
  expect(Math.abs((parts[0]?.start ?? 0) - (starts[0]?.[0] ?? 0))).toBeLessThan(150_000);
});

/** All but the last, and those before a cut, have at least 85 % of the part target (rfc8216bis, 4.4.3.7). */
function expectEvenParts(parts: Fragment[], beginsSegment: (part: Fragment) => boolean): void {
  const longest = Math.max(...parts.map(({ duration }) => duration));
  expect(longest).toBeLessThanOrEqual(360_000);
  const inner = parts.slice(0, -1).filter((_, at) => !beginsSegment(parts[at + 1] as Fragment));
  expect(inner.length).toBeGreaterThan(10);
  expect(Math.min(...inner.map(({ duration }) => duration))).toBeGreaterThan(0.85 * longest);
}

it('has silence for sound where the publisher has none', async () => {
  publishTestSignal(url, { audio: false, seconds: 4 });
  const feed = await ingest();
  await feed.ended;
  expect(keyFrames(await probe(feed, '360p')).length).toBeGreaterThanOrEqual(2);
  const picture = feed.fragments(1);
  const sound = feed.fragments(1, 'sound');
  const end = ({ start, duration }: Fragment) => start + duration;
  expect((sound[0] as Fragment).start).toBeLessThanOrEqual((picture[0] as Fragment).start);
  expect(end(sound.at(-1) as Fragment)).toBeGreaterThan(end(picture.at(-1) as Fragment) - 500_000);
});

it('tells a publisher with a wrong key why it is refused', async () => {
  const wrong = publishTestSignal(url.replace('good', 'wrong'));
  expect(await wrong.exited).not.toBe(0);
  expect(wrong.stderr()).toContain('Wrong stream key');
  expect(ingests).toHaveLength(0);
});

it('goes on with another encoder after kill -9, from a key frame', async () => {
  const publisher = publishTestSignal(url);
  const feed = await ingest();
  await until(() => feed.fragments(1).length > 0);
  process.kill(feed.source.encoderPid ?? 0, 'SIGKILL');
  await until(() => feed.fragments(2).length > 3);
  expect(feed.fragments(2)[0]).toMatchObject({ independent: true });
  expect(feed.source.runs(2).startedAt()).toBeGreaterThan(feed.source.runs(1).startedAt());
  await publisher.stop();
  expect(await feed.ended).toBe('the publisher stopped');
  expect((await probe(feed, '360p', 2)).streams).toHaveLength(1);
  expect((await probe(feed, 'sound', 2)).streams).toHaveLength(1);
});

it('replaces an encoder that hangs', async () => {
  stallMs = 3_000;
  const publisher = publishTestSignal(url, { size: '1280x720' });
  const feed = await ingest();
  const hanging = await until(() => Math.max(0, ...feed.runs.keys()));
  process.kill(feed.source.encoderPid ?? 0, 'SIGSTOP');
  await until(() => feed.fragments(hanging + 1).length > 0);
  // Its first picture is as old as the publisher says, however late it was read: key frames are two seconds apart.
  const apart = feed.source.runs(hanging + 1).startedAt() - feed.source.runs(hanging).startedAt();
  expect(apart).toBeGreaterThan(0);
  expect(Math.abs(apart - Math.round(apart / 2_000) * 2_000)).toBeLessThan(5);
  expect(publisher.stderr()).toBe('');
  await publisher.stop();
});

it('notices at once that a publisher was killed', async () => {
  const publisher = publishTestSignal(url);
  const feed = await ingest();
  await until(() => feed.fragments(1).length > 0);
  publisher.kill();
  // By its connection, and not by the silence that ends a publication after a while.
  expect(await feed.ended).toMatch(/^connection /);
  expect(server.connections).toBeLessThanOrEqual(1);
});

it('takes up sound that comes late, and another size, in new runs', async () => {
  const silent = await flvTags('testsrc2=s=320x180:r=25:d=4', null);
  const loud = await flvTags('testsrc2=s=640x360:r=25:d=4', 'sine=d=4');
  const { client } = await RtmpClient.publish(port, 'good');
  const feed = await ingest();
  const pace = (tags: FlvTag[], from: number) => {
    for (const tag of tags) {
      client.send(tag.type === 8 ? 4 : 6, { ...tag, streamId: 1, timestamp: from + tag.timestamp });
    }
  };
  pace(silent, 0);
  await until(() => feed.fragments(1).length > 0);
  pace(loud, 4_000);
  await until(() => feed.fragments(2).length > 0);
  client.command('deleteStream', 9, null, 1);
  await feed.ended;
  const [before, after] = [await probe(feed, '360p', 1), await probe(feed, '360p', 2)];
  expect([before, after].map(({ streams }) => streams[0]?.width)).toEqual([320, 640]);
  expect((await probe(feed, 'sound', 2)).streams).toMatchObject([{ codec_name: 'aac' }]);
});

it('survives a publisher whose clock jumps by hours', async () => {
  const tags = await flvTags('testsrc2=s=320x180:r=25:d=4', 'sine=d=4');
  const { client } = await RtmpClient.publish(port, 'good');
  const feed = await ingest();
  for (const from of [0, 7_200_000]) {
    for (const tag of tags)
      client.send(tag.type === 8 ? 4 : 6, { ...tag, streamId: 1, timestamp: from + tag.timestamp });
  }
  await until(() => feed.fragments(2).length > 0);
  client.command('deleteStream', 9, null, 1);
  await feed.ended;
  for (const run of [1, 2]) expect(keyFrames(await probe(feed, '360p', run)).length).toBeLessThanOrEqual(3);
});

it('disconnects a publisher that is sent away', async () => {
  const { client } = await RtmpClient.publish(port, 'good');
  const feed = await ingest();
  feed.source.close('sent away');
  expect(await feed.ended).toBe('sent away');
  await client.closed;
});

it('gives up on an encoder that never works', async () => {
  const tags = await flvTags('testsrc2=s=320x180:r=25:d=4', null);
  const working = ffmpeg;
  ffmpeg = { ...ffmpeg, path: '/bin/false' };
  const { client } = await RtmpClient.publish(port, 'good');
  const feed = await ingest();
  ffmpeg = working;
  const [config, key] = ['config', 'key'].map((_, at) => tags.filter(({ type }) => type === 9)[at]);
  if (!config || !key) throw new Error('no picture in the signal');
  client.send(6, { ...config, streamId: 1 });
  const sending = setInterval(() => client.send(6, { ...key, streamId: 1 }), 20);
  expect(await feed.ended).toBe('the encoder keeps failing');
  clearInterval(sending);
  await client.closed;
});

interface FlvTag {
  type: number;
  timestamp: number;
  payload: Buffer;
}

/** The tags that a publisher of this picture and sound would send. */
async function flvTags(video: string, audio: string | null): Promise<FlvTag[]> {
  const file = path.join(folder, 'signal.flv');
  const sound = audio ? ['-f', 'lavfi', '-i', audio, '-c:a', 'aac'] : [];
  const picture = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-sc_threshold', '0'];
  const args = ['-v', 'error', '-y', '-f', 'lavfi', '-i', video, ...sound, ...picture, file];
  await promisify(execFile)(ffmpeg.path, args);
  const bytes = fs.readFileSync(file);
  const tags: FlvTag[] = [];
  for (let at = 13; at < bytes.length; ) {
    const length = bytes.readUIntBE(at + 1, 3);
    const timestamp = bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 0x1000000;
    tags.push({ type: bytes.readUInt8(at), timestamp, payload: bytes.subarray(at + 11, at + 11 + length) });
    at += 11 + length + 4;
  }
  return tags;
}
