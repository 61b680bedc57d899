import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const milliseconds = z.object({ app: z.number().nonnegative(), database: z.number().nonnegative() });

/** What a viewer costs: processor times in milliseconds of one core, of the workers and of PostgreSQL. */
const Costs = z.object({
  /** From the page's shell to the ticket, by unit code. */
  entry: milliseconds,
  /** Connecting and entering the room. */
  join: milliseconds,
  /** All that a viewer costs once they are in, spread over their reports of fifteen seconds. */
  beat: milliseconds,
  /** One change of the room on one screen. */
  screen: milliseconds,
  /** An answer, or a confirmation of presence. */
  answer: milliseconds,
  /** Of one transaction on a session's chain, beside its rows: its round trips and its commit on the disk. */
  chainBatch: z.number().positive(),
  /** What the workers grew by for each viewer, KiB, and what each had before anybody came, MiB. */
  memory: z.object({ viewerKiB: z.number(), workerMiB: z.number().nonnegative() }),
  /** On its socket, without the picture; bytes a minute. */
  bytes: z.object({ toViewer: z.number(), fromViewer: z.number() }),
  /** Of a stored report with its indexes, and of the write-ahead log for it. */
  rowBytes: z.number().nonnegative(),
  walBytes: z.number().nonnegative(),
});
export type Costs = z.infer<typeof Costs>;

/** A run of `npm run bench -- crowd`, as far as the plan needs it. */
const Measured = z.object({
  measuredAt: z.iso.date(),
  machine: z.object({ processor: z.string(), cores: z.int(), memoryGiB: z.number(), node: z.string() }),
  viewers: z.int(),
  workers: z.int(),
  /** Of the machine before the run, and who took which part of it meanwhile; null where nobody noted it. */
  loadBefore: z.number().nullable(),
  machineShare: z.record(z.string(), z.string()),
  /** Where it is no single run. */
  note: z.string().optional(),
  cpuMsPerViewerMinute: z.number(),
  costs: Costs,
});
type Measured = z.infer<typeof Measured>;

export const EVERY_BEAT_MS = 15_000;
/** Descriptors that one process may hold. */
export const SOCKETS_A_WORKER = 18_000;

const FILE = fileURLToPath(new URL('./measured.json', import.meta.url));

/** What the plan goes by. Measure on your own machine before you buy any. */
export function readMeasured(): Measured {
  return Measured.parse(JSON.parse(readFileSync(FILE, 'utf8')));
}

/**
 * Takes what a crowd's run printed, whose last line of JSON counts, as what the plan goes by from now on.
 * @throws Error when there is no such line, or it lacks something
 */
export function takeMeasured(file: string, into = FILE): Measured {
  const lines = readFileSync(file, 'utf8').split('\n');
  const line = lines.findLast((each) => each.startsWith('{"bench":"crowd"'));
  if (line === undefined) throw new Error(`${file} has no result of "npm run bench -- crowd --json"`);
  const measured = Measured.parse(JSON.parse(line));
  writeFileSync(into, `${JSON.stringify(measured, null, 2)}\n`);
  return measured;
}
