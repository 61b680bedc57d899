import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import { VideosStatus } from '#contract/media-videos.ts';
import { type MediaRun, SECRETS } from './media-run.ts';

const run = promisify(execFile);

/** Writes a file by the real ffmpeg; `args` end before the file's name. */
export async function makeVideo(file: string, ...args: string[]): Promise<Buffer> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args, file]);
  return fs.readFile(file);
}

/** Input arguments of a test picture, and of a tone beside it. */
export function testSignal(seconds: number, { size = '640x360', fps = 25, sound = true } = {}): string[] {
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${fps}:d=${seconds}`];
  const tone = sound ? ['-f', 'lavfi', '-i', `sine=f=440:d=${seconds}`, '-c:a', 'aac'] : [];
  return [...picture, ...tone, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
}

export function uploadToken(videoId: string, changes: object = {}, secret = SECRETS.hooks): string {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  return jwt.sign({ aud: 'upload', vid: videoId, exp, ...changes }, secret, { algorithm: 'HS256' });
}

/** One request of an upload, as a tus client makes it. */
export function uploadPiece(
  media: { url: string },
  videoId: string,
  offset: number,
  bytes: Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${media.url}/uploads/${videoId}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${uploadToken(videoId)}`,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
      ...headers,
    },
    body: new Uint8Array(bytes),
  });
}

/** How much of an upload is stored. */
export async function storedOffset(media: { url: string }, videoId: string): Promise<number> {
  const answer = await fetch(`${media.url}/uploads/${videoId}`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${uploadToken(videoId)}` },
  });
  return Number(answer.headers.get('upload-offset'));
}

/** Uploads a whole file. @returns the video's id */
export async function uploadVideo(media: MediaRun, bytes: Buffer): Promise<string> {
  const videoId = randomUUID();
  const expected = await media.control('videos/expect', { videoId, bytes: bytes.length });
  if (!expected.ok) throw new Error(`videos/expect was answered with ${expected.status}`);
  const answer = await uploadPiece(media, videoId, 0, bytes);
  if (answer.status !== 204) throw new Error(`the upload was answered with ${answer.status}`);
  return videoId;
}

export async function videosStatus(media: MediaRun): Promise<VideosStatus> {
  return VideosStatus.parse(await (await media.control('videos/status', {})).json());
}

/** Facts of a file as ffprobe sees them. */
export async function probeFile(file: string): Promise<{
  streams: Record<string, string | number>[];
  keyFrames: number[];
  seconds: number;
}> {
  const entries = 'stream=codec_type,codec_name,width,height,pix_fmt,r_frame_rate,has_b_frames,sample_rate,channels';
  const [shown, packets] = await Promise.all([
    run('ffprobe', ['-v', 'error', '-show_entries', `${entries}:format=duration`, '-of', 'json', file]),
    run(
      'ffprobe',
      ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0'].concat(file),
    ),
  ]);
  const { streams, format } = JSON.parse(shown.stdout) as {
    streams: Record<string, string | number>[];
    format: { duration: string };
  };
  const keyFrames = packets.stdout
    .split('\n')
    .filter((line) => line.includes(',K'))
    .map((line) => Number(line.split(',')[0]));
  return { streams, keyFrames, seconds: Number(format.duration) };
}

export function videoFolder(dataDir: string, videoId: string): string {
  return path.join(dataDir, 'videos', videoId);
}
