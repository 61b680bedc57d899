import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface WholePids {
  postgres: number;
  media: number;
  workers: number[];
  databaseUrl: string;
}

export interface WholeRun {
  child: ChildProcess;
  url: string;
  /** What it printed so far. */
  output(): string;
  /** The one-time code of a fresh installation, once a worker has made it. */
  setupCode(): Promise<string>;
  pids(): Promise<WholePids>;
  stop(): Promise<void>;
}

/** For tests: answers for its process ids. */
const SUPERVISED = fileURLToPath(new URL('./supervised/whole.ts', import.meta.url));
/** Characters. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/**
 * Starts the whole product on a data folder and waits until a worker takes connections.
 * @throws Error with what it printed when it leaves instead
 */
export async function startWhole(
  dataDir: string,
  { env = {}, program = SUPERVISED }: { env?: NodeJS.ProcessEnv; program?: string } = {},
): Promise<WholeRun> {
  const child = fork(program, [], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, ANKE_DATA: dataDir, PORT: '0', RTMP_PORT: '0', WORKERS: '2', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  let output = '';
  const heard = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text;
      // Something that goes wrong for a whole crowd is more than fits into a string.
      if (output.length > MOST_OUTPUT) output = output.slice(-MOST_OUTPUT / 2);
      heard.emit('news');
    });
  }
  child.once('exit', () => heard.emit('news'));
  const printed = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(output)?.[1];
      if (found !== undefined) return found;
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it left: ${output}`);
      await once(heard, 'news');
    }
  };
  return {
    child,
    url: await printed(/^ready (http\S+)$/m),
    output: () => output,
    setupCode: () => printed(/one-time code ([0-9A-Z-]+)/),
    async pids() {
      const answer = new Promise<WholePids>((resolve) => {
        const listen = (value: unknown) => {
          if ((value as { type?: string }).type !== 'pids') return;
          child.off('message', listen);
          resolve(value as WholePids);
        };
        child.on('message', listen);
      });
      child.send('pids');
      return answer;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const left = once(child, 'exit');
      child.kill('SIGTERM');
      await left;
    },
  };
}

/** Children of a process whose command contains `command`. */
export function childrenOf(parent: number, command: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parentPid) === parent && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(command);
      } catch {
        // It has ended since.
        return false;
      }
    })
    .map(Number);
}
