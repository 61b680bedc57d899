import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface PostgresOwner {
  child: ChildProcess;
  pid: number;
  port: number;
  url: string;
  /** Stops the server in order; resolves when the owner has left. */
  stop(): Promise<void>;
}

interface Where {
  /** The clone whose code runs. */
  root?: string;
  uid?: number;
  gid?: number;
  env?: NodeJS.ProcessEnv;
}

/** Starts the embedded server of `dataDir` from a process of its own, which a test can kill. */
export async function ownPostgres(dataDir: string, where: Where = {}): Promise<PostgresOwner> {
  const { root = fileURLToPath(new URL('../..', import.meta.url)), ...as } = where;
  const child = fork(`${root}/tests/support/supervised/postgres-owner.ts`, [dataDir], {
    cwd: '/',
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    ...as,
  });
  let complaint = '';
  child.stderr?.on('data', (text) => {
    complaint += text;
  });
  const [first] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`no PostgreSQL (exit ${code}): ${complaint}`))),
  ]);
  return {
    child,
    ...(first as { pid: number; port: number; url: string }),
    async stop() {
      const left = once(child, 'exit');
      child.send('stop');
      await left;
    },
  };
}
