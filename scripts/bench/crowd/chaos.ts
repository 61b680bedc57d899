import { setTimeout as delay } from 'node:timers/promises';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import { until } from '../../outside/until.ts';
import type { Measured } from '../benchmark.ts';
import { arriveWithin } from './arrival.ts';
import { Fleet, type Reported } from './fleet.ts';
import { type Product, startProduct, type Victim } from './product.ts';
import { compareWithDatabase, lostOf, type Truth } from './truth.ts';

export interface ChaosOptions {
  viewers: number;
  minutes: number;
  /** Of what is killed when: the same seed does the same. */
  seed: number;
}

interface ChaosPlan {
  viewers: number;
  arriveMs: number;
  /** How long the generators may take to report the rest, ms. */
  finishWithinMs: number;
  /** What is killed, and how long after the one before was back, ms. */
  kills: Kill[];
}

export interface Kill {
  victim: Victim;
  afterMs: number;
}

export interface ChaosResult {
  /** Of each kill: what, and until what was killed was back and everybody in the room, ms. */
  done: { victim: Victim; backMs: number; everybodyMs: number }[];
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
/** A kill, and everybody back after it, without the pause. */
const KILL_MS = 15_000;
const HEARD_MS = 500;
const JOIN_AGAIN_MS = 10_000;
const EVERYBODY_WITHIN_MS = 120_000;
const FINISH_WITHIN_MS = 40_000;

type Say = (step: string) => void;

/** Kills parts of the product at random while a class runs, and says whether anything that was acked is lost. */
export async function chaos({ viewers, minutes, seed }: ChaosOptions, say: Say): Promise<Measured> {
  const kills = killsOf(seed, minutes * 60_000);
  say(
    `seed ${seed}: ${kills.map(({ victim, afterMs }) => `${victim} after ${(afterMs / 1_000).toFixed(1)} s`).join(', ')}`,
  );
  const workers = Math.max(2, Math.ceil(viewers / VIEWERS_A_WORKER));
  const product = await startProduct(viewers, workers);
  let result: ChaosResult;
  try {
    const arriveMs = (viewers / ARRIVALS_PER_SECOND) * 1_000;
    result = await playChaos(product, { viewers, arriveMs, finishWithinMs: FINISH_WITHIN_MS, kills }, say);
  } catch (error) {
    say(product.lastWords());
    throw error;
  } finally {
    await product.remove();
  }
  const { done, connectedAtEnd, unacked, truth, reported } = result;
  const lost = lostOf(truth);
  const figures = { viewers, minutes, seed, kills: done.length, connectedAtEnd, unacked, lost, doubled: truth.doubled };
  const rows: Measured['rows'] = { chaos: figures, 'what the database has': { ...truth } };
  for (const [n, each] of done.entries()) rows[`kill ${n + 1}`] = { ...each };
  rows['answered otherwise than by a yes'] = reported.errors;
  return { rows, figures: { bench: 'chaos', ...figures, truth, done, errorsByKind: reported.errors } };
}

/** What is killed within so long, by a generator whose whole state is the seed. */
export function killsOf(seed: number, totalMs: number): Kill[] {
  const random = numbersFrom(seed);
  const victims: Victim[] = ['worker', 'worker', 'database', 'media'];
  const kills: Kill[] = [];
  for (let at = 0; at < totalMs; ) {
    const afterMs = LEAST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - LEAST_PAUSE_MS);
    kills.push({ victim: victims[Math.floor(random() * victims.length)] ?? 'worker', afterMs });
    at += afterMs + KILL_MS;
  }
  return kills;
}

/** A class with a question, in which these are killed one after the other. */
export async function playChaos(product: Product, plan: ChaosPlan, say: Say): Promise<ChaosResult> {
  const fleet = new Fleet(plan.viewers);
  try {
    await fleet.gather(product.url, product.sessionId, product.people);
    await arriveWithin(fleet, 0, plan.arriveMs);
    const classStartedAt = await product.startClass();
    const again = { startAt: Date.now() + HEARD_MS, overMs: Math.min(JOIN_AGAIN_MS, plan.arriveMs) };
    const connected = await fleet.order({ type: 'storm', ...again, classStartedAt });
    say(`${connected} are in the room`);
    await product.openQuestion();
    await fleet.order({ type: 'kill' });
    const done: ChaosResult['done'] = [];
    for (const { victim, afterMs } of plan.kills) {
      await delay(afterMs);
      const from = performance.now();
      await product.kill(victim);
      const backMs = Math.round(performance.now() - from);
      await until(
        'everybody is in the room',
        async () => (await fleet.order({ type: 'look' })) === plan.viewers,
        undefined,
        EVERYBODY_WITHIN_MS,
      );
      const everybodyMs = Math.round(performance.now() - from);
      done.push({ victim, backMs, everybodyMs });
      say(`${victim} was killed: back after ${backMs} ms, everybody after ${everybodyMs} ms`);
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
