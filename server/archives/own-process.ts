import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type Config, childEnvironment } from '../config.ts';
import type { MakeFile } from './making.ts';

/** A heap that is collected often: what a row leaves behind is garbage a moment later. */
const HEAP = ['--max-semi-space-size=4', '--heap-growing-percent=20'];

/**
 * Each file in a process of its own, so that this one answers meanwhile, and its memory is given back. `program`: server/exporter.ts, or what was
 * built of it.
 */
export function inOwnProcess(program: string, { databaseUrl = '', dataDir }: Config): MakeFile {
  const tsx = program.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return async (job, signal) => {
    const child = fork(program, [job.id], {
      execArgv: [...tsx, ...HEAP],
      env: childEnvironment({ DATABASE_URL: databaseUrl, ANKE_DATA: dataDir }),
    });
    const end = () => child.kill('SIGKILL');
    signal.addEventListener('abort', end);
    try {
      const [code, by] = await once(child, 'exit');
      signal.throwIfAborted();
      if (code !== 0) throw new Error(`${path.basename(program)} ended with ${code ?? by}`);
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
}
