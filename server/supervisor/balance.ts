/** What the supervisor knows of a worker that takes connections. */
export interface Load {
  connections: number;
  /** It may hold so many. */
  capacity: number;
  /** It accepts now. */
  accepting: boolean;
}

/** A worker with so many connections more than the one with the fewest lets the others accept. */
export const AHEAD = 100;

/**
 * Which workers should accept from now on. Those accept that have about as few connections as the one with the fewest, and
 * never fewer than two (where there are two): one that has just come back is not left alone with everybody who arrives, and
 * one that hangs does not make them wait.
 */
export function whoAccepts(workers: Load[]): boolean[] {
  const open = workers.filter(hasRoom);
  const lowest = Math.min(...open.map(({ connections }) => connections));
  // What accepts goes on until it is ahead, what does not begins at half of that, so that nobody changes at each connection.
  const near = open.filter(({ connections, accepting }) => connections - lowest <= (accepting ? AHEAD : AHEAD / 2));
  const accepts = new Set(near);
  if (near.length === 1) {
    const [second] = open.filter((worker) => !accepts.has(worker)).sort(fewestFirst);
    const [helping] = open.filter((worker) => !accepts.has(worker) && worker.accepting).sort(fewestFirst);
    const helper = helping && second && helping.connections - second.connections <= AHEAD ? helping : second;
    if (helper) accepts.add(helper);
  }
  return workers.map((worker) => accepts.has(worker));
}

function hasRoom({ connections, capacity, accepting }: Load): boolean {
  return connections < (accepting ? capacity : capacity - AHEAD);
}

function fewestFirst(a: Load, b: Load): number {
  return a.connections - b.connections;
}
