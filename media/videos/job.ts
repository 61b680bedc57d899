import { spawn } from 'node:child_process';
import os from 'node:os';
import type { Readable } from 'node:stream';
import type { Logger } from '../logger.ts';

export interface Job {
  stdout: Readable;
  kill(): void;
  /** Settles when it is gone and everything was read. `code` is null when it was killed or did not start. */
  ended: Promise<{ code: number | null; stderr: string }>;
}

/** Everything that we read of stderr is at its beginning or end. */
const KEPT = 64 * 1024;

/** Starts an ffmpeg that takes only what a class leaves of the machine. It ends with `signal`. */
export function startJob(ffmpeg: string, args: string[], signal: AbortSignal, logger: Logger): Job {
  const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  try {
    if (child.pid) os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (stderr.length > 2 * KEPT) stderr = stderr.slice(0, KEPT) + stderr.slice(-KEPT);
  });
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('error', (error) => {
      logger.error({ err: error }, 'ffmpeg did not start');
      resolve({ code: null, stderr });
    });
    child.on('close', (code) => resolve({ code, stderr }));
  }).finally(() => signal.removeEventListener('abort', kill));
  return { stdout: child.stdout, kill, ended };
}
