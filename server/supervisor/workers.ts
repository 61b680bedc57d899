import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { Source } from '../metrics/scrape.ts';
import { type Backoff, runningBackoff, startingBackoff } from './backoff.ts';
import { isMessage, type Siblings } from './messages.ts';

export interface WorkersOptions {
  program: string;
  execArgv: string[];
  count: number;
  env: Record<string, string>;
  logger: Logger;
  /** A worker that never stays up is tried again at the next change of the source, not given up. */
  patient: boolean;
  onListening: () => void;
  onGivenUp: (error: Error) => void;
}

interface Slot {
  index: number;
  worker: Worker | undefined;
  privatePort: number;
  /** Times that it was forked again. */
  restarts: number;
  startedAt: number;
  backoff: Backoff;
  /** It has not yet listened once. */
  starting: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Its end is wanted: fork again at once. */
  renewed: boolean;
}

/** The app's worker processes on one shared port. One that dies is forked again under the same index. */
export class Workers {
  #options: WorkersOptions;
  #slots: Slot[];
  #stopping = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
    cluster.setupPrimary({ exec: options.program, execArgv: options.execArgv, args: [] });
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      worker: undefined,
      privatePort: 0,
      restarts: -1,
      startedAt: 0,
      backoff: startingBackoff(options.patient),
      starting: true,
      timer: undefined,
      renewed: false,
    }));
    for (const slot of this.#slots) this.#fork(slot);
  }

  get pids(): number[] {
    return this.#slots.flatMap((slot) => slot.worker?.process.pid ?? []);
  }

  /** Where each of them tells of itself; port 0 while it is away. */
  get sources(): Source[] {
    return this.#slots.map(({ index, privatePort, restarts }) => {
      return { process: `worker-${index}`, port: privatePort, restarts };
    });
  }

  /** Replaces every worker by one with the present source; requests under way are finished first. */
  renew(): void {
    for (const slot of this.#slots) {
      slot.renewed = true;
      if (slot.worker) slot.worker.process.kill('SIGTERM');
      else this.#fork(slot);
    }
  }

  /** Lets every worker finish what it is doing; after `timeoutMs` they are killed. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    const ends: Promise<unknown>[] = [];
    for (const { worker, timer } of this.#slots) {
      clearTimeout(timer);
      if (!worker || worker.isDead()) continue;
      ends.push(once(worker, 'exit'));
      worker.process.kill('SIGTERM');
    }
    const late = new AbortController();
    const killing = delay(timeoutMs, undefined, { signal: late.signal }).then(
      () => this.kill(),
      () => undefined,
    );
    await Promise.all(ends);
    late.abort();
    await killing;
  }

  kill(): void {
    this.#stopping = true;
    for (const { worker } of this.#slots) worker?.process.kill('SIGKILL');
  }

  #fork(slot: Slot): void {
    clearTimeout(slot.timer);
    slot.renewed = false;
    slot.startedAt = Date.now();
    slot.restarts += 1;
    const worker = cluster.fork({ ...this.#options.env, WORKER_INDEX: String(slot.index) });
    slot.worker = worker;
    worker.on('error', (error) => this.#options.logger.error({ err: error, worker: slot.index }, 'worker unreachable'));
    worker.on('message', (message: unknown) => {
      if (!isMessage(message, 'listening')) return;
      slot.privatePort = message.privatePort;
      if (slot.starting) slot.backoff = runningBackoff(this.#options.patient);
      slot.starting = false;
      this.#tellSiblings();
      this.#options.logger.info({ worker: slot.index, workerPid: worker.process.pid }, 'worker listening');
      this.#options.onListening();
    });
    worker.once('exit', (code: number | null, signal: string | null) => this.#onExit(slot, signal ?? `code ${code}`));
  }

  #onExit(slot: Slot, reason: string): void {
    slot.worker = undefined;
    slot.privatePort = 0;
    if (this.#stopping) return;
    this.#tellSiblings();
    if (slot.renewed) {
      this.#fork(slot);
      return;
    }
    const { logger, onGivenUp } = this.#options;
    const wait = slot.backoff.next(Date.now() - slot.startedAt);
    if (wait === undefined) {
      const error = new Error(`worker ${slot.index} does not stay up (${reason})`);
      logger.fatal({ err: error }, 'worker given up');
      onGivenUp(error);
      return;
    }
    logger.error({ worker: slot.index, reason, wait }, 'worker ended; starting it again');
    slot.timer = setTimeout(() => this.#fork(slot), wait);
  }

  #tellSiblings(): void {
    const message: Siblings = { type: 'siblings', ports: this.#slots.map((slot) => slot.privatePort) };
    for (const { worker } of this.#slots) if (worker?.isConnected()) worker.send(message);
  }
}
