import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileEvent } from '#contract/media-videos.ts';
import {
  childrenOf,
  type HookEndpoint,
  type MediaRun,
  makeDataFolder,
  startHookEndpoint,
  startMediaProcess,
  until,
} from '#tests/support/media-run.ts';
import {
  makeVideo,
  probeFile,
  storedOffset,
  testSignal,
  uploadPiece,
  uploadToken,
  uploadVideo,
  videoFolder,
} from '#tests/support/videos.ts';

/* Uploading to the media process, and what it makes of what was uploaded. */

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;
let work: string;

beforeAll(async () => {
  dataDir = makeDataFolder();
  work = path.join(dataDir, 'made-here');
  fs.mkdirSync(work);
  app = await startHookEndpoint();
  media = await startMediaProcess(dataDir, app.url);
});

afterAll(async () => {
  await media.stop();
  await app.close();
  fs.rmSync(dataDir, { recursive: true });
});

type Outcome = Extract<FileEvent, { type: 'video-ready' | 'video-unusable' }>;

function outcomeOf(videoId: string): Promise<Outcome> {
  const isOutcome = (event: FileEvent): event is Outcome =>
    (event.type === 'video-ready' || event.type === 'video-unusable') && event.videoId === videoId;
  // It is made ready when nothing else wants the machine.
  return until(() => app.fileEvents.find(isOutcome), 220_000);
}

async function checked(bytes: Buffer): Promise<Outcome & { file: string }> {
  const videoId = await uploadVideo(media, bytes);
  return { ...(await outcomeOf(videoId)), file: path.join(videoFolder(dataDir, videoId), 'video.flv') };
}

async function reasonFor(bytes: Buffer): Promise<string> {
  const outcome = await checked(bytes);
  return outcome.type === 'video-unusable' ? outcome.reason : outcome.type;
}

describe('an upload', () => {
  const bytes = Buffer.alloc(300_000, 'no video');
  const videoId = randomUUID();
  const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code];

  beforeAll(async () => {
    expect((await media.control('videos/expect', { videoId, bytes: bytes.length })).status).toBe(204);
  });

  it('goes on where it was, and nowhere else', async () => {
    expect(await storedOffset(media, videoId)).toBe(0);
    const first = await uploadPiece(media, videoId, 0, bytes.subarray(0, 100_000));
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '100000']);
    for (const offset of [0, 99_999, 100_001]) {
      const answer = await uploadPiece(media, videoId, offset, bytes.subarray(0, 10));
      expect(await codeOf(answer)).toEqual([409, 'wrong-offset']);
    }
    expect(await storedOffset(media, videoId)).toBe(100_000);
  });

  it('needs a token of its own, and a known video', async () => {
    const patch = (token: string, id = videoId) =>
      uploadPiece(media, id, 100_000, bytes.subarray(0, 1), { authorization: `Bearer ${token}` });
    const refusals: [string, string?][] = [
      [''],
      [uploadToken(randomUUID())],
      [uploadToken(videoId, {}, 'x'.repeat(64))],
      [uploadToken(videoId, { exp: 1 })],
      [uploadToken(videoId, { aud: 'play' })],
    ];
    for (const [token] of refusals) expect(await codeOf(await patch(token))).toEqual([401, 'bad-token']);
    const unknown = randomUUID();
    expect(await codeOf(await patch(uploadToken(unknown), unknown))).toEqual([404, 'not-found']);
  });

  it('is refused beyond its size, with a wrong type and without an offset', async () => {
    expect(await codeOf(await uploadPiece(media, videoId, 100_000, bytes))).toEqual([413, 'too-large']);
    const wrongType = await uploadPiece(media, videoId, 100_000, bytes.subarray(0, 1), {
      'content-type': 'text/plain',
    });
    expect(await codeOf(wrongType)).toEqual([415, 'unsupported-type']);
    const noOffset = await uploadPiece(media, videoId, 0, bytes.subarray(0, 1), { 'upload-offset': '-1' });
    expect(await codeOf(noOffset)).toEqual([400, 'bad-request']);
    for (const tricky of ['../../secrets/hooks', '%2e%2e%2fhooks', `${videoId}/../x`, videoId.toUpperCase()]) {
      const answer = await fetch(`${media.url}/uploads/${tricky}`, { method: 'PATCH' });
      expect([tricky, [404, 405].includes(answer.status)]).toEqual([tricky, true]);
    }
    expect(await storedOffset(media, videoId)).toBe(100_000);
  });

  it('has one writer at a time, and keeps what came of one that broke off', async () => {
    const abort = new AbortController();
    let slow: ReadableStreamDefaultController<Uint8Array> | undefined;
    const broken = fetch(`${media.url}/uploads/${videoId}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${uploadToken(videoId)}`,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': '100000',
      },
      body: new ReadableStream({
        start: (controller) => {
          slow = controller;
          controller.enqueue(new Uint8Array(bytes.subarray(100_000, 150_000)));
        },
      }),
      duplex: 'half',
      signal: abort.signal,
    } as RequestInit).catch(() => 'broken');
    await until(async () => (await storedOffset(media, videoId)) === 150_000);
    const second = await uploadPiece(media, videoId, 150_000, bytes.subarray(150_000));
    expect(await codeOf(second)).toEqual([423, 'upload-busy']);
    abort.abort();
    slow?.error();
    expect(await broken).toBe('broken');
    expect(await until(async () => (await storedOffset(media, videoId)) === 150_000)).toBe(true);
  });

  it('goes on after kill -9 of the process in the middle', async () => {
    await media.kill();
    media = await startMediaProcess(dataDir, app.url);
    expect(await storedOffset(media, videoId)).toBe(150_000);
    const last = await until(async () => {
      const answer = await uploadPiece(media, videoId, 150_000, bytes.subarray(150_000));
      return answer.status === 204 && answer;
    });
    expect(last.headers.get('upload-offset')).toBe('300000');
    expect(await codeOf(await uploadPiece(media, videoId, 300_000, Buffer.alloc(0)))).toEqual([409, 'upload-complete']);
    const outcome = await outcomeOf(videoId);
    expect(outcome).toMatchObject({ type: 'video-unusable', reason: 'not-a-video' });
    expect(fs.readdirSync(videoFolder(dataDir, videoId))).toEqual(['about.json']);
  });

  it('is gone when it is removed', async () => {
    expect((await media.control('videos/remove', { videoId })).status).toBe(204);
    expect(fs.existsSync(videoFolder(dataDir, videoId))).toBe(false);
    expect((await media.control('videos/remove', { videoId })).status).toBe(204);
  });
});

describe('what is no video', () => {
  it('is named: a playlist that would read other files, sound alone, a half file, a broken one', async () => {
    const whole = await makeVideo(path.join(work, 'whole.mp4'), ...testSignal(6), '-movflags', '+faststart');
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://${work}/whole.mp4\n#EXT-X-ENDLIST\n`;
    expect(await reasonFor(Buffer.from(playlist))).toBe('not-a-video');
    expect(await reasonFor(Buffer.from(`ffconcat version 1.0\nfile ${work}/whole.mp4\n`))).toBe('not-a-video');
    const song = await makeVideo(path.join(work, 'song.m4a'), '-f', 'lavfi', '-i', 'sine=d=2', '-c:a', 'aac');
    expect(await reasonFor(song)).toBe('no-picture');
    expect(await reasonFor(whole.subarray(0, Math.floor(whole.length * 0.6)))).toBe('truncated');
    const noIndex = await makeVideo(path.join(work, 'index-last.mp4'), ...testSignal(2));
    expect(await reasonFor(noIndex.subarray(0, noIndex.length - 3_000))).toBe('truncated');
    const scrambled = Buffer.from(whole);
    scrambled.fill(0xa5, scrambled.indexOf('mdat') + 4);
    expect(['undecodable', 'truncated']).toContain(await reasonFor(scrambled));
  });
});

describe('a video is made ready to play', () => {
  it('at one rate of at most 30, with a key frame every second and no frames that are put in another order', async () => {
    const bytes = await makeVideo(path.join(work, 'fast.mp4'), ...testSignal(2, { fps: 60, size: '2560x1440' }));
    const outcome = await checked(bytes);
    expect(outcome).toMatchObject({
      type: 'video-ready',
      facts: { width: 1920, height: 1080, framesPerSecond: 30, hasSound: true },
    });
    const { streams, keyFrames, seconds } = await probeFile(outcome.file);
    expect(streams.find(({ codec_type }) => codec_type === 'video')).toMatchObject({
      codec_name: 'h264',
      pix_fmt: 'yuv420p',
      r_frame_rate: '30/1',
      has_b_frames: 0,
    });
    expect(streams.find(({ codec_type }) => codec_type === 'audio')).toMatchObject({
      codec_name: 'aac',
      sample_rate: '48000',
      channels: 2,
    });
    expect(keyFrames.map((at, n) => Math.round((at - (keyFrames[0] ?? 0)) * 100) - n * 100)).toEqual([0, 0]);
    expect(seconds).toBeCloseTo(2, 0);
    if (outcome.type === 'video-ready') expect(outcome.facts.durationMs).toBe(2_000);
    expect(fs.readdirSync(path.dirname(outcome.file)).sort()).toEqual(['about.json', 'index.json', 'video.flv']);
    await until(() => childrenOf(media.child.pid ?? 0, 'ffmpeg').length === 0);
  });

  it('upright as the phone was held, and without sound where it has none', async () => {
    const plain = path.join(work, 'plain.mp4');
    await makeVideo(plain, ...testSignal(2, { sound: false, fps: 29.97 }));
    const bytes = await makeVideo(
      path.join(work, 'phone.mp4'),
      ...['-i', plain, '-c', 'copy', '-metadata:s:v', 'rotate=90'],
    );
    const outcome = await checked(bytes);
    expect(outcome).toMatchObject({
      type: 'video-ready',
      facts: { width: 360, height: 640, framesPerSecond: 30, hasSound: false },
    });
    if (outcome.type === 'video-ready') {
      expect(Buffer.from(outcome.poster ?? '', 'base64').subarray(0, 3)).toEqual(Buffer.from('ffd8ff', 'hex'));
    }
  });

  it('also when the process is killed in the middle, which leaves no encoder behind', async () => {
    const bytes = await makeVideo(path.join(work, 'long.mp4'), ...testSignal(40));
    const videoId = await uploadVideo(media, bytes);
    const part = path.join(videoFolder(dataDir, videoId), 'video.part');
    await until(() => fs.existsSync(part) && fs.statSync(part).size > 0);
    const encoders = childrenOf(media.child.pid ?? 0, 'ffmpeg');
    expect(encoders).toHaveLength(1);
    await media.kill();
    await until(() => encoders.every((pid) => !fs.existsSync(`/proc/${pid}`)));
    media = await startMediaProcess(dataDir, app.url);
    expect(await outcomeOf(videoId)).toMatchObject({ type: 'video-ready', facts: { durationMs: 40_000 } });
  });
});
