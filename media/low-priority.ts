import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface LowPriorityRun {
  args: string[];
  /** Read from its pipes, from 3 on. */
  inputs?: AsyncIterable<Buffer>[];
  /** 1 to 19: how far it stands back behind the classes that run. */
  niceness: number;
  signal: AbortSignal;
}

/** Runs ffmpeg out of the way of the classes that run. @returns what it wrote to stdout @throws Error when it fails */
export async function runAside(ffmpegPath: string, run: LowPriorityRun): Promise<Buffer> {
  const { args, inputs = [], niceness, signal } = run;
  const child = spawn(
    'nice',
    ['-n', String(niceness), ffmpegPath, '-hide_banner', '-loglevel', 'error', '-nostdin', ...args],
    { stdio: ['ignore', 'pipe', 'pipe', ...inputs.map(() => 'pipe' as const)], signal, killSignal: 'SIGKILL' },
  );
  let said = '';
  (child.stdio[2] as Readable).setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  const written: Buffer[] = [];
  (child.stdio[1] as Readable).on('data', (bytes: Buffer) => written.push(bytes));
  const fed = inputs.map((input, at) => {
    // One that ends before it has read everything says so with its exit.
    return pipeline(input, child.stdio[at + 3] as Writable).catch(() => undefined);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await Promise.all(fed);
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${said}`);
  return Buffer.concat(written);
}
