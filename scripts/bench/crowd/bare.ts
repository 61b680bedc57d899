import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childrenOf } from '#tests/support/whole-run.ts';
import { killFirst, type Stage } from './stage.ts';

const PROGRAM = fileURLToPath(new URL('./bare-server.ts', import.meta.url));

export interface Bare extends Stage {
  remove(): Promise<void>;
}

/** @param room the product's snapshot, so that what is sent is as long; @param spreadMs of its presence check */
export async function startBare(workers: number, room: object, spreadMs: number): Promise<Bare> {
  const child = fork(PROGRAM, [String(workers)], { execArgv: ['--import', import.meta.resolve('tsx')] });
  const parent = child.pid ?? 0;
  const [{ listening: port }] = (await once(child, 'message')) as [{ listening: number }];
  let presence: object | null = null;
  const show = (question: object | null, shown = true) => child.send({ room: { ...room, question, presence }, shown });
  show(null, false);
  const workerPids = () => childrenOf(parent, 'bare-server.ts');
  return {
    url: `http://127.0.0.1:${port}`,
    pids: { workers: workerPids, parent: () => [parent], database: () => [] },
    async openQuestion() {
      const at = Date.now();
      show({ id: randomUUID(), ...QUESTION, openedPdt: at });
      return at;
    },
    async openPresence() {
      presence = { id: randomUUID(), openedPdt: Date.now(), windowMs: 60_000, spreadMs };
      show(null);
      return spreadMs;
    },
    async closeQuestion() {
      show(null);
    },
    async endClass() {
      show(null);
    },
    eventLoopDelayMs: async () => null,
    memoryKB: async () => ({}),
    killWorker: () => killFirst(workerPids()),
    async remove() {
      if (!child.connected) return;
      const left = once(child, 'exit');
      child.disconnect();
      await left;
    },
  };
}

const QUESTION = {
  kind: 'true_false',
  stem: '有限空间作业应当先通风、再检测、后作业。',
  options: ['正确', '错误'],
  durationMs: 30_000,
  closed: false,
  result: null,
};
