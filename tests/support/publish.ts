import { spawn } from 'node:child_process';

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
}

/** Publishes a test picture and tone in real time, by a real ffmpeg over real RTMP. */
export function publishTestSignal(
  rtmpUrl: string,
  { size = '640x360', fps = 25, audio = true, black = false, seconds }: SignalOptions = {},
): Publisher {
  const length = seconds === undefined ? [] : ['-t', String(seconds)];
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...['-re', '-f', 'lavfi', '-i', `${black ? 'color=c=black:' : 'testsrc2='}s=${size}:r=${fps}`],
    ...(audio ? ['-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000'] : []),
    ...length,
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-b:v', '600k'],
    ...['-g', String(fps * 2), '-keyint_min', String(fps * 2), '-sc_threshold', '0'],
    ...(audio ? ['-c:a', 'aac', '-b:a', '64k'] : []),
    ...['-f', 'flv', rtmpUrl],
  ];
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', args, { stdio: ['ignore', 'ignore', 'pipe'] });
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
