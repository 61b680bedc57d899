import { execFileSync, spawn } from 'node:child_process';

export interface Publisher {
  pid: number;
  /** Ends the way a person does. */
  stop(): Promise<void>;
  kill(): void;
  exited: Promise<number | null>;
  stderr(): string;
}

interface SignalOptions {
  size?: string;
  fps?: number;
  audio?: boolean;
  /** A black picture instead of the test picture. */
  black?: boolean;
  /** Ends by itself. */
  seconds?: number;
  /** How the picture and the sound are encoded, where it matters. */
  video?: string[];
  sound?: string[];
}

const FFMPEG = process.env.FFMPEG_PATH ?? 'ffmpeg';
const PLAIN_VIDEO = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'];
const PLAIN_SOUND = ['-c:a', 'aac', '-b:a', '64k'];

/** Whether the tests' ffmpeg can publish by SRT; the media process can take it in any case. */
export function ffmpegHasSrt(): boolean {
  return / srt$/m.test(execFileSync(FFMPEG, ['-hide_banner', '-protocols']).toString());
}

/** Publishes a test picture and tone in real time, by a real ffmpeg over real RTMP, or by SRT when the address says so. */
export function publishTestSignal(
  url: string,
  {
    size = '640x360',
    fps = 25,
    audio = true,
    black = false,
    seconds,
    video = PLAIN_VIDEO,
    sound = PLAIN_SOUND,
  }: SignalOptions = {},
): Publisher {
  const length = seconds === undefined ? [] : ['-t', String(seconds)];
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...['-re', '-f', 'lavfi', '-i', `${black ? 'color=c=black:' : 'testsrc2='}s=${size}:r=${fps}`],
    ...(audio ? ['-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000'] : []),
    ...length,
    ...[...video, '-pix_fmt', 'yuv420p', '-b:v', '600k'],
    ...['-g', String(fps * 2), '-keyint_min', String(fps * 2), '-sc_threshold', '0'],
    ...(audio ? sound : []),
    ...['-f', url.startsWith('srt:') ? 'mpegts' : 'flv', url],
  ];
  return started(args);
}

/** Scenes that change every two seconds. */
const SCENES = 'testsrc2=s=854x480:r=30[a];mandelbrot=s=854x480:r=30[b];[a][b]overlay=enable=gte(mod(n+56\\,120)\\,60)';

/**
 * Publishes as people's encoders do, with a new scene just after every key frame: with x264's defaults that is an intra picture, and
 * no key frame.
 */
export function publishScenes(rtmpUrl: string): Publisher {
  return started([
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...['-re', '-f', 'lavfi', '-i', SCENES, '-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '60', '-pix_fmt', 'yuv420p'],
    ...['-b:v', '600k', '-maxrate', '600k', '-bufsize', '300k', ...PLAIN_SOUND, '-f', 'flv', rtmpUrl],
  ]);
}

/** Publishes a file as it is, in real time, from its beginning to its end. */
export function publishFile(rtmpUrl: string, file: string): Pick<Publisher, 'exited' | 'kill'> {
  const quiet = ['-hide_banner', '-loglevel', 'error', '-nostdin'];
  const args = [...quiet, '-re', '-i', file, '-c', 'copy', '-f', 'flv', rtmpUrl];
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', args, { stdio: 'ignore' });
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exited, kill: () => child.kill('SIGKILL') };
}

function started(args: string[]): Publisher {
  const child = spawn(FFMPEG, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    pid: child.pid ?? 0,
    exited,
    stderr: () => stderr,
    kill: () => child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGINT');
      await exited;
    },
  };
}
