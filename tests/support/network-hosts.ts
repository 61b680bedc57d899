import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from '#scripts/folders.ts';
import { until } from '#scripts/outside/until.ts';

/** A machine of its own as far as the network goes, with cables to this one. */
export interface NetworkHost {
  /** Of the host, by cable. */
  address(cable: number): string;
  /** Of this machine, by cable. */
  gateway(cable: number): string;
  /** Pulls a cable: nothing passes, and nobody is told. */
  pull(cable: number): void;
  plug(cable: number): void;
  /** Starts the product with one worker and no media process, and resolves to where people reach it, by the first cable. */
  start(env: Record<string, string>): Promise<string>;
  remove(): Promise<void>;
}

const PORT = 8080;
const SETTING = {
  LOG_LEVEL: 'fatal',
  HOST: '0.0.0.0',
  PORT: String(PORT),
  WORKERS: '1',
  MEDIA_URL: 'http://127.0.0.1:9',
};
const START_MS = 90_000;

/** Whether this process may make network namespaces, which takes root and Linux. */
export function canMakeHosts(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const name = `anke-${process.pid}-probe`;
  const made = spawnSync('ip', ['netns', 'add', name]).status === 0;
  if (made) ip('netns', 'del', name);
  return made;
}

/** One at a time. @param cables at most 4 */
export function makeHost(cables: number): NetworkHost {
  const name = `anke-${process.pid}`;
  // Of the block for such trials (RFC 2544); several runs on a machine have different ones.
  const net = (cable: number) => `198.18.${(process.pid * 4 + cable) % 256}`;
  const nearEnd = (cable: number) => `anke${process.pid}-${cable}`;
  let supervisor: ChildProcess | undefined;

  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  for (let cable = 0; cable < cables; cable += 1) {
    ip('link', 'add', nearEnd(cable), 'type', 'veth', 'peer', 'name', `eth${cable}`, 'netns', name);
    ip('address', 'add', `${net(cable)}.1/24`, 'dev', nearEnd(cable));
    ip('link', 'set', nearEnd(cable), 'up');
    ip('-n', name, 'address', 'add', `${net(cable)}.2/24`, 'dev', `eth${cable}`);
    ip('-n', name, 'link', 'set', `eth${cable}`, 'up');
  }

  return {
    address: (cable) => `${net(cable)}.2`,
    gateway: (cable) => `${net(cable)}.1`,
    pull: (cable) => ip('link', 'set', nearEnd(cable), 'down'),
    plug: (cable) => ip('link', 'set', nearEnd(cable), 'up'),
    async start(env) {
      const args = ['netns', 'exec', name, process.execPath, '--import', 'tsx', 'scripts/start.ts'];
      const started = spawn('ip', args, {
        cwd: ROOT,
        env: { ...process.env, ...SETTING, ...env },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      supervisor = started;
      const url = `http://${net(0)}.2:${PORT}`;
      const answers = async () => {
        if (started.exitCode !== null) throw new Error(`a host ended with ${started.exitCode}`);
        return fetch(`${url}/health/live`).then(
          (answer) => answer.ok,
          () => false,
        );
      };
      await until('a host answers', answers, () => '', START_MS);
      return url;
    },
    async remove() {
      if (supervisor && supervisor.exitCode === null) {
        const ended = once(supervisor, 'exit');
        supervisor.kill('SIGTERM');
        await ended;
      }
      // The cables go with it.
      ip('netns', 'del', name);
    },
  };
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
