/**
 * What a viewer costs, as `npm run bench -- crowd` measured it on two cores of 2.9 GHz; how, docs/scale.md says. Processor times are
 * milliseconds of one core. Measure on your own machine before you buy any.
 */
export const MEASURED = {
  /** From the page's shell to the ticket, by unit code. */
  entry: { app: 7, database: 1.5 },
  /** Connecting and entering the room. */
  join: { app: 1, database: 0 },
  /** One report of fifteen seconds, pings and what else a socket costs meanwhile. */
  beat: { app: 0.32, database: 0.1 },
  /** One change of the room on one screen. */
  screen: { app: 0.042, database: 0 },
  /** An answer, or a confirmation of presence. */
  answer: { app: 0.25, database: 0.1 },
  /** Of one transaction on a session's chain, beside its rows: its round trips and its commit on the disk. */
  chainBatch: 6,
  /** Resident memory of a viewer's socket, KiB, and of a worker with nobody in it, MiB. */
  memory: { viewerKiB: 19, workerMiB: 190 },
  /** On its socket, without the picture; bytes a minute. */
  bytes: { toViewer: 5_000, fromViewer: 2_500 },
  /** Of a stored beat with its indexes, bytes, and as many again in the write-ahead log. */
  rowBytes: 420,
} as const;

export const BEAT_SECONDS = 15;
/** Descriptors that one process may hold. */
export const SOCKETS_A_WORKER = 18_000;
