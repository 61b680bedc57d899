import type { Measured } from '../benchmark.ts';
import { CHEATS, cheat } from './cheats.ts';
import type { Outcome } from './class.ts';
import { CLASS_MS, type Classroom, openClassroom } from './classroom.ts';
import { newDatabase } from './database.ts';
import { createDay, type Day } from './day.ts';
import { honest } from './honest.ts';
import { createRandom, type Random } from './random.ts';
import { type Class, SharedScreen } from './screens.ts';

export interface TruthOptions {
  seeds: number;
  /** Over all seeds. */
  people: number;
  firstSeed: number;
}

interface Deviation {
  seed: number;
  kind: string;
  dueSeconds: number;
  creditedSeconds: number;
}

interface TruthFigures {
  seeds: number;
  people: number;
  honestMaxErrorSeconds: number;
  honestWorst: Deviation | null;
  cheatsTried: number;
  /** Given more than a beat beyond what the rule gives for the time they took. */
  cheatsCredited: number;
  cheatWorst: Deviation | null;
  /** Sessions whose chain fits, and comes to what is kept. */
  verified: number;
}

/** Of so many who were credited wrongly it is told what they did, and what the record says. */
const TOLD = 5;
/** A beat. */
const TOLERANCE_SECONDS = 15;
/** A screen for so many people, most of whom never come to it. */
const SCREEN_EVERY = 20;
/** One in so many cheats, and each cheat is tried in turn. */
const CHEAT_EVERY = 4;
const STARTS_AT = Date.parse('2026-02-08T01:00:00Z');
const BEGINS_AT = STARTS_AT + 60_000;
/** Of the same or the next day: when replays are watched. */
const REPLAY_AT = BEGINS_AT + 20 * 3_600_000;
const LOOK_MS = 5_000;
const AFTERWARDS_MS = 15 * 60_000;

interface Outcomes {
  seed: number;
  sessionId: string;
  people: Outcome[];
}

/**
 * People attend classes and their replays, one class a seed, all on the same simulated day, and what the product credits them with is compared
 * with what they really did. Ways of attending are in honest.ts, cheats in cheats.ts; whoever adds a way (a shared screen, a venue) adds it there.
 */
async function simulate(
  databaseUrl: string,
  { seeds, people, firstSeed }: TruthOptions,
  say: (step: string) => void,
): Promise<TruthFigures> {
  const day = createDay(STARTS_AT);
  const room = await openClassroom(databaseUrl, day);
  try {
    const each = Math.max(1, Math.floor(people / seeds));
    const outcomes: Outcomes[] = [];
    const lives: (() => Promise<void>)[] = [() => server(room, day, say)];
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const sessionId = await room.addClass(seed);
      const ids = await room.addPeople(each);
      const all: Outcomes = { seed, sessionId, people: [] };
      outcomes.push(all);
      const when = { startsAt: BEGINS_AT, seconds: CLASS_MS / 1_000, replayAt: REPLAY_AT };
      const at: Class = { room, day, sessionId, ...when, screens: [] };
      for (let n = 0; n < Math.max(2, each / SCREEN_EVERY); n += 1) {
        const screen = new SharedScreen(at, createRandom(seed * 10_007 - 1 - n));
        at.screens.push(screen);
        lives.push(() => screen.life());
      }
      lives.push(() => office(at, createRandom(seed * 10_007 - 500)));
      ids.forEach((personId, n) => {
        lives.push(async () => void all.people.push(await attend(at, personId, seed, n)));
      });
    }
    await day.live(lives);
    return await judge(room, outcomes, say);
  } finally {
    await room.close();
  }
}

async function office({ room, day, sessionId }: Class, random: Random): Promise<void> {
  await day.until(BEGINS_AT - 1_000);
  await room.begin(sessionId, BEGINS_AT, random);
  await day.until(BEGINS_AT + CLASS_MS);
  await room.end(sessionId);
}

async function attend(at: Class, personId: string, seed: number, n: number): Promise<Outcome> {
  await at.day.until(at.startsAt);
  const random = createRandom(seed * 10_007 + n);
  if (n % CHEAT_EVERY !== CHEAT_EVERY - 1) return honest(at, personId, random);
  const names = Object.keys(CHEATS);
  return cheat(names[(seed * 5 + (n - CHEAT_EVERY + 1) / CHEAT_EVERY) % names.length] ?? '', at, personId, random);
}

/** The product's own timers while the class runs, and news for who waits. */
async function server(room: Classroom, day: Day, say: (step: string) => void): Promise<void> {
  for (let told = 0; day.now() < BEGINS_AT + CLASS_MS + AFTERWARDS_MS; ) {
    const minutes = Math.floor((day.now() - STARTS_AT) / 60_000);
    if (minutes >= told + 5) {
      told = minutes;
      say(`${minutes} minutes of the class`);
    }
    await room.look();
    await day.until(day.now() + LOOK_MS);
  }
  say('what comes after the class');
}

async function judge(room: Classroom, outcomes: Outcomes[], say: (step: string) => void): Promise<TruthFigures> {
  const figures: TruthFigures = {
    ...{ seeds: outcomes.length, people: 0, honestMaxErrorSeconds: 0, honestWorst: null },
    ...{ cheatsTried: 0, cheatsCredited: 0, cheatWorst: null, verified: 0 },
  };
  let told = 0;
  let cheatMost = Number.NEGATIVE_INFINITY;
  for (const { seed, sessionId, people } of outcomes) {
    const credited = await room.credited(sessionId);
    if (await room.verify(sessionId)) figures.verified += 1;
    for (const { personId, kind, due, story = [] } of people) {
      figures.people += 1;
      const creditedSeconds = (credited.get(personId) ?? 0) / 1_000;
      const deviation = { seed, kind, dueSeconds: due, creditedSeconds };
      const wrong = kind in CHEATS ? creditedSeconds - due : Math.abs(creditedSeconds - due);
      if (wrong > TOLERANCE_SECONDS && told < TOLD) {
        told += 1;
        const record = await room.recordOf(sessionId, personId);
        say(`${JSON.stringify(deviation)}\n${story.join('\n')}\nthe record:\n${record.join('\n')}`);
      }
      if (kind in CHEATS) {
        const beyond = creditedSeconds - due;
        figures.cheatsTried += 1;
        if (beyond > TOLERANCE_SECONDS) figures.cheatsCredited += 1;
        if (beyond > cheatMost) figures.cheatWorst = deviation;
        cheatMost = Math.max(cheatMost, beyond);
      } else if (Math.abs(creditedSeconds - due) >= figures.honestMaxErrorSeconds) {
        figures.honestMaxErrorSeconds = Math.abs(creditedSeconds - due);
        figures.honestWorst = deviation;
      }
    }
  }
  return figures;
}

/** `npm run bench -- truth`. */
export async function truth(options: TruthOptions, say: (step: string) => void): Promise<Measured> {
  const database = await newDatabase();
  try {
    const figures = await simulate(database.url, options, say);
    const { honestWorst, cheatWorst, ...counts } = figures;
    const worst = (deviation: Deviation | null): Record<string, string | number> => ({ ...deviation });
    return { rows: { all: counts, 'honest, worst': worst(honestWorst), 'cheat, worst': worst(cheatWorst) }, figures };
  } finally {
    await database.remove();
  }
}
