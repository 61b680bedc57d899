import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Source } from '../metrics/scrape.ts';
import { type Backoff, runningBackoff, startingBackoff } from './backoff.ts';
import { type Load, whoAccepts } from './balance.ts';
import { type Accept, isMessage, type Leave, type Siblings } from './messages.ts';
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

/** A worker's process. */
interface Process {
  child: ChildProcess;
  /** No other that is there has it: it is in the ids of long-polling connections. */
  number: number;
  /** 0 until it listens. */
  privatePort: number;
  /** Since it is ready for connections, and until it is told to end. `accepting` is what it was told last. */
  load: Load | undefined;
  startedAt: number;
}

interface Slot {
  index: number;
  program: string;
  process: Process | undefined;
  /** Times that it was forked again after it had died. */
  restarts: number;
  backoff: Backoff;
  /** It has not yet listened once. */
  starting: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Its end is wanted: fork again at once. */
  renewed: boolean;
}

/** One that does not listen by then will not, ms. */
const START_WITHIN_MS = 60_000;
/** One whose people have not gone by then hangs: ten times a full worker's way, ms. */
const MOVE_WITHIN_MS = 15 * 60_000;

/** The app's worker processes on one shared port. One that dies is forked again under the same index. */
export class Workers {
  #options: WorkersOptions;
  #slots: Slot[];
  /** Those that are to take a place, and those that have given theirs up and still finish something. */
  #others = new Set<Process>();
  /** While workers are replaced: those that have not been yet, and take nobody new. */
  #outgoing = new Set<Process>();
  #replacing: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      program: options.program,
      process: undefined,
      restarts: 0,
      backoff: startingBackoff(options.patient),
      starting: true,
      timer: undefined,
      renewed: false,
    }));
    for (const slot of this.#slots) this.#start(slot);
  }

  get pids(): number[] {
    return this.#slots.flatMap((slot) => slot.process?.child.pid ?? []);
  }

  /** Where each of them tells of itself; port 0 while it is away. */
  get sources(): Source[] {
    const sources = this.#slots.map(({ index, process, restarts }) => {
      return { process: `worker-${process?.number ?? index}`, port: process?.privatePort ?? 0, restarts };
    });
    const leaving = [...this.#others].filter(({ privatePort }) => privatePort > 0);
    return [
      ...sources,
      ...leaving.map(({ number, privatePort }) => ({ process: `worker-${number}`, port: privatePort, restarts: 0 })),
    ];
  }

  /** Replaces every worker at once by one with the present source; requests under way are finished first. For development. */
  renew(): void {
    for (const slot of this.#slots) {
      slot.renewed = true;
      if (slot.process) slot.process.child.kill('SIGTERM');
      else this.#start(slot);
    }
  }

  /**
   * Replaces the workers one by one by such with this program: the new one listens before the old one is told to leave, whose people then
   * come to new ones little by little. One after the other, also when called again meanwhile.
   * @returns false when a new one did not listen; whoever has not been replaced by then stays, and nobody was moved for it
   */
  replace(program: string): Promise<boolean> {
    const replaced = this.#replacing.then(() => this.#replaceAll(program));
    this.#replacing = replaced.catch(() => undefined);
    return replaced;
  }

  /** Lets every worker finish what it is doing; after `timeoutMs` they are killed. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#options.port.close();
    for (const { timer } of this.#slots) clearTimeout(timer);
    const ends = this.#all().map(({ child }) => {
      const end = once(child, 'exit');
      child.kill('SIGTERM');
      return end;
    });
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
    for (const { child } of this.#all()) child.kill('SIGKILL');
  }

  async #replaceAll(program: string): Promise<boolean> {
    const { logger } = this.#options;
    // Of a replacement before, say with a page that publishes through it: one generation of those is enough.
    for (const { child } of this.#others) child.kill('SIGKILL');
    this.#outgoing = new Set(this.#present());
    try {
      for (const slot of this.#slots) {
        if (this.#stopping) return false;
        const next = await this.#successor(slot, program);
        if (!next) {
          logger.error({ worker: slot.index, program }, 'a new worker does not start: the others stay as they are');
          return false;
        }
        await this.#handOver(slot, next, program);
      }
      logger.info({ program }, 'every worker is replaced');
      return true;
    } finally {
      this.#outgoing.clear();
      this.#balance();
    }
  }

  /** Starts a process beside a slot's own. Resolves when it listens; to null when it does not. */
  async #successor(slot: Slot, program: string): Promise<Process | null> {
    const next = this.#fork(slot.index, program);
    this.#others.add(next);
    const { child } = next;
    const listens = new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), START_WITHIN_MS);
      child.once('exit', () => resolve(false));
      child.on('message', (message) => isMessage(message, 'listening') && resolve(true));
      child.once('exit', () => clearTimeout(late));
      late.unref();
    });
    child.once('exit', () => this.#forget(next));
    if (await listens) return next;
    child.kill('SIGKILL');
    return null;
  }

  /** Settles when the people of the one before have gone. What else it has under way does not keep the next one waiting. */
  async #handOver(slot: Slot, next: Process, program: string): Promise<void> {
    clearTimeout(slot.timer);
    const { process: before } = slot;
    this.#others.delete(next);
    slot.process = next;
    slot.program = program;
    slot.starting = false;
    slot.backoff = runningBackoff(this.#options.patient);
    // It may have died since it listened, when nobody yet minded.
    if (next.child.exitCode !== null || next.child.signalCode !== null) this.#onExit(slot, next, 'it ended at once');
    else next.child.once('exit', (code, signal) => this.#onExit(slot, next, signal ?? `code ${code}`));
    if (!before) {
      this.#balance();
      return;
    }
    this.#others.add(before);
    before.load = undefined;
    this.#balance();
    const { child } = before;
    const moved = new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), MOVE_WITHIN_MS);
      const over = () => {
        clearTimeout(late);
        resolve(true);
      };
      child.once('exit', over);
      child.on('message', (message) => isMessage(message, 'moved') && over());
    });
    const leave: Leave = { type: 'leave' };
    child.send(leave, () => undefined);
    if (!(await moved)) child.kill('SIGKILL');
    this.#options.logger.info({ worker: slot.index, workerPid: next.child.pid }, 'worker replaced');
  }

  #start(slot: Slot): void {
    clearTimeout(slot.timer);
    slot.renewed = false;
    const started = this.#fork(slot.index, slot.program);
    slot.process = started;
    const { child } = started;
    child.on('message', (message) => {
      if (!isMessage(message, 'listening')) return;
      if (slot.starting) slot.backoff = runningBackoff(this.#options.patient);
      slot.starting = false;
    });
    child.once('exit', (code, signal) => this.#onExit(slot, started, signal ?? `code ${code}`));
  }

  #fork(index: number, program: string): Process {
    const { execArgv, env, logger } = this.#options;
    const taken = new Set(this.#all().map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number += 1;
    const own = { WORKER_INDEX: String(index), WORKER_NUMBER: String(number) };
    const child = fork(program, [], { execArgv, env: childEnvironment({ ...env, ...own }) });
    const started: Process = { child, number, privatePort: 0, load: undefined, startedAt: Date.now() };
    child.on('error', (error) => logger.error({ err: error, worker: index }, 'worker unreachable'));
    child.on('message', (message: unknown) => this.#hear(index, started, message));
    return started;
  }

  #hear(index: number, from: Process, message: unknown): void {
    if (isMessage(message, 'listening')) {
      from.privatePort = message.privatePort;
      from.load = { connections: 0, capacity: message.capacity, accepting: false };
      this.#tellSiblings();
      this.#options.logger.info({ worker: index, workerPid: from.child.pid }, 'worker listening');
      this.#balance();
    }
    if (isMessage(message, 'load') && from.load) {
      from.load.connections = message.connections;
      if (message.accepting) this.#options.onListening();
      this.#balance();
    }
    if (isMessage(message, 'leaving')) {
      from.load = undefined;
      this.#balance();
    }
  }

  /** Tells those workers that should change whether they accept. */
  #balance(): void {
    if (this.#stopping) return;
    const present = this.#present().flatMap((process) => (process.load ? [{ ...process, load: process.load }] : []));
    // Whoever comes to one that is replaced next would have to move again.
    const staying = present.filter(({ child }) => ![...this.#outgoing].some((process) => process.child === child));
    const open = staying.length > 0 ? staying : present;
    const accepts = whoAccepts(open.map(({ load }) => load));
    const accepting = new Set(open.filter((_, at) => accepts[at]).map(({ child }) => child));
    for (const { child, load } of present) {
      const accept = accepting.has(child);
      if (accept === load.accepting) continue;
      load.accepting = accept;
      const no: Accept = { type: 'accept', accept: false };
      if (accept) this.#options.port.give(child);
      else child.send(no, () => undefined);
    }
  }

  #onExit(slot: Slot, ended: Process, reason: string): void {
    this.#forget(ended);
    if (slot.process !== ended) return;
    slot.process = undefined;
    if (this.#stopping) return;
    this.#balance();
    if (slot.renewed) {
      this.#start(slot);
      return;
    }
    const { logger, onGivenUp } = this.#options;
    const wait = slot.backoff.next(Date.now() - ended.startedAt);
    if (wait === undefined) {
      const error = new Error(`worker ${slot.index} does not stay up (${reason})`);
      logger.fatal({ err: error }, 'worker given up');
      onGivenUp(error);
      return;
    }
    logger.error({ worker: slot.index, reason, wait }, 'worker ended; starting it again');
    slot.restarts += 1;
    slot.timer = setTimeout(() => this.#start(slot), wait);
  }

  #forget(ended: Process): void {
    ended.privatePort = 0;
    ended.load = undefined;
    this.#others.delete(ended);
    this.#outgoing.delete(ended);
    if (!this.#stopping) this.#tellSiblings();
  }

  /** Those that have a place. */
  #present(): Process[] {
    return this.#slots.flatMap(({ process }) => process ?? []);
  }

  #all(): Process[] {
    return [...this.#present(), ...this.#others];
  }

  #tellSiblings(): void {
    const ports: number[] = [];
    for (const { number, privatePort } of this.#all()) ports[number] = privatePort;
    const message: Siblings = { type: 'siblings', ports: Array.from(ports, (port) => port ?? 0) };
    for (const { child } of this.#all()) if (child.connected) child.send(message, () => undefined);
  }
}
