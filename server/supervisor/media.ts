import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import { type Backoff, runningBackoff, startingBackoff } from './backoff.ts';
import { isMessage } from './messages.ts';

export interface MediaOptions {
  program: string;
  execArgv: string[];
  env: NodeJS.ProcessEnv;
  logger: Logger;
  /** See WorkersOptions. */
  patient: boolean;
  onGivenUp: (error: Error) => void;
}

/** The media process, started again whenever it dies; its address stays the same. */
export class Media {
  /** Settles when it has been ready for the first time. */
  readonly ready: Promise<void>;
  #options: MediaOptions;
  #backoff: Backoff;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #starting = true;
  #renewed = false;
  #stopping = false;
  #restarts = -1;
  #markReady: () => void = () => undefined;

  constructor(options: MediaOptions) {
    this.#options = options;
    this.#backoff = startingBackoff(options.patient);
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get restarts(): number {
    return Math.max(0, this.#restarts);
  }

  /** Replaces the process by one with the present source. */
  renew(): void {
    this.#renewed = true;
    if (this.#child) this.#child.kill('SIGTERM');
    else this.#start();
  }

  /** Lets it close its recordings; after `timeoutMs` it is killed. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = new AbortController();
    await Promise.race([ended, delay(timeoutMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    child.kill('SIGKILL');
    await ended;
  }

  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#renewed = false;
    const startedAt = Date.now();
    this.#restarts += 1;
    const { program, execArgv, env, logger } = this.#options;
    // A process group of its own: the Ctrl-C of a terminal must not reach it, nor the ffmpeg below it, before the workers
    // are done.
    const child = fork(program, [], { execArgv, env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message: unknown) => {
      if (!isMessage(message, 'ready')) return;
      logger.info({ mediaPid: child.pid }, 'media ready');
      this.#markReady();
      if (this.#starting) this.#backoff = runningBackoff(this.#options.patient);
      this.#starting = false;
    });
    child.once('error', (error) => logger.error({ err: error }, 'media unreachable'));
    child.once('exit', (code, signal) => this.#onExit(Date.now() - startedAt, signal ?? `code ${code}`));
  }

  #onExit(ranForMs: number, reason: string): void {
    this.#child = undefined;
    if (this.#stopping) return;
    if (this.#renewed) {
      this.#start();
      return;
    }
    const { logger, onGivenUp } = this.#options;
    const wait = this.#backoff.next(ranForMs);
    if (wait === undefined) {
      const error = new Error(`the media process does not stay up (${reason})`);
      logger.fatal({ err: error }, 'media given up');
      onGivenUp(error);
      return;
    }
    logger.error({ reason, wait }, 'media ended; starting it again');
    this.#timer = setTimeout(() => this.#start(), wait);
  }
}
