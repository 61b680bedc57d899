import { readFileSync } from 'node:fs';
import os from 'node:os';

const SAMPLE_MS = 500;
const TICKS_PER_SECOND = 100;

/** Process ids of each group, as they are now: workers come and go. */
export type Groups<Name extends string> = Record<Name, () => number[]>;

/** Processor time of groups of processes, also of those that ended: what they had when they were last looked at counts. */
export class Meter<Name extends string> {
  readonly #groups: Groups<Name>;
  readonly #seen = new Map<Name, Map<number, { first: number; last: number }>>();
  readonly #timer: NodeJS.Timeout;
  readonly #idleBefore = idleSeconds();
  readonly #startedAt = performance.now();

  constructor(groups: Groups<Name>) {
    this.#groups = groups;
    this.#look(true);
    this.#timer = setInterval(() => this.#look(false), SAMPLE_MS);
  }

  /** Seconds of each group, and of the whole machine those that nobody used. Measures on. */
  read(): { seconds: Record<Name, number>; idleSeconds: number; wallSeconds: number } {
    this.#look(false);
    const seconds = {} as Record<Name, number>;
    for (const [name, pids] of this.#seen) {
      const ticks = [...pids.values()].reduce((sum, { first, last }) => sum + last - first, 0);
      seconds[name] = ticks / TICKS_PER_SECOND;
    }
    return {
      seconds,
      idleSeconds: idleSeconds() - this.#idleBefore,
      wallSeconds: (performance.now() - this.#startedAt) / 1_000,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(atStart: boolean): void {
    for (const name of Object.keys(this.#groups) as Name[]) {
      const known = this.#seen.get(name) ?? new Map<number, { first: number; last: number }>();
      this.#seen.set(name, known);
      for (const pid of this.#groups[name]()) {
        const ticks = ticksOf(pid);
        if (ticks === null) continue;
        const entry = known.get(pid);
        if (entry) entry.last = ticks;
        // What was not there at the start began with nothing.
        else known.set(pid, { first: atStart ? ticks : 0, last: ticks });
      }
    }
  }
}

/** KiB; 0 for one that has ended. */
export function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
}

function ticksOf(pid: number): number | null {
  const fields = statOf(pid);
  return fields && Number(fields[11]) + Number(fields[12]);
}

/** After the name, which may hold anything: state is field 3, user and system time 14 and 15. */
function statOf(pid: number): string[] | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function idleSeconds(): number {
  return os.cpus().reduce((sum, { times }) => sum + times.idle / 1_000, 0);
}
