import { MAX_VIDEO_HOURS, type UnusableReason } from '#contract/media-videos.ts';

/*
 * What we say to ffmpeg about a file that somebody uploaded, and what its answers mean. The file is under a name of our own;
 * only containers of the list are opened, so that no playlist or script makes ffmpeg read other files or addresses.
 */

const CONTAINERS = 'mov,mp4,matroska,webm,avi,flv,mpegts,mpeg,asf,ogg,mxf';

function input(file: string, ...options: string[]): string[] {
  const careful = ['-protocol_whitelist', 'file', '-format_whitelist', CONTAINERS, '-max_pixels', '35000000'];
  return ['-hide_banner', '-nostdin', ...careful, ...options, '-i', `file:${file}`];
}

/** `0:V` are pictures that move: no cover of a song. */
const PICTURE = ['-map', '0:V:0'];
const NOTHING = ['-f', 'null', '-'];

/** Opens the file and decodes its first second; {@link readLook} understands what it writes to stderr. */
export function lookArguments(file: string): string[] {
  return [...input(file), ...PICTURE, '-t', '1', ...NOTHING];
}

export interface Look {
  /** As the file says; null when it does not. */
  durationMs: number | null;
  framesPerSecond: number | null;
  hasSound: boolean;
}

/** @returns a reason when the file can't be used. */
export function readLook(stderr: string, code: number | null): Look | UnusableReason {
  const [about = '', output = ''] = stderr.split(/^Output #0/m, 2);
  if (/moov atom not found|end of file|File ended prematurely/i.test(stderr) && code !== 0) return 'truncated';
  if (!/^Input #0/m.test(about)) return 'not-a-video';
  if (/matches no streams/.test(stderr)) return 'no-picture';
  const frames = [...output.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1];
  if (code !== 0 || !(Number(frames) > 0)) return 'undecodable';
  const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/m.exec(about);
  const durationMs = duration
    ? Math.round((Number(duration[1]) * 3_600 + Number(duration[2]) * 60 + Number(duration[3])) * 1_000)
    : null;
  if (durationMs !== null && durationMs > MAX_VIDEO_HOURS * 3_600_000) return 'too-long';
  const rate = /^ {2,4}Stream #0:0.*?, (\d+(?:\.\d+)?) fps/m.exec(output)?.[1];
  return {
    durationMs,
    framesPerSecond: rate === undefined ? null : Number(rate),
    hasSound: /^ {2,4}Stream #0:\d+.*: Audio: /m.test(about),
  };
}

/** Measures the loudness of the sound by EBU R 128; {@link gainFor} understands what it writes to stderr. */
export function loudnessArguments(file: string): string[] {
  return [...input(file, '-vn'), '-map', '0:a:0', '-af', 'ebur128=framelog=verbose', ...NOTHING];
}

/** Speech is heard on a phone's speaker at this, LUFS. */
const LOUDNESS = -18;
/** More would make the hiss of a bad recording as loud as a voice, dB. */
const MAX_GAIN = 12;
/** Below this there is nothing to make louder, LUFS. */
const SILENT = -60;

/** By how much the whole of the sound is made louder or softer, dB: one figure, so that what was soft stays softer. */
export function gainFor(stderr: string): number {
  const measured = [...stderr.matchAll(/^\s+I:\s+(-?\d+(?:\.\d+)?) LUFS/gm)].at(-1)?.[1];
  if (measured === undefined || Number(measured) < SILENT) return 0;
  return Math.max(-MAX_GAIN, Math.min(MAX_GAIN, Math.round((LOUDNESS - Number(measured)) * 10) / 10));
}

const MAX_FPS = 30;
const MIN_FPS = 10;

/** A whole number of frames a second; what is too fast is halved, so that motion stays even. */
export function frameRateFor(source: number | null): number {
  if (source === null) return MAX_FPS;
  const shown = source > MAX_FPS + 0.5 && source / 2 <= MAX_FPS + 0.5 ? source / 2 : source;
  return Math.max(MIN_FPS, Math.min(MAX_FPS, Math.round(shown)));
}

/** Fits into 1920 × 1080 without enlarging, with square pixels and even sides. */
const SHRINK = 'min(1,min(1920/(iw*sar),1080/ih))';
const SIZE = `scale=w='max(2,trunc(${SHRINK}*iw*sar/2)*2)':h='max(2,trunc(${SHRINK}*ih/2)*2)',setsar=1`;

/**
 * Makes FLV that is played by reading it: H.264 of one constant rate without B-frames, a key frame every second (so that it
 * is held, and gone on with, at the second), AAC. Phones' rotation is applied by ffmpeg itself. To stdout: when nobody
 * reads it any more, ffmpeg ends with us instead of writing on.
 */
export function conversionArguments(file: string, look: { rate: number; gain: number | null }): string[] {
  const { rate, gain } = look;
  const frames = String(rate);
  const sound =
    gain === null
      ? ['-an']
      : [
          ...['-map', '0:a:0', '-af', `aresample=async=1:first_pts=0,volume=${gain}dB,alimiter=limit=0.9:level=0`],
          ...['-c:a', 'aac', '-b:a', '128k', '-ar', '48000', '-ac', '2'],
        ];
  return [
    ...input(file),
    ...['-loglevel', 'error', ...PICTURE, '-vf', `${SIZE},fps=${frames}:start_time=0,format=yuv420p`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-bf', '0'],
    ...['-crf', '21', '-maxrate', '4000k', '-bufsize', '8000k'],
    ...['-g', frames, '-keyint_min', frames, '-sc_threshold', '0'],
    ...sound,
    ...['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-max_muxing_queue_size', '4096'],
    ...['-t', String(MAX_VIDEO_HOURS * 3_600), '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1'],
  ];
}

/** One small JPEG of this moment to stdout. */
export function posterArguments(file: string, atMs: number, width: number): string[] {
  return [
    ...input(file, '-ss', (atMs / 1_000).toFixed(3)),
    ...['-loglevel', 'error', ...PICTURE, '-frames:v', '1', '-vf', `scale=${width}:-2,format=yuvj420p`],
    ...['-q:v', '5', '-map_metadata', '-1', '-f', 'mjpeg', 'pipe:1'],
  ];
}
