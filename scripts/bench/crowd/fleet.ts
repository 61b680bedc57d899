import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CrowdRecord, Order, Planned, SampleName, Word } from './messages.ts';

/** One process may hold 20,000 descriptors, and is to be far from its limit. */
const PEOPLE_EACH = 13_500;
const PROGRAM = fileURLToPath(new URL('./generator.ts', import.meta.url));

/** What all generators recorded together. */
export interface Reported {
  records: CrowdRecord[];
  samples: Map<SampleName, number[]>;
  errors: Record<string, number>;
}

/** The generators, each with its share of the crowd. */
export class Fleet {
  readonly #generators: { child: ChildProcess; heard: EventEmitter }[];

  constructor(people: number) {
    this.#generators = Array.from({ length: Math.ceil(people / PEOPLE_EACH) }, () => {
      const child = fork(PROGRAM, [], {
        execArgv: ['--import', import.meta.resolve('tsx')],
        serialization: 'advanced',
      });
      const heard = new EventEmitter();
      child.on('message', (word: Word) => heard.emit(word.type === 'done' ? `done ${word.of}` : word.type, word));
      child.on('exit', (code) => heard.emit('error', new Error(`a generator ended with ${code}`)));
      return { child, heard };
    });
  }

  get pids(): number[] {
    return this.#generators.map(({ child }) => child.pid ?? 0);
  }

  async gather(url: string, sessionId: string, people: Planned[]): Promise<void> {
    const count = this.#generators.length;
    await Promise.all(
      this.#generators.map((generator, k) => {
        const share = people.filter(({ n }) => n % count === k);
        return this.#done(generator, { type: 'crowd', url, sessionId, people: share });
      }),
    );
  }

  /** Resolves when each has done it, to how many are in the room then. */
  async order(order: Order): Promise<number> {
    const connected = await Promise.all(this.#generators.map((generator) => this.#done(generator, order)));
    return connected.reduce((sum, each) => sum + each, 0);
  }

  async report(): Promise<Reported> {
    const all: Reported = { records: [], samples: new Map(), errors: {} };
    for (const { child, heard } of this.#generators) {
      const told = once(heard, 'report');
      child.send({ type: 'report' });
      const [word] = (await told) as [Extract<Word, { type: 'report' }>];
      all.records.push(word.record);
      for (const [name, list] of Object.entries(word.samples) as [SampleName, Float64Array][]) {
        const known = all.samples.get(name) ?? [];
        for (const value of list) known.push(value);
        all.samples.set(name, known);
      }
      for (const [what, times] of Object.entries(word.errors)) all.errors[what] = (all.errors[what] ?? 0) + times;
    }
    return all;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#generators.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.removeAllListeners('exit');
        const left = once(child, 'exit');
        child.send({ type: 'close' });
        await left;
      }),
    );
  }

  async #done({ child, heard }: { child: ChildProcess; heard: EventEmitter }, order: Order): Promise<number> {
    const told = once(heard, `done ${order.type}`);
    child.send(order);
    const [word] = (await told) as [Extract<Word, { type: 'done' }>];
    return word.connected;
  }
}
