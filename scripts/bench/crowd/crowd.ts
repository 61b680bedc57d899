import os from 'node:os';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import { quantile } from '../../outside/quantile.ts';
import type { Measured } from '../benchmark.ts';
import { type Bare, startBare } from './bare.ts';
import { costsOf as costsFor, logPositionOf, machine, storedOf } from './costs.ts';
import { Fleet } from './fleet.ts';
import type { Planned, SampleName } from './messages.ts';
import { type Morning, playMorning } from './morning.ts';
import { type Product, startProduct } from './product.ts';
import { compareWithDatabase, lostOf } from './truth.ts';

export interface CrowdOptions {
  /** One run each. */
  viewers: number[];
  minutes: number;
  /** In how long they come for the first time; null: in a fifth of the time, or as fast as the machine lets them in. */
  arriveSeconds: number | null;
}

/** A worker holds so many at most, so that the others can take them over when it dies. */
const VIEWERS_A_WORKER = 10_000;
/** A ticket's and an access cookie's length. */
const BARE_TICKET = 'x'.repeat(560);
const BARE_COOKIE = `anke_access=${'x'.repeat(480)}`;
/** Of whose cost a viewer's is to stay near; without such a run the first counts. */
const GROWS_FROM = 5_000;
/** With less of the machine idle there is nothing left. */
const LEAST_IDLE = 0.05;
/** While people come at a part of what the machine lets in. */
const LITTLE_IDLE = 0.3;
const LONGEST_DELAY_MS = 200;
const TARGETS = {
  errors: 0,
  entryP99Ms: 3_000,
  joinP99Ms: 1_000,
  questionLastMs: 2_000,
  answerAckP99Ms: 1_500,
  beatAckP99Ms: 3_000,
  rssPerViewerKB: 26,
  cpuRatio: 2,
  growthRatio: 1.2,
  lost: 0,
};
/** What a morning would have, and the product has not. */
const NOT_IN_THE_PRODUCT = ['chat (questions to the instructor stand for it)'];
/** What this bench leaves to others. */
const LEFT_OUT = ['picture and playback tokens', 'scripts and styles of the pages', 'entry by personal link'];
const ENTRY_STEPS = ['shell', 'me', 'code', 'sign-in', 'list', 'ticket', 'join'] as const;

type Say = (step: string) => void;
type Times = Pick<CrowdOptions, 'minutes' | 'arriveSeconds'>;

/** A morning of the crowd against the product, and the same messages against Socket.IO alone. */
export async function crowd({ viewers, minutes, arriveSeconds }: CrowdOptions, say: Say): Promise<Measured> {
  const times = { minutes, arriveSeconds };
  const [first] = viewers;
  if (first === undefined) throw new RangeError('no viewers');
  // A crowd alone has nothing to be held against.
  const small = viewers.length === 1 && first > GROWS_FROM ? await playProduct(GROWS_FROM, times, say) : null;
  const runs = [];
  for (const count of viewers) runs.push(await measure(count, times, say));
  const largest = runs.at(-1) as (typeof runs)[number];
  const before = small
    ? cpuOf(small.morning)
    : (runs.find((run) => run.viewers === GROWS_FROM) ?? runs[0])?.cpuMsPerViewerMinute;
  const growthRatio = before && (small || runs.length > 1) ? rounded(largest.cpuMsPerViewerMinute / before, 2) : null;
  const rows: Measured['rows'] = {};
  for (const run of runs) {
    const { entrySteps, errorsByKind, complaints, machineShare, truth, saturated, memory, costs, machine, ...figures } =
      run;
    const { bare, ...own } = figures;
    rows[`${run.viewers} viewers`] = flat(own);
    rows[`${run.viewers} viewers, bare Socket.IO`] = flat(bare);
    rows[`${run.viewers} viewers, p99 of each step of entry, ms`] = entrySteps;
    rows[`${run.viewers} viewers, share of the machine`] = { ...machineShare, saturated: saturated.join(', ') || '–' };
    rows[`${run.viewers} viewers, memory of a viewer, KB`] = memory;
    rows[`${run.viewers} viewers, costs as the scale plan takes them`] = costs
      ? Object.fromEntries(Object.entries(costs).map(([what, cost]) => [what, JSON.stringify(cost)]))
      : {};
    rows[`${run.viewers} viewers, what the database has`] = { ...truth };
    rows[`${run.viewers} viewers, in the product's log`] = complaints;
    if (run.errors > 0) rows[`${run.viewers} viewers, errors`] = errorsByKind;
  }
  rows['held to'] = TARGETS;
  rows['not in the product'] = Object.fromEntries(NOT_IN_THE_PRODUCT.map((what) => [what, '–']));
  return {
    rows,
    figures: {
      bench: 'crowd',
      ...largest,
      growthRatio,
      ...(runs.length > 1 && { runs }),
      target: TARGETS,
      notInTheProduct: NOT_IN_THE_PRODUCT,
      leftOut: LEFT_OUT,
    },
  };
}

async function measure(viewers: number, times: Times, say: Say) {
  const { minutes } = times;
  const [loadBefore = 0] = os.loadavg();
  const workers = workersFor(viewers);
  const { people, room, ...result } = await playProduct(viewers, times, say);
  const own = figuresOf(result.morning);
  // Not lost with the baseline.
  say(JSON.stringify(own));
  say(`${viewers} viewers, Socket.IO alone with ${workers} workers`);
  const bare = await startBare(workers, room, result.morning.spreadMs);
  const alone = await playBare(bare, people, minutes, say).finally(() => bare.remove());
  const { morning, truth, complaints, stored, ...rest } = result;
  const ratio = (of: (morning: Morning) => number) => rounded(of(morning) / of(alone), 2);
  return {
    viewers,
    minutes,
    workers,
    measuredAt: new Date().toISOString().slice(0, 10),
    machine: machine(),
    costs: costsFor(morning, workers, stored),
    ...own,
    entryP99Ms: p(morning, 'entry', 0.99),
    entryMaxMs: p(morning, 'entry', 1),
    entryCpuMsPerPerson: morning.arrival && rounded((serverSeconds(morning.arrival.seconds) / viewers) * 1_000, 1),
    ...arrivalOf(morning),
    ...rest,
    cpuRatio: ratio((each) => serverSeconds(each.seconds)),
    cpuRatioWorkers: ratio((each) => each.seconds.workers),
    lost: lostOf(truth),
    creditedWrong: truth.creditedWrong,
    creditedOffMs: truth.creditedOffMs,
    loadBefore: rounded(loadBefore, 1),
    bare: figuresOf(alone),
    saturated: saturatedOf(morning),
    truth,
    entrySteps: Object.fromEntries(ENTRY_STEPS.map((step) => [step, p(morning, `entry-${step}`, 0.99) ?? 0])),
    machineShare: shareOf(morning),
    memory: Object.fromEntries(Object.entries(morning.memoryKB).map(([part, kb]) => [part, rounded(kb, 1)])),
    complaints,
    errorsByKind: morning.reported.errors,
  };
}

const workersFor = (viewers: number) => Math.max(2, Math.ceil(viewers / VIEWERS_A_WORKER));

async function playProduct(viewers: number, times: Times, say: Say) {
  const workers = workersFor(viewers);
  say(`${viewers} viewers, the product with ${workers} workers`);
  const product = await startProduct(viewers, workers);
  try {
    say('a class is scheduled');
    const result = await playOn(product, viewers, times, say);
    return { ...result, people: product.people, room: await product.room() };
  } catch (error) {
    say(product.lastWords());
    throw error;
  } finally {
    await product.remove();
  }
}

async function playOn(product: Product, viewers: number, times: Times, say: Say) {
  const fleet = new Fleet(viewers);
  try {
    await fleet.gather(product.url, product.sessionId, product.people);
    const url = await product.databaseUrl();
    let logBefore = 0;
    const startClass = async () => {
      logBefore = await logPositionOf(url);
      return product.startClass();
    };
    const morning = await playMorning(product, fleet, { ...times, viewers, haveTickets: false, startClass }, say);
    const stored = await storedOf(url, logBefore);
    const list = await product.exportList();
    const truth = await compareWithDatabase(url, product.sessionId, morning.reported.records, BEAT_INTERVAL_MS);
    return {
      morning,
      truth,
      stored,
      consoleHeard: product.consoleHeard(),
      complaints: product.complaints(),
      exportRows: list.rows,
      exportMs: rounded(list.ms, 0),
    };
  } finally {
    await fleet.close();
  }
}

async function playBare(bare: Bare, people: Planned[], minutes: number, say: Say): Promise<Morning> {
  const fleet = new Fleet(people.length);
  try {
    const known = people.map((person) => ({ ...person, ticket: BARE_TICKET, cookie: BARE_COOKIE }));
    await fleet.gather(bare.url, '', known);
    const viewers = people.length;
    const options = { viewers, minutes, arriveSeconds: null, haveTickets: true, startClass: async () => Date.now() };
    return await playMorning(bare, fleet, options, say);
  } finally {
    await fleet.close();
  }
}

/** What product and baseline are compared by. */
function figuresOf(morning: Morning) {
  const { reported, questionAskedAt } = morning;
  const screens = (reported.samples.get('questionAt') ?? []).map((at) => at - questionAskedAt);
  const count = (values: Record<string, number>) => Object.values(values).reduce((sum, times) => sum + times, 0);
  return {
    connected: morning.connected,
    connectedAtEnd: morning.connectedAtEnd,
    errors: count(reported.errors),
    joinsPerSecond: rounded(morning.connected / (morning.stormMs / 1_000), 0),
    joinP50Ms: p(morning, 'join', 0.5),
    joinP99Ms: p(morning, 'join', 0.99),
    joinMaxMs: p(morning, 'join', 1),
    questionScreens: screens.length,
    questionLastMs: screens.length > 0 ? Math.round(Math.max(...chunked(screens))) : null,
    answerAckP50Ms: p(morning, 'answerAck', 0.5),
    answerAckP99Ms: p(morning, 'answerAck', 0.99),
    beatAckP50Ms: p(morning, 'beatAck', 0.5),
    beatAckP99Ms: p(morning, 'beatAck', 0.99),
    askAckP99Ms: p(morning, 'askAck', 0.99),
    presenceAckP99Ms: p(morning, 'presenceAck', 0.99),
    bytesToViewerMinute: bytesOf(morning, 'received'),
    bytesFromViewerMinute: bytesOf(morning, 'sent'),
    cut: reported.records.reduce((sum, { cut }) => sum + cut, 0),
    reconnectP99Ms: p(morning, 'reconnect', 0.99),
    rssPerViewerKB: rounded(morning.rssPerViewerKB, 1),
    cpuMsPerViewerMinute: cpuOf(morning),
    ...costsOf(morning),
    eventLoopDelayP99Ms: morning.eventLoopDelayP99Ms,
    generatorLateP99Ms: p(morning, 'generatorLate', 0.99),
  };
}

/** Processor milliseconds of all that serves: of a viewer who watches, a minute; of one who comes back; of one question on a screen with its answer. */
function costsOf({ phases, connected }: Morning) {
  const { storm, watch, question } = phases;
  const aSecond = serverSeconds(watch.seconds) / watch.wallSeconds;
  const beyond = ({ seconds, wallSeconds }: typeof storm, watching: number) =>
    ((serverSeconds(seconds) - aSecond * wallSeconds * watching) / connected) * 1_000;
  return {
    watchCpuMsPerViewerMinute: rounded((aSecond / connected) * 60_000, 2),
    // While they come back half of them watch.
    joinCpuMs: rounded(beyond(storm, 0.5), 2),
    questionCpuMs: rounded(beyond(question, 1), 2),
  };
}

/** Of all that serves, milliseconds a viewer and minute. */
function cpuOf({ seconds, viewerMinutes }: Morning): number {
  return rounded((serverSeconds(seconds) / viewerMinutes) * 1_000, 2);
}

/** How fast people came for the first time, a second, and what kept more from coming. */
function arrivalOf({ arrivalRate, arrival }: Morning) {
  if (!arrivalRate || !arrival) return { arrivalPerSecond: null, arrivalLimitPerSecond: null, arrivalKeptBy: null };
  const { came, limit, asked } = arrivalRate;
  const idle = arrival.idleSeconds / (arrival.wallSeconds * os.availableParallelism());
  return {
    arrivalPerSecond: rounded(came, 0),
    arrivalLimitPerSecond: rounded(limit, 0),
    arrivalKeptBy: came >= asked ? null : idle < LITTLE_IDLE ? 'processor' : 'waiting for one another',
  };
}

/** On sockets, a viewer and minute. */
function bytesOf({ reported, viewerMinutes }: Morning, way: 'received' | 'sent'): number {
  return Math.round(reported.records.reduce((sum, { traffic }) => sum + traffic[way], 0) / viewerMinutes);
}

/** What there was too little of; empty when everything had room. */
function saturatedOf({ idleSeconds, wallSeconds, eventLoopDelayP99Ms, reported }: Morning): string[] {
  const late = quantile(reported.samples.get('generatorLate') ?? [0], 0.99);
  const idle = idleSeconds / (wallSeconds * os.availableParallelism());
  return [
    ...(idle < LEAST_IDLE ? ['processor'] : []),
    ...((eventLoopDelayP99Ms ?? 0) > LONGEST_DELAY_MS ? ['event loop of a worker'] : []),
    ...(late > LONGEST_DELAY_MS ? ['generators'] : []),
  ];
}

/** Of both cores, from the storm to the end. */
function shareOf({ seconds, idleSeconds, wallSeconds }: Morning): Record<string, string> {
  const all = wallSeconds * os.availableParallelism();
  const percent = (part: number) => `${Math.round((part / all) * 100)} %`;
  const known = Object.values(seconds).reduce((sum, each) => sum + each, 0) + idleSeconds;
  return {
    ...Object.fromEntries(Object.entries(seconds).map(([part, each]) => [part, percent(each)])),
    others: percent(Math.max(0, all - known)),
    idle: percent(idleSeconds),
  };
}

function serverSeconds({ workers, parent, database }: Morning['seconds']): number {
  return workers + parent + database;
}

function p({ reported }: Morning, name: SampleName, share: number): number | null {
  const values = reported.samples.get(name);
  return values && values.length > 0 ? Math.round(quantile(values, share)) : null;
}

/** The largest of each thousand: a call takes no hundred thousand arguments. */
function chunked(values: number[]): number[] {
  const largest = [];
  for (let from = 0; from < values.length; from += 1_000) largest.push(Math.max(...values.slice(from, from + 1_000)));
  return largest;
}

function flat(figures: Record<string, number | string | null>): Record<string, number | string> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value ?? '–']));
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
