/** Process ids by what they are for. */
export type Part = 'workers' | 'parent' | 'database';

/** What the crowd comes to: the product, or a baseline. */
export interface Stage {
  url: string;
  /** Process ids now. */
  pids: Record<Part, () => number[]>;
  /** Opens a question on every screen. Resolves to the moment at which that was ordered, epoch ms. */
  openQuestion(): Promise<number>;
  closeQuestion(): Promise<void>;
  /** Asks everybody to confirm that they are there; resolves to how far apart the first and the last are asked, ms. */
  openPresence(): Promise<number>;
  endClass(): Promise<void>;
  /** Of the busiest worker, 99 % of turns since it was last asked; null where nobody counts it. */
  eventLoopDelayMs(): Promise<number | null>;
  /** Memory of all workers by what it is for, KB; empty where nobody counts it. */
  memoryKB(): Promise<Record<string, number>>;
  /** Ends one worker with SIGKILL; it comes back by itself. */
  killWorker(): void;
}

/** Kills the first of these. @throws Error when there is none */
export function killFirst(pids: number[]): void {
  const [pid] = pids;
  if (pid === undefined) throw new Error('there is no worker to kill');
  process.kill(pid, 'SIGKILL');
}
