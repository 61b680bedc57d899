import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../outside/until.ts';
import { type ArrivalRate, arriveAsFastAsCan, arriveWithin } from './arrival.ts';
import type { Fleet, Reported } from './fleet.ts';
import { ANSWER_WITHIN_MS, PRESS_WITHIN_MS } from './person.ts';
import { Meter, rssOf } from './processes.ts';
import type { Part, Stage } from './stage.ts';

/** Shares of the whole time. */
const ARRIVE = 0.2;
const STORM = 0.2;
/** After the storm, until anybody is asked anything: a beat of everybody. */
const SETTLE_MS = 16_000;
/** Between the kill and the end, so that everybody has reported again. */
const AFTER_KILL_MS = 16_000;
/** From the presence check to the question, where there is the time. */
const PRESENCE_MS = 30_000;
const FINISH_WITHIN_MS = 40_000;
/** The crowd starts a moment after it was told, so that all generators have heard. */
const HEARD_MS = 500;
/** Of 40,000 people 20 a second ask something. */
const ASKING_SHARE = 20 / 40_000;

export type Seconds = Record<Part | 'generators', number>;
export type Phase = 'storm' | 'watch' | 'presence' | 'question' | 'rest';

export interface Morning {
  stormMs: number;
  /** How fast people came for the first time; null when they had tickets, or were to come in a given time. */
  arrivalRate: ArrivalRate | null;
  connected: number;
  connectedAtEnd: number;
  /** Resident memory of the workers with everybody in the room, above that of before anybody came. */
  rssPerViewerKB: number;
  /** Of all workers before anybody came. */
  rssBeforeKB: number;
  /** Of these, as Node counts: of each kind, per viewer, KB; empty where nobody counts it. */
  memoryKB: Record<string, number>;
  /** Processor seconds from the storm to the end. */
  seconds: Seconds;
  /** Of these: while everybody comes back, while all watch, while all are asked whether they are there, from the question to its end, and the rest with the kill and the end. */
  phases: Record<Phase, { seconds: Seconds; wallSeconds: number }>;
  /** The longest of 1 % of the turns of the busiest worker's event loop, from the storm to the last answer, ms; null: not known. */
  eventLoopDelayP99Ms: number | null;
  /** Of everybody's first arrival; null when they had tickets. */
  arrival: { seconds: Seconds; idleSeconds: number; wallSeconds: number } | null;
  idleSeconds: number;
  wallSeconds: number;
  viewerMinutes: number;
  questionAskedAt: number;
  /** Of the presence check, ms. */
  spreadMs: number;
  reported: Reported;
}

/**
 * Plays a morning: everybody comes for the first time (to a baseline they come with tickets), everybody's line is cut and they come
 * back, watch, answer a question; a worker is killed; the class ends.
 * @param arriveSeconds null: as fast as was asked, or as the machine lets them in
 * @param startClass resolves to the moment at which the class began, epoch ms
 */
export async function playMorning(
  stage: Stage,
  fleet: Fleet,
  options: {
    viewers: number;
    minutes: number;
    arriveSeconds: number | null;
    haveTickets: boolean;
    startClass: () => Promise<number>;
  },
  say: (step: string) => void,
): Promise<Morning> {
  const { viewers, minutes, arriveSeconds, haveTickets, startClass } = options;
  const totalMs = minutes * 60_000;
  const stormMs = totalMs * STORM;
  const rss = () => stage.pids.workers().reduce((sum, pid) => sum + rssOf(pid), 0);
  const groups = { ...stage.pids, generators: () => fleet.pids };
  const rssBefore = rss();

  let arrivalRate: ArrivalRate | null = null;
  const arriving = new Meter(groups);
  if (haveTickets) await arriveWithin(fleet, 0, stormMs);
  else if (arriveSeconds !== null) await arriveWithin(fleet, 0, arriveSeconds * 1_000);
  else arrivalRate = await arriveAsFastAsCan(fleet, viewers, totalMs * ARRIVE, say);
  const arrival = haveTickets ? null : arriving.read();
  arriving.stop();
  say(`${await fleet.order({ type: 'look' })} have come for the first time`);
  const classStartedAt = await startClass();
  await stage.eventLoopDelayMs();
  const meter = new Meter(groups);
  const phases = {} as Morning['phases'];
  let before = meter.read();
  const ends = (phase: Phase) => {
    const now = meter.read();
    phases[phase] = {
      seconds: difference(now.seconds, before.seconds),
      wallSeconds: now.wallSeconds - before.wallSeconds,
    };
    before = now;
  };
  const stormAt = Date.now() + HEARD_MS;
  const connected = await fleet.order({ type: 'storm', startAt: stormAt, overMs: stormMs, classStartedAt });
  say(`${connected} are in the room`);
  ends('storm');

  // As long for a baseline, whose figures are held against the product's.
  const classMs = Math.max(
    totalMs * (1 - ARRIVE - STORM),
    SETTLE_MS + PRESS_WITHIN_MS + ANSWER_WITHIN_MS + AFTER_KILL_MS + 2_000,
  );
  const asking = Array.from({ length: Math.max(1, Math.round(viewers * ASKING_SHARE * (classMs / 1_000))) }, (_, k) =>
    Math.floor((k * 7_919) % viewers),
  );
  const asked = fleet.order({
    type: 'ask',
    people: asking,
    startAt: Date.now() + HEARD_MS,
    overMs: classMs - AFTER_KILL_MS - 2_000,
  });
  const untilQuestionMs = classMs - ANSWER_WITHIN_MS - AFTER_KILL_MS - 2_000;
  await delay(Math.max(SETTLE_MS, untilQuestionMs - PRESENCE_MS));
  ends('watch');
  const spreadMs = await stage.openPresence();
  await delay(Math.min(PRESENCE_MS, untilQuestionMs - SETTLE_MS));
  const rssPerViewerKB = (rss() - rssBefore) / viewers;
  const memoryKB = Object.fromEntries(Object.entries(await stage.memoryKB()).map(([part, kb]) => [part, kb / viewers]));
  ends('presence');
  const questionAskedAt = await stage.openQuestion();
  await delay(ANSWER_WITHIN_MS + 2_000);
  await asked;
  await stage.closeQuestion();
  say('everybody has answered');
  ends('question');
  const eventLoopDelayP99Ms = await stage.eventLoopDelayMs();

  await fleet.order({ type: 'kill' });
  const workers = stage.pids.workers().length;
  stage.killWorker();
  say('a worker is killed');
  await delay(AFTER_KILL_MS);
  await until('the worker is back', () => stage.pids.workers().length === workers);
  await stage.endClass();
  const connectedAtEnd = await fleet.order({ type: 'finish', withinMs: FINISH_WITHIN_MS });
  const { seconds, idleSeconds, wallSeconds } = meter.read();
  ends('rest');
  meter.stop();
  say('the class is over');
  return {
    stormMs,
    arrivalRate,
    connected,
    connectedAtEnd,
    rssPerViewerKB,
    rssBeforeKB: rssBefore,
    memoryKB,
    seconds,
    phases,
    eventLoopDelayP99Ms,
    arrival,
    idleSeconds,
    wallSeconds,
    viewerMinutes: (viewers * wallSeconds) / 60,
    questionAskedAt,
    spreadMs,
    reported: await fleet.report(),
  };
}

function difference(now: Seconds, before: Seconds): Seconds {
  const names = Object.keys(now) as (keyof Seconds)[];
  return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as Seconds;
}
