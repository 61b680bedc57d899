import { setTimeout as delay } from 'node:timers/promises';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import { until } from '../../outside/until.ts';
import type { Measured } from '../benchmark.ts';
import { arriveWithin } from './arrival.ts';
import { Fleet, type Reported } from './fleet.ts';
import { type Harm, type Product, startProduct } from './product.ts';
import { compareWithDatabase, lostOf, type Truth } from './truth.ts';

export interface ChaosOptions {
  viewers: number;
  minutes: number;
  /** Of what is done when: the same seed does the same. */
  seed: number;
  /** By which workers hear each other, and which is harmed with everything else. */
  bus: 'postgres' | 'redis';
}

interface ChaosPlan {
  viewers: number;
  arriveMs: number;
  /** How long the generators may take to report the rest, ms. */
  finishWithinMs: number;
  /** What is done, and how long after everybody was well again after the one before, ms. None begins later than `forMs`. */
  harms: PlannedHarm[];
  forMs: number;
}

export interface PlannedHarm {
  harm: Harm;
  afterMs: number;
}

export interface ChaosResult {
  /** Of each: what, and until what was harmed was back and everybody in the room with the question on the screen that was opened just before, ms. */
  done: { harm: Harm; backMs: number; everybodyMs: number }[];
  connectedAtEnd: number;
  /** Beats that were never acked though everybody was back. */
  unacked: number;
  truth: Truth;
  reported: Reported;
}

const VIEWERS_A_WORKER = 10_000;
/** Cold arrivals a second on a machine that does nothing else. */
const ARRIVALS_PER_SECOND = 80;
const [LEAST_PAUSE_MS, LONGEST_PAUSE_MS] = [5_000, 20_000];
const HEARD_MS = 500;
const JOIN_AGAIN_MS = 10_000;
const EVERYBODY_WITHIN_MS = 120_000;
const FINISH_WITHIN_MS = 40_000;
/** As often as listed. */
const HARMS: Harm[] = [
  'worker killed',
  'worker killed',
  'worker hung',
  'database killed',
  'database hung',
  'media killed',
  'workers renewed',
];
const HARMS_OF_REDIS: Harm[] = ['Redis killed', 'Redis hung'];

type Say = (step: string) => void;

/** Harms parts of the product at random while a class runs, and says whether anything that was acked is lost. */
export async function chaos({ viewers, minutes, seed, bus }: ChaosOptions, say: Say): Promise<Measured> {
  const forMs = minutes * 60_000;
  const harms = harmsOf(seed, bus, forMs);
  const words = harms.map(({ harm, afterMs }) => `${harm} after ${(afterMs / 1_000).toFixed(1)} s`);
  say(`seed ${seed}, bus ${bus}, as far as the time goes: ${words.join(', ')}`);
  const workers = Math.max(2, Math.ceil(viewers / VIEWERS_A_WORKER));
  const product = await startProduct(viewers, workers, bus);
  let result: ChaosResult;
  let complaints: Record<string, number>;
  try {
    const arriveMs = (viewers / ARRIVALS_PER_SECOND) * 1_000;
    const plan = { viewers, arriveMs, finishWithinMs: FINISH_WITHIN_MS, harms, forMs };
    result = await playChaos(product, plan, say);
    complaints = product.complaints();
  } catch (error) {
    say(product.lastWords());
    throw error;
  } finally {
    await product.remove();
  }
  const { done, connectedAtEnd, unacked, truth, reported } = result;
  const longest = (times: number[]) => Math.round(times.reduce((most, each) => Math.max(most, each), 0));
  const figures = {
    viewers,
    minutes,
    seed,
    bus,
    harms: done.length,
    connectedAtEnd,
    unacked,
    lost: lostOf(truth),
    doubled: truth.doubled,
    creditedWrong: truth.creditedWrong,
    longestUntilAllWellMs: longest(done.map(({ everybodyMs }) => everybodyMs)),
    longestReconnectMs: longest(reported.samples.get('reconnect') ?? []),
  };
  const rows: Measured['rows'] = { chaos: figures, 'what the database has': { ...truth } };
  for (const [n, each] of done.entries()) rows[`harm ${n + 1}`] = { ...each };
  rows['answered otherwise than by a yes'] = reported.errors;
  rows['in the log'] = complaints;
  return { rows, figures: { bench: 'chaos', ...figures, truth, done, errorsByKind: reported.errors, complaints } };
}

/** What is done within so long if everything is well at once, by a generator whose whole state is the seed. */
export function harmsOf(seed: number, bus: ChaosOptions['bus'], forMs: number): PlannedHarm[] {
  const random = numbersFrom(seed);
  const kinds = bus === 'redis' ? [...HARMS, ...HARMS_OF_REDIS] : HARMS;
  const harms: PlannedHarm[] = [];
  for (let at = 0; at < forMs; ) {
    const afterMs = LEAST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - LEAST_PAUSE_MS);
    harms.push({ harm: kinds[Math.floor(random() * kinds.length)] ?? 'worker killed', afterMs });
    at += afterMs;
  }
  return harms;
}

/** A class in which this is done, one after the other, each just after a question was opened. */
export async function playChaos(product: Product, plan: ChaosPlan, say: Say): Promise<ChaosResult> {
  const fleet = new Fleet(plan.viewers);
  try {
    await fleet.gather(product.url, product.sessionId, product.people);
    await arriveWithin(fleet, 0, plan.arriveMs);
    const classStartedAt = await product.startClass();
    const again = { startAt: Date.now() + HEARD_MS, overMs: Math.min(JOIN_AGAIN_MS, plan.arriveMs) };
    const connected = await fleet.order({ type: 'storm', ...again, classStartedAt });
    say(`${connected} are in the room`);
    await fleet.order({ type: 'kill' });
    const done: ChaosResult['done'] = [];
    const over = performance.now() + plan.forMs;
    for (const { harm, afterMs } of plan.harms) {
      if (performance.now() + afterMs > over) break;
      await delay(afterMs);
      const question = await product.nextQuestion();
      const from = performance.now();
      await product.harm(harm);
      const backMs = Math.round(performance.now() - from);
      const isEverybodyWell = async () =>
        (await fleet.order({ type: 'look' })) === plan.viewers &&
        (await fleet.order({ type: 'seen', question })) === plan.viewers;
      await until('everybody is in the room and has the question', isEverybodyWell, undefined, EVERYBODY_WITHIN_MS);
      const everybodyMs = Math.round(performance.now() - from);
      done.push({ harm, backMs, everybodyMs });
      say(`${harm}: back after ${backMs} ms, everybody well after ${everybodyMs} ms`);
    }
    await product.endClass();
    const connectedAtEnd = await fleet.order({ type: 'finish', withinMs: plan.finishWithinMs });
    const reported = await fleet.report();
    const unacked = reported.records
      .flatMap(({ connections }) => connections.unacked)
      .reduce((sum, each) => sum + each, 0);
    const url = await product.databaseUrl();
    const truth = await compareWithDatabase(url, product.sessionId, reported.records, BEAT_INTERVAL_MS);
    return { done, connectedAtEnd, unacked, truth, reported };
  } finally {
    await fleet.close();
  }
}

/** Mulberry32: numbers in [0, 1) that follow from the seed alone. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
