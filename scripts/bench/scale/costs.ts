/**
 * What a viewer costs: processor times in milliseconds of one core, as `npm run bench -- crowd` measured them on two busy cores, or taken
 * on the safe side where it did not. docs/scale.md says which is which. Measure on your own machine before you buy any.
 */
export const MEASURED = {
  /** From the page's shell to the ticket, by unit code. */
  entry: { app: 12, database: 2 },
  /** Connecting and entering the room. */
  join: { app: 1, database: 0 },
  /** All that a viewer costs once they are in, spread over their reports of fifteen seconds. */
  beat: { app: 0.42, database: 0.13 },
  /** One change of the room on one screen. */
  screen: { app: 0.042, database: 0 },
  /** An answer, or a confirmation of presence. */
  answer: { app: 0.42, database: 0.13 },
  /** Of one transaction on a session's chain, beside its rows: its round trips and its commit on the disk. */
  chainBatch: 6,
  /** Resident memory of a viewer's socket, KiB, and of a worker through which a crowd has come, MiB. */
  memory: { viewerKiB: 19, workerMiB: 310 },
  /** On its socket, without the picture; bytes a minute. */
  bytes: { toViewer: 3_000, fromViewer: 2_000 },
  /** Of a stored beat with its indexes, bytes, and as many again in the write-ahead log. */
  rowBytes: 420,
} as const;

export const BEAT_SECONDS = 15;
/** Descriptors that one process may hold. */
export const SOCKETS_A_WORKER = 18_000;
