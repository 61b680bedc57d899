import type { z } from 'zod';
import type { RoomSnapshot } from '#contract/live.ts';
import { Agenda } from './agenda.ts';
import { traffic } from './line.ts';
import type { CrowdRecord, Order, SampleName, Samples, Word } from './messages.ts';
import { type Crowd, Person } from './person.ts';

/*
 * Part of the crowd, in a process of its own: does what the coordinator orders and keeps a record of what was acked.
 */

type Shown = Pick<z.infer<typeof RoomSnapshot>, 'question' | 'presence'> | null;

const FLUSH_EVERY_MS = 1_000;
const ROOM_CHANGED = Buffer.from('["room:changed"');

const agenda = new Agenda();
const samples = new Map<SampleName, number[]>();
const errors: Record<string, number> = {};
let people: Person[] = [];
/** The broadcast that was read last: it is the same for everybody. */
let last: { message: Buffer; shown: Shown } = { message: Buffer.alloc(0), shown: null };

const crowd: Crowd = {
  url: new URL('http://localhost'),
  sessionId: '',
  agenda,
  devices: 0,
  took(name, ms) {
    const list = samples.get(name);
    if (list) list.push(ms);
    else samples.set(name, [ms]);
  },
  wrong(what) {
    errors[what] = (errors[what] ?? 0) + 1;
  },
  killing: false,
  cut: 0,
  shownBy(message) {
    if (last.message.equals(message)) return last.shown;
    if (!message.subarray(0, ROOM_CHANGED.length).equals(ROOM_CHANGED)) return null;
    const [, room] = JSON.parse(message.toString()) as [string, NonNullable<Shown>];
    last = { message: Buffer.from(message), shown: room };
    return room;
  },
};

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit(1));

async function obey(order: Order): Promise<void> {
  if (order.type === 'report') {
    say({ type: 'report', record: record(), samples: packed(), errors });
    return;
  }
  if (order.type === 'close') {
    for (const person of people) person.hangUp();
    agenda.close();
    process.disconnect();
    return;
  }
  if (order.type === 'crowd') {
    crowd.url = new URL(order.url);
    crowd.sessionId = order.sessionId;
    people = order.people.map((planned) => new Person(planned, crowd));
  } else if (order.type === 'probe') {
    const { from, to } = order;
    await inTurns(numbered(from, to), order.atOnce, (person) => person.arrive(Date.now()));
    samples.clear();
  } else if (order.type === 'arrive') {
    await evenly(numbered(order.from, Number.POSITIVE_INFINITY), order, (person, at) => person.arrive(at));
  } else if (order.type === 'storm') {
    traffic.received = 0;
    traffic.sent = 0;
    for (const person of people) {
      person.hangUp();
      person.watch(order.classStartedAt);
    }
    await evenly(people, order, (person, at) => person.connect(at, 'join'));
  } else if (order.type === 'ask') {
    const asking = new Set(order.people);
    const chosen = people.filter((person) => asking.has(person.planned.n));
    await evenly(chosen, order, async (person) => person.ask());
  } else if (order.type === 'seen') {
    say({ type: 'done', of: 'seen', connected: people.filter(({ seen }) => seen.has(order.question)).length });
    return;
  } else if (order.type === 'kill') crowd.killing = true;
  else if (order.type === 'finish') await finish(order.withinMs);
  say({ type: 'done', of: order.type, connected: people.filter((person) => person.joined).length });
}

const numbered = (from: number, to: number) => people.filter(({ planned: { n } }) => n >= from && n < to);

/** The next one begins when one has done it; resolves when each has. */
async function inTurns(who: Person[], atOnce: number, action: (person: Person) => Promise<void>): Promise<void> {
  const waiting = who.values();
  const turns = Array.from({ length: atOnce }, async () => {
    for (const person of waiting) await action(person);
  });
  await Promise.all(turns);
}

/** One after the other, evenly; resolves when each has done it. */
function evenly(
  who: Person[],
  { startAt, overMs }: { startAt: number; overMs: number },
  action: (person: Person, at: number) => Promise<void>,
): Promise<unknown> {
  return Promise.all(
    who.map(
      (person, n) =>
        new Promise<void>((resolve) => {
          const at = startAt + (n / who.length) * overMs;
          agenda.at(at, () => void action(person, at).then(resolve));
        }),
    ),
  );
}

async function finish(withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  for (const person of people) agenda.at(Date.now() + Math.random() * (withinMs / 8), () => person.finish());
  await new Promise<void>((resolve) => {
    const look = () => {
      const behind = people.filter((person) => person.unacked > 0);
      for (const person of behind) person.flush();
      if (Date.now() > until - (withinMs * 3) / 4 && (behind.length === 0 || Date.now() > until)) resolve();
      else agenda.at(Date.now() + FLUSH_EVERY_MS, look);
    };
    look();
  });
}

function record(): CrowdRecord {
  const present = people.filter((person) => person.connId !== null);
  const count = present.reduce((sum, { acked }) => sum + acked.length, 0);
  const beats = {
    at: new Int32Array(count),
    seq: new Int32Array(count),
    from: new Float64Array(count),
    to: new Float64Array(count),
  };
  const all: CrowdRecord = {
    connections: { id: [], playedMs: [], unacked: [] },
    beats,
    answers: { at: [], question: [], choice: [] },
    asked: { at: [], id: [] },
    confirmed: { at: [], check: [] },
    cut: crowd.cut,
    traffic,
  };
  let n = 0;
  for (const [at, person] of present.entries()) {
    all.connections.id.push(person.connId ?? '');
    // Beats of one person follow one another without overlapping.
    all.connections.playedMs.push(person.acked.reduce((sum, { from, to }) => sum + to - from, 0));
    all.connections.unacked.push(person.unacked);
    for (const { seq, from, to } of person.acked) {
      beats.at[n] = at;
      beats.seq[n] = seq;
      beats.from[n] = from;
      beats.to[n] = to;
      n += 1;
    }
    for (const { question, choice } of person.answered) {
      all.answers.at.push(at);
      all.answers.question.push(question);
      all.answers.choice.push(choice);
    }
    for (const check of person.confirmed) {
      all.confirmed.at.push(at);
      all.confirmed.check.push(check);
    }
    for (const id of person.asked) {
      all.asked.at.push(at);
      all.asked.id.push(id);
    }
  }
  return all;
}

function packed(): Samples {
  samples.set('generatorLate', agenda.lateness);
  return Object.fromEntries([...samples].map(([name, list]) => [name, Float64Array.from(list)]));
}

function say(word: Word): void {
  process.send?.(word);
}
