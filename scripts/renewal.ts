import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

const REBUILD = fileURLToPath(new URL('./rebuild.ts', import.meta.url));
/** A class that goes on comes first. */
const PRIORITY = 10;

/**
 * Builds the present sources beside the product that runs.
 * @returns path of the worker's program
 * @throws Error that says why the product has to be started again instead, or what is wrong with the sources
 */
export async function buildRenewal(databaseUrl: string): Promise<string> {
  const child = fork(REBUILD, [], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  if (child.pid !== undefined) os.setPriority(child.pid, PRIORITY);
  const told = once(child, 'message').then(([message]) => message as { worker: string } | { refused: string });
  const ended = once(child, 'exit').then(([code]) => ({ refused: `building ended with ${code}` }));
  const answer = await Promise.race([told, ended]);
  if ('refused' in answer) throw new Error(answer.refused);
  return answer.worker;
}
