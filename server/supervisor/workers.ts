import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Source } from '../metrics/scrape.ts';
import { type Backoff, runningBackoff, startingBackoff } from './backoff.ts';
import { type Load, whoAccepts } from './balance.ts';
import { type Accept, isMessage, type Siblings } from './messages.ts';
import type { SharedPort } from './shared-port.ts';

export interface WorkersOptions {
  program: string;
  execArgv: string[];
  count: number;
  env: Record<string, string>;
  /** Where they accept; closed with them. */
  port: SharedPort;
  logger: Logger;
  /** A worker that never stays up is tried again at the next change of the source, not given up. */
  patient: boolean;
  onListening: () => void;
  onGivenUp: (error: Error) => void;
}

interface Slot {
  index: number;
  worker: ChildProcess | undefined;
  /** Since it is ready for connections, and until it is told to end. `accepting` is what it was told last. */
  load: Load | undefined;
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
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      worker: undefined,
      load: undefined,
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
    return this.#slots.flatMap((slot) => slot.worker?.pid ?? []);
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
      if (slot.worker) slot.worker.kill('SIGTERM');
      else this.#fork(slot);
    }
  }

  /** Lets every worker finish what it is doing; after `timeoutMs` they are killed. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#options.port.close();
    const ends: Promise<unknown>[] = [];
    for (const { worker, timer } of this.#slots) {
      clearTimeout(timer);
      if (!worker) continue;
      ends.push(once(worker, 'exit'));
      worker.kill('SIGTERM');
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
    for (const { worker } of this.#slots) worker?.kill('SIGKILL');
  }

  #fork(slot: Slot): void {
    clearTimeout(slot.timer);
    slot.renewed = false;
    slot.startedAt = Date.now();
    slot.restarts += 1;
    const { program, execArgv, env, logger } = this.#options;
    const worker = fork(program, [], { execArgv, env: childEnvironment({ ...env, WORKER_INDEX: String(slot.index) }) });
    slot.worker = worker;
    worker.on('error', (error) => logger.error({ err: error, worker: slot.index }, 'worker unreachable'));
    worker.on('message', (message: unknown) => this.#hear(slot, worker, message));
    worker.once('exit', (code: number | null, signal: string | null) => this.#onExit(slot, signal ?? `code ${code}`));
  }

  #hear(slot: Slot, worker: ChildProcess, message: unknown): void {
    if (isMessage(message, 'listening')) {
      slot.privatePort = message.privatePort;
      slot.load = { connections: 0, capacity: message.capacity, accepting: false };
      if (slot.starting) slot.backoff = runningBackoff(this.#options.patient);
      slot.starting = false;
      this.#tellSiblings();
      this.#options.logger.info({ worker: slot.index, workerPid: worker.pid }, 'worker listening');
      this.#balance();
    }
    if (isMessage(message, 'load') && slot.load) {
      slot.load.connections = message.connections;
      if (message.accepting) this.#options.onListening();
      this.#balance();
    }
    if (isMessage(message, 'leaving')) {
      slot.load = undefined;
      this.#balance();
    }
  }

  /** Tells those workers that should change whether they accept. */
  #balance(): void {
    if (this.#stopping) return;
    const present = this.#slots.flatMap(({ worker, load }) => (worker && load ? [{ worker, load }] : []));
    const accepts = whoAccepts(present.map(({ load }) => load));
    for (const [at, { worker, load }] of present.entries()) {
      const accept = accepts[at] === true;
      if (accept === load.accepting) continue;
      load.accepting = accept;
      const no: Accept = { type: 'accept', accept: false };
      if (accept) this.#options.port.give(worker);
      else worker.send(no, () => undefined);
    }
  }

  #onExit(slot: Slot, reason: string): void {
    slot.worker = undefined;
    slot.load = undefined;
    slot.privatePort = 0;
    if (this.#stopping) return;
    this.#tellSiblings();
    this.#balance();
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
    for (const { worker } of this.#slots) if (worker?.connected) worker.send(message, () => undefined);
  }
}
