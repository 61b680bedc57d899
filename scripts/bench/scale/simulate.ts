import { type Costs, EVERY_BEAT_MS, SOCKETS_A_WORKER } from './costs.ts';

/** Machines for a morning. */
export interface Site {
  /** App hosts and the cores of each; a worker has a core of its own. */
  hosts: number;
  coresAHost: number;
  databaseCores: number;
  /** Sessions that run at once and share the crowd: each has a chain of its own. */
  sessions: number;
}

export interface Crowd {
  viewers: number;
  /** In which they come, evenly. */
  arrivalSeconds: number;
}

export interface Outcome {
  /** Longest wait for the way in because the hosts or the database had no time, seconds. */
  entryWaitSeconds: number;
  /** From the order until the question is on the last screen, seconds. */
  questionLastSeconds: number;
  /** What they waited for. */
  slowest: 'hosts' | 'database';
  /** Of an answer when everybody answers within 20 s, for each of the two; seconds beyond an idle machine's. */
  answerWaitSeconds: { hosts: number; database: number };
  /** Share of their time that they are busy while everybody watches. */
  busy: { hosts: number; database: number; chain: number };
  /** The most people that a worker holds. */
  viewersAWorker: number;
  memoryAHostGiB: number;
  /** Messages between workers, a second: sent, and delivered. */
  bus: { sent: number; delivered: number };
  rowsASecond: number;
  writtenMBASecond: number;
  socketsMbit: number;
}

export type Short = 'hosts' | 'database' | 'question' | 'chain of a session' | 'descriptors';

/** What everybody is to have within how long, seconds. */
const LONGEST = { entry: 3, question: 2, answer: 1.5 };
const ANSWER_SECONDS = 20;
/** What is kept free for what nobody foresees. */
const USABLE = 0.8;
const ANNOUNCE_SECONDS = 2;
const BEAT_SECONDS = EVERY_BEAT_MS / 1_000;
/** Nobody looks further ahead, seconds. */
const HORIZON = 3_600;

/** Plays a morning second by second: beats go first, and who comes waits for what is left. */
export function simulate(
  { hosts, coresAHost, databaseCores, sessions }: Site,
  { viewers, arrivalSeconds }: Crowd,
  { entry, join, beat, screen, answer, memory, bytes, rowBytes, walBytes, chainBatch }: Costs,
): Outcome {
  const workers = hosts * coresAHost;
  const appMs = workers * 1_000 * USABLE;
  const databaseMs = databaseCores * 1_000 * USABLE;
  const load = (watching: number) => {
    const beats = watching / BEAT_SECONDS;
    return {
      app: beats * beat.app,
      database: beats * beat.database,
      // Every worker has some of every session's people, and a batch of each every second.
      chain: (beats / sessions) * beat.database + workers * chainBatch,
    };
  };

  let waiting = 0;
  let inside = 0;
  let entryWaitSeconds = 0;
  let slowest: Outcome['slowest'] = 'hosts';
  for (let second = 0; second < HORIZON && inside < viewers - 0.5; second += 1) {
    if (second < arrivalSeconds) waiting += viewers / arrivalSeconds;
    const now = load(inside);
    const byApp = Math.max(0, appMs - now.app) / (entry.app + join.app);
    const byDatabase = Math.max(0, databaseMs - now.database) / (entry.database + join.database);
    const rate = Math.min(byApp, byDatabase);
    const wait = rate > 0 ? Math.max(0, waiting / rate - 1) : HORIZON;
    if (wait > entryWaitSeconds) {
      entryWaitSeconds = wait;
      slowest = byApp < byDatabase ? 'hosts' : 'database';
    }
    const enters = Math.min(waiting, rate);
    waiting -= enters;
    inside += enters;
  }

  const full = load(viewers);
  const free = { app: Math.max(0, appMs - full.app), database: Math.max(0, databaseMs - full.database) };
  const rate = viewers / ANSWER_SECONDS;
  const backlog = (cost: number, capacity: number) =>
    capacity > 0 ? Math.max(0, (rate * cost) / capacity - 1) * ANSWER_SECONDS : HORIZON;
  const viewersAWorker = viewers / workers;
  // A worker sends in slices between which beats get through: they take their share of its core meanwhile.
  const shareOfBeats = Math.min(0.95, full.app / (workers * 1_000));
  return {
    entryWaitSeconds,
    questionLastSeconds: (viewersAWorker * screen.app) / 1_000 / (1 - shareOfBeats),
    slowest,
    answerWaitSeconds: {
      hosts: backlog(answer.app, free.app),
      database: backlog(answer.database, free.database),
    },
    busy: {
      hosts: full.app / (workers * 1_000),
      database: full.database / (databaseCores * 1_000),
      chain: full.chain / 1_000,
    },
    viewersAWorker,
    memoryAHostGiB: (coresAHost * memory.workerMiB * 1_024 + (viewers / hosts) * memory.viewerKiB) / 1_024 / 1_024,
    bus: { sent: workers / ANNOUNCE_SECONDS, delivered: (workers * (workers - 1)) / ANNOUNCE_SECONDS },
    rowsASecond: viewers / BEAT_SECONDS,
    writtenMBASecond: ((viewers / BEAT_SECONDS) * (rowBytes + walBytes)) / 1e6,
    socketsMbit: (viewers * (bytes.toViewer + bytes.fromViewer) * 8) / 60 / 1e6,
  };
}

/** What there is too little of; empty when the site carries the crowd. */
export function shortOf({ entryWaitSeconds, slowest, answerWaitSeconds, ...outcome }: Outcome): Short[] {
  const { busy } = outcome;
  const short = new Set<Short>();
  if (entryWaitSeconds > LONGEST.entry) short.add(slowest);
  if (outcome.questionLastSeconds > LONGEST.question) short.add('question');
  for (const part of ['hosts', 'database'] as const) {
    if (busy[part] > USABLE || answerWaitSeconds[part] > LONGEST.answer) short.add(part);
  }
  if (busy.chain > USABLE) short.add('chain of a session');
  if (outcome.viewersAWorker > SOCKETS_A_WORKER) short.add('descriptors');
  return [...short];
}
