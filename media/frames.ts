import fs from 'node:fs/promises';
import path from 'node:path';
import type { FilmSource } from './film.ts';
import { readHead } from './head.ts';
import { runAside } from './low-priority.ts';
import { GLANCE, GLANCE_BYTES, type Glance } from './poster.ts';
import { initName, isMissing, type RecordedSegment } from './recording-index.ts';

/*
 * Pictures out of a recording: only key frames are read and decoded, one from the beginning of each chosen segment.
 */

const LOWEST_PRIORITY = 19;
/** One thread, and no more than the key frame of what is fed. `-vsync 0`: each of them once. */
const DECODE = ['-threads', '1', '-skip_frame', 'nokey', '-f', 'mp4', '-i', 'pipe:3', '-vsync', '0'];
const JPEG = ['-c:v', 'mjpeg', '-threads', '1', '-f', 'image2'];

export interface FrameTools {
  ffmpegPath: string;
  signal: AbortSignal;
}

/** Width and height of one preview picture; others are fitted in. */
export const PREVIEW = { width: 160, height: 90 };
const POSTER_WIDTH = 640;

/** Segments about `spacing` ms apart, from the first on. */
export function spaced(segments: readonly RecordedSegment[], spacing: number): RecordedSegment[] {
  const chosen: RecordedSegment[] = [];
  for (const segment of segments) {
    const last = chosen.at(-1);
    // Segments are two seconds long, more or less: what comes a moment too early is meant.
    if (!isMissing(segment) && (!last || segment.pdt >= last.pdt + spacing - 1_000)) chosen.push(segment);
  }
  return chosen;
}

/**
 * Writes a small picture of each segment into `folder`, as `0.jpg` and so on, without a gap.
 * @returns those of which there is one. Others cannot be decoded.
 */
export async function smallPictures(
  { folder, segments }: FilmSource,
  into: string,
  tools: FrameTools,
): Promise<Glance[]> {
  const glances: Glance[] = [];
  for (const run of sameInit(segments)) {
    const together = await decode(folder, run, into, glances.length, tools).catch(ifNotStopped(tools));
    if (together?.length === run.length) glances.push(...together);
    // One of them is broken; which, is seen one by one.
    else
      for (const each of run) {
        const [one] = (await decode(folder, [each], into, glances.length, tools).catch(ifNotStopped(tools))) ?? [];
        if (one) glances.push(one);
      }
  }
  return glances;
}

async function decode(
  folder: string,
  segments: RecordedSegment[],
  into: string,
  first: number,
  { ffmpegPath, signal }: FrameTools,
): Promise<Glance[]> {
  const { width, height } = PREVIEW;
  const fitted = `scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:-1:-1`;
  const args = [
    ...DECODE,
    ...['-map', '0:v', '-vf', `${fitted},format=yuvj420p`, '-q:v', '5', ...JPEG],
    ...['-start_number', String(first), '-y', path.join(into, '%d.jpg')],
    ...['-map', '0:v', '-vf', `scale=${GLANCE.width}:${GLANCE.height},format=gray`, '-f', 'rawvideo', 'pipe:1'],
  ];
  const inputs = [heads(folder, segments)];
  const seen = await runAside(ffmpegPath, { args, inputs, niceness: LOWEST_PRIORITY, signal });
  return segments.slice(0, Math.floor(seen.length / GLANCE_BYTES)).map(({ pdt }, at) => {
    return { at: pdt, bytes: seen.subarray(at * GLANCE_BYTES, (at + 1) * GLANCE_BYTES) };
  });
}

/** One picture of the small ones in `folder`. */
export async function writeSheet(
  folder: string,
  { columns, rows }: { columns: number; rows: number },
  file: string,
  { ffmpegPath, signal }: FrameTools,
): Promise<void> {
  const args = [
    ...['-threads', '1', '-f', 'image2', '-start_number', '0', '-i', path.join(folder, '%d.jpg')],
    ...['-vf', `tile=${columns}x${rows}`, '-frames:v', '1', '-q:v', '5', ...JPEG, '-update', '1', '-y', file],
  ];
  await runAside(ffmpegPath, { args, niceness: LOWEST_PRIORITY, signal });
}

/** A large picture of a segment's beginning. @throws Error when there is none */
export async function writePoster(
  folder: string,
  segment: RecordedSegment,
  file: string,
  { ffmpegPath, signal }: FrameTools,
): Promise<void> {
  const scaled = `scale='trunc(min(${POSTER_WIDTH},iw)/2)*2':-2,format=yuvj420p`;
  const args = [
    ...DECODE,
    ...['-map', '0:v', '-vf', scaled, '-frames:v', '1', '-q:v', '4', ...JPEG, '-update', '1', '-y', file],
  ];
  await runAside(ffmpegPath, { args, inputs: [heads(folder, [segment])], niceness: LOWEST_PRIORITY, signal });
  await fs.access(file);
}

async function* heads(folder: string, segments: RecordedSegment[]): AsyncGenerator<Buffer> {
  const [first] = segments;
  if (first) yield fs.readFile(path.join(folder, initName(first.init)));
  for (const segment of segments) yield readHead(folder, segment);
}

function sameInit(segments: readonly RecordedSegment[]): RecordedSegment[][] {
  const runs: RecordedSegment[][] = [];
  for (const segment of segments) {
    const last = runs.at(-1);
    if (last?.[0]?.init === segment.init) last.push(segment);
    else runs.push([segment]);
  }
  return runs;
}

function ifNotStopped({ signal }: FrameTools): (error: unknown) => undefined {
  return (error) => {
    if (signal.aborted) throw error;
    return undefined;
  };
}
