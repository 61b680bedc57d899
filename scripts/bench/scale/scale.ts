import type { Measured } from '../benchmark.ts';
import { type Costs, readMeasured, takeMeasured } from './costs.ts';
import { type Crowd, type Outcome, type Short, type Site, shortOf, simulate } from './simulate.ts';

const CROWDS = [4_000, 40_000, 400_000, 4_000_000];
/** Most come within a few minutes of the start. */
const ARRIVAL_SECONDS = 300;
const CORES_A_HOST = 8;
/** A crowd can be given the same class in several sessions, by area say; more than these nobody would look after. */
const MOST_SESSIONS = 8;
const OF_HOSTS: ReadonlySet<Short> = new Set<Short>(['hosts', 'question', 'descriptors']);

/** One database is written to by at most so many cores' worth of work; a larger crowd has several installations. */
const DATABASE_CORES = 16;

/** So much more of the crowd is tried to find what breaks first. */
const GROWTH = 1.02;

/**
 * For crowds of each size the fewest machines that carry them, by simulation with the costs of a crowd's run.
 * @param file what that run printed; without it the costs that were taken last count
 */
export async function scale(file: string | undefined): Promise<Measured> {
  const { costs, ...run } = file === undefined ? readMeasured() : takeMeasured(file);
  const rows: Measured['rows'] = {};
  for (const viewers of CROWDS) {
    const { installations, site, outcome } = smallest(viewers, costs);
    const breaks = breaksFirst(site, viewers / installations, costs);
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    rows[`${viewers} viewers`] = {
      installations,
      'app hosts × cores': `${site.hosts} × ${site.coresAHost}`,
      'GiB a host': outcome.memoryAHostGiB.toFixed(1),
      'viewers a worker': Math.round(outcome.viewersAWorker),
      'database cores': site.databaseCores,
      'sessions at once': site.sessions,
      'rows a second': Math.round(outcome.rowsASecond),
      'MB written a second': outcome.writtenMBASecond.toFixed(1),
      'bus messages a second, sent': Math.round(outcome.bus.sent),
      'bus messages a second, delivered': Math.round(outcome.bus.delivered),
      'sockets, Mbit/s': Math.round(outcome.socketsMbit),
      'longest wait to enter, s': outcome.entryWaitSeconds.toFixed(1),
      'question on the last screen, s': outcome.questionLastSeconds.toFixed(2),
      'hosts busy': percent(outcome.busy.hosts),
      'database busy': percent(outcome.busy.database),
      'chain busy': percent(outcome.busy.chain),
      'breaks first': `${breaks.short.join(', ')} at ${percent(breaks.at)}`,
    };
  }
  const { measuredAt, machine, viewers, workers, note = '' } = run;
  rows['measured with'] = { measuredAt, viewers, workers, ...machine, note };
  return { rows, figures: { bench: 'scale', measured: run, costs, rows } };
}

/** As its crowd grows: what a site is short of first, and at how much of the crowd it was made for. */
export function breaksFirst(site: Site, viewers: number, costs: Costs): { short: Short[]; at: number } {
  for (let at = GROWTH; ; at *= GROWTH) {
    const short = shortOf(simulate(site, { viewers: viewers * at, arrivalSeconds: ARRIVAL_SECONDS }, costs));
    if (short.length > 0) return { short, at };
  }
}

/** Each installation has its own hosts and its own database, and an equal share of the crowd. */
export function smallest(viewers: number, costs: Costs): { installations: number; site: Site; outcome: Outcome } {
  for (let installations = 1; ; installations += 1) {
    const crowd = { viewers: viewers / installations, arrivalSeconds: ARRIVAL_SECONDS };
    const site = smallestSite(crowd, costs);
    if (site) return { installations, site, outcome: simulate(site, crowd, costs) };
  }
}

/** Grows what is short until nothing is; null when one database does not carry it. */
function smallestSite(crowd: Crowd, costs: Costs): Site | null {
  const site: Site = { hosts: 1, coresAHost: crowd.viewers <= 4_000 ? 2 : CORES_A_HOST, databaseCores: 2, sessions: 1 };
  while (site.databaseCores <= DATABASE_CORES && site.sessions <= MOST_SESSIONS) {
    const short = shortOf(simulate(site, crowd, costs));
    if (short.length === 0) return site;
    if (short.includes('database')) site.databaseCores += 2;
    if (short.includes('chain of a session')) site.sessions += 1;
    if (short.some((what) => OF_HOSTS.has(what))) site.hosts += 1;
  }
  return null;
}
