import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Pids {
  postgres: number;
  media: number;
  workers: number[];
}

export interface SupervisedRun {
  child: ChildProcess;
  /** Where the workers answer. */
  address: string;
  pids(): Promise<Pids>;
  /** Ctrl-C as a terminal does it: a signal to the whole foreground process group. */
  interrupt(): void;
  /** What it printed so far. */
  output(): string;
}

const PROGRAM = fileURLToPath(new URL('./supervised/main.ts', import.meta.url));

/** Forks the supervisor over small programs, on a data folder, without waiting for anything. */
export function forkSupervisor(
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; output: () => string } {
  const child = fork(PROGRAM, [], {
    cwd: dataDir,
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: {
      PATH: process.env.PATH,
      ANKE_DATA: dataDir,
      PORT: '0',
      RTMP_PORT: '0',
      WORKERS: '2',
      HOST: '127.0.0.1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Leader of a process group, as a command typed in a terminal is.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text;
    });
  }
  return { child, output: () => output };
}

/** Forks the supervisor and waits until a worker takes connections. */
export async function startSupervisor(dataDir: string, env: NodeJS.ProcessEnv = {}): Promise<SupervisedRun> {
  const { child, output } = forkSupervisor(dataDir, env);
  const ready = await Promise.race([
    message<{ address: string }>(child, 'ready'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the supervisor left (${code}): ${output()}`))),
  ]);
  return {
    child,
    address: ready.address,
    output,
    interrupt: () => void (child.pid && process.kill(-child.pid, 'SIGINT')),
    async pids() {
      const answer = message<Pids>(child, 'pids');
      child.send('pids');
      return answer;
    },
  };
}

/** The next message of this type; several may come in one moment. */
function message<T>(child: ChildProcess, type: string): Promise<T> {
  return new Promise((resolve) => {
    const listen = (value: unknown) => {
      if ((value as { type?: string }).type !== type) return;
      child.off('message', listen);
      resolve(value as T);
    };
    child.on('message', listen);
  });
}
