import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WRK = '/usr/bin/wrk';
const PROGRAM = fileURLToPath(new URL('./wrk.lua', import.meta.url));

/** A path, and a token that goes along as a cookie. */
export interface Asked {
  path: string;
  cookie?: string;
}

/** Parts that come one after the other: reloads ask for the one that comes next. */
export interface Ticking {
  epoch: number;
  everyMs: number;
}

/**
 * Requests a second that are answered when every connection asks again at once. With wrk, since a generator in JavaScript
 * takes more of the machine than nginx, and then both ways to serve seem alike.
 */
export async function saturate(
  url: string,
  asked: readonly Asked[],
  { ms, connections, ticking }: { ms: number; connections: number; ticking?: Ticking },
): Promise<{ perSecond: number; replies: number }> {
  if (!existsSync(WRK)) throw new Error('wrk is not installed: apt-get install wrk');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-wrk-'));
  try {
    const list = path.join(folder, 'paths');
    await writeFile(list, asked.map(({ path, cookie }) => `${path} ${cookie ?? ''}\n`).join(''));
    const load = ['-t1', `-c${connections}`, `-d${Math.ceil(ms / 1_000)}s`, '--timeout', '8s', '-s', PROGRAM, url];
    const args = ticking ? [list, String(ticking.epoch), String(ticking.everyMs)] : [list];
    const { stdout } = await promisify(execFile)(WRK, [...load, '--', ...args]);
    const [, replies = 0, micros = 0, errors = 0] = /^ANKE (\d+) (\d+) (\d+)$/m.exec(stdout)?.map(Number) ?? [];
    if (errors > 0) throw new Error(`${errors} of ${replies} requests failed: ${stdout}`);
    return { perSecond: Math.round(replies / (micros / 1e6)), replies };
  } finally {
    await rm(folder, { recursive: true });
  }
}
