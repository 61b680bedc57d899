import fs from 'node:fs';
import path from 'node:path';
import { HookEvent } from '#contract/media-videos.ts';
import { parseJson } from './json.ts';
import type { Logger } from './logger.ts';

/** More than this was never taken: the oldest give way, since the newest say how things are. */
const MAX_WAITING = 1_000;

/**
 * What the app has not taken yet, in order, also after kill -9: a file with a line for each event, written before the
 * event is sent and emptied when everything was taken. So an event may be sent again, which its id makes harmless.
 */
export class Outbox {
  readonly #file: string;
  readonly #logger: Logger;
  #waiting: HookEvent[];
  #lines: number;
  #failed = false;

  constructor(dataDir: string, logger: Logger) {
    this.#file = path.join(dataDir, 'media-outbox.jsonl');
    this.#logger = logger;
    this.#waiting = read(this.#file).slice(-MAX_WAITING);
    this.#lines = this.#waiting.length;
    // Without the half line on which a crash may have ended.
    if (this.#lines > 0) this.#rewrite();
  }

  get size(): number {
    return this.#waiting.length;
  }

  get first(): HookEvent | undefined {
    return this.#waiting[0];
  }

  /** Synchronous: who goes on after it can rely on it. A class has a dozen events. */
  add(event: HookEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    if (this.#lines >= 2 * MAX_WAITING) {
      this.#rewrite();
      return;
    }
    this.#lines += 1;
    this.#write(() => fs.appendFileSync(this.#file, lineOf(event)));
  }

  /** The app has taken it, or never will. */
  remove(event: HookEvent): void {
    if (this.#waiting[0] === event) this.#waiting.shift();
    if (this.#waiting.length === 0 && this.#lines > 0) this.#rewrite();
  }

  #rewrite(): void {
    const whole = `${this.#file}.new`;
    this.#lines = this.#waiting.length;
    this.#write(() => {
      fs.writeFileSync(whole, this.#waiting.map(lineOf).join(''));
      fs.renameSync(whole, this.#file);
    });
  }

  /** A full disk must not end the class: then events are as safe as this process. */
  #write(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!this.#failed) this.#logger.error({ err: error, file: this.#file }, 'events cannot be written down');
      this.#failed = true;
    }
  }
}

function read(file: string): HookEvent[] {
  if (!fs.existsSync(file)) return [];
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const parsed = HookEvent.safeParse(parseJson(line));
      return parsed.success ? [parsed.data] : [];
    });
}

function lineOf(event: HookEvent): string {
  return `${JSON.stringify(event)}\n`;
}
