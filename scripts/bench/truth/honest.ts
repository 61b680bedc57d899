import { askedAt } from '#contract/presence-moment.ts';
import { AppError } from '#server/errors.ts';
import type { Outcome } from './class.ts';
import { Page } from './page.ts';
import { createRandom, type Random } from './random.ts';
import { type Class, type SharedScreen, sit } from './screens.ts';
import { Seen } from './seen.ts';

/** Everybody acts on this grid, seconds. */
const TICK = 5;
const BEAT = 15;
/** Who looks presses within so long, seconds. */
const NOTICED_WITHIN = 25;
const DAY_MS = 24 * 3_600_000;

/** How a person comes by the class. */
const ATTENDING = {
  attentive: (one: Attending) => one.attend(),
  /** Leaves one check unanswered, in the class and in the replay, and comes back later. */
  away: (one: Attending) => one.attend(),
  'a screen': async (one: Attending) => void (await one.sit(0, false)),
  'a screen and a phone': (one: Attending) => one.together([() => one.attend(), () => one.sit(0, true)]),
  'two screens and a phone': (one: Attending) =>
    one.together([() => one.attend(), () => one.sit(0, true), () => one.sit(1, true)]),
  async 'a screen, then a phone'(one: Attending) {
    if (await one.sit(0, false)) await one.attend();
  },
};
type Kind = keyof typeof ATTENDING;
const KINDS: Kind[] = [
  ...(['attentive', 'attentive', 'attentive', 'away', 'away', 'a screen', 'a screen'] as const),
  ...(['a screen and a phone', 'two screens and a phone', 'a screen, then a phone'] as const),
];

type Way = 'watch' | 'pause' | 'cut' | 'crash' | 'two-devices' | 'look-back';
const WAYS: Way[] = ['watch', 'watch', 'watch', 'pause', 'cut', 'crash', 'two-devices', 'look-back'];
/** Nobody watches the past with a screen before them. */
const WAYS_BEFORE_A_SCREEN = WAYS.filter((way) => way !== 'look-back');

/** Somebody who attends as people do, with the devices and networks that they have. */
export async function honest(at: Class, personId: string, random: Random): Promise<Outcome> {
  const kind = random.of(KINDS);
  const one = new Attending(at, personId, random, kind);
  await ATTENDING[kind](one);
  // Who sits before a screen sits there to the end.
  await at.day.until(at.startsAt + (at.seconds + BEAT) * 1_000);
  if (random.chance(0.5)) await one.replay();
  return { personId, kind, due: one.seen.due(), story: one.seen.story() };
}

class Attending {
  readonly seen: Seen;
  readonly #at: Class;
  readonly #personId: string;
  readonly #random: Random;
  /** Leaves one check unanswered, in the class and in the replay, and comes back later. */
  #away: boolean;
  readonly #ways: Way[];
  readonly #firstScreen: number;
  readonly #answered = new Set<string>();
  #press: { checkId: string; at: number; done: number | null } | null = null;
  #back: number | null = null;
  #cameAt = 0;
  #leavesAt = 0;

  constructor(at: Class, personId: string, random: Random, kind: Kind) {
    this.#at = at;
    this.#personId = personId;
    this.#random = random;
    this.#away = kind === 'away';
    this.#firstScreen = random.step(0, at.screens.length, 1);
    this.#ways = kind.endsWith('and a phone') ? WAYS_BEFORE_A_SCREEN : WAYS;
    this.seen = new Seen(at.day, at.startsAt, at.seconds);
  }

  #second(): number {
    return this.seen.seconds;
  }

  #wait(seconds: number): Promise<void> {
    return this.#at.day.until(this.#at.day.now() + seconds * 1_000);
  }

  #open(): Promise<Page> {
    return Page.open(this.#at.room, this.#at.sessionId, this.#personId, this.seen);
  }

  async together(lives: (() => Promise<unknown>)[]): Promise<void> {
    await this.#at.day.together(lives.map((life) => async () => void (await life())));
  }

  /** Before one of two screens; resolves to whether they have gone from it. */
  sit(which: 0 | 1, hasPhone: boolean): Promise<boolean> {
    const { screens } = this.#at;
    const screen = screens[(this.#firstScreen + which) % screens.length] as SharedScreen;
    // Of its own: what they do elsewhere meanwhile must not change it.
    const random = createRandom(this.#random.step(1, 1e9, 1));
    return sit(this.#at, screen, { personId: this.#personId, seen: this.seen, random, hasPhone });
  }

  async attend(): Promise<void> {
    const { startsAt, seconds } = this.#at;
    const random = this.#random;
    await this.#at.day.until(startsAt + random.step(TICK, seconds * 0.6, TICK) * 1_000);
    if (this.#second() > seconds - 120) return;
    let page = await this.#open();
    this.#cameAt = this.#second();
    this.#leavesAt = random.chance(0.3) ? random.step(this.#second(), seconds, TICK) : seconds;
    while (this.#second() < this.#leavesAt) {
      const left = Math.max(TICK, this.#leavesAt - this.#second());
      const long = Math.min(left, random.step(60, 300, TICK));
      // Who is away misses a check while everything else is plain.
      const way = this.#away ? 'watch' : random.of(this.#ways);
      if (way === 'watch') await this.#watch(page, long, 5);
      else if (way === 'pause') await this.#pause(page, Math.min(left, random.step(30, 150, TICK)));
      else if (way === 'cut') await this.#watch(page, Math.min(left, random.step(20, 150, TICK)), 5, { online: false });
      else if (way === 'look-back') await this.#lookBack(page, long);
      else if (way === 'two-devices') await this.#twoDevices(page, long);
      else page = await this.#crash(page, Math.min(left, random.step(10, 60, TICK)));
      await this.#deliver(page);
      // Who is on line again is told what asks, and sends what was pressed, also when the network goes the next moment.
      await this.#mindChecks(page, true);
    }
    await this.#deliver(page);
    // Nobody goes while a question stands before them.
    await this.#mindChecks(page, true);
  }

  /** Watches the class as it runs, so many seconds behind it. */
  async #watch(page: Page, seconds: number, behind: number, { online = true } = {}): Promise<void> {
    await this.#play(page, seconds, () => this.#second() - behind, { online });
  }

  async #lookBack(page: Page, seconds: number): Promise<void> {
    const now = this.#second();
    const back = this.#random.step(120, Math.max(125, now - 10), TICK);
    const from = Math.max(0, now - back);
    const offset = now - from;
    await this.#play(page, Math.min(seconds, offset), () => this.#second() - offset, { online: true });
  }

  async #twoDevices(page: Page, seconds: number): Promise<void> {
    const other = await this.#open();
    const half = Math.floor(seconds / 2 / TICK) * TICK;
    for (let passed = 0; passed < half; passed += TICK) {
      const from = this.#second() - 5;
      const otherFrom = this.#second() - 10;
      await this.#wait(TICK);
      page.played(Math.max(0, from), from + TICK);
      other.played(Math.max(0, otherFrom), otherFrom + TICK);
      this.seen.watched(from, from + TICK);
      this.seen.watched(otherFrom, otherFrom + TICK);
      await this.#deliver(page);
      await this.#deliver(other);
      await this.#mindChecks(page, true);
    }
  }

  async #crash(page: Page, seconds: number): Promise<Page> {
    const left = page.left();
    await this.#wait(seconds);
    const next = await this.#open();
    await this.#deliver(left);
    return next;
  }

  async #pause(page: Page, seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += TICK) {
      await this.#wait(TICK);
      await this.#mindChecks(page, true);
    }
  }

  async #play(page: Page, seconds: number, place: () => number, { online }: { online: boolean }): Promise<void> {
    let unsent = 0;
    for (let passed = 0; passed < seconds; passed += TICK) {
      const from = place();
      await this.#wait(TICK);
      if (from + TICK <= 0) continue;
      page.played(Math.max(0, from), from + TICK);
      this.seen.watched(from, from + TICK);
      unsent += TICK;
      if (online && unsent >= BEAT) {
        await this.#deliver(page);
        unsent = 0;
      }
      await this.#mindChecks(page, online);
    }
  }

  async #deliver(page: Page): Promise<void> {
    const stored = await page.send();
    if (stored?.standing?.missedFrom != null && !this.#away && this.#back === null) {
      await this.#confirm(page, null);
      this.seen.pressed();
    }
  }

  async #confirm(page: Page, checkId: string | null, ago = 0, replay = false): Promise<void> {
    try {
      await this.#at.room.confirm(page.token, checkId, { ago, replay });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'presence-closed')) throw error;
      await this.#at.room.confirm(page.token, null, { replay });
    }
  }

  /** What somebody does who sees, or does not see, that they are asked. */
  async #mindChecks(page: Page, online: boolean): Promise<void> {
    const now = this.#at.day.now();
    if (this.#back !== null && online && this.#second() >= this.#back) {
      this.#back = null;
      this.#away = false;
      await this.#confirm(page, null);
      this.seen.pressed();
    }
    if (this.#press && this.#press.done === null && now >= this.#press.at) {
      this.#press.done = now;
      this.seen.pressed();
    }
    if (this.#press?.done != null && online) {
      const { checkId, done } = this.#press;
      this.#press = null;
      await this.#confirm(page, checkId, now - done);
    }
    if (!online) return;
    const check = await this.#at.room.check(this.#at.sessionId);
    if (!check || this.#answered.has(check.id)) return;
    const asked = askedAt(check, this.#personId);
    if (now > asked + check.windowMs - TICK * 1_000) return;
    this.#answered.add(check.id);
    // Who comes or leaves within their minute has had no fair chance, and a check that the end of the class cuts off asks nobody.
    const stays = asked >= this.#at.startsAt + this.#cameAt * 1_000 && this.#leavesAt - this.#second() > 120;
    if (this.#away && this.#back === null && stays) {
      this.seen.missed((asked - this.#at.startsAt) / 1_000);
      this.#back = this.#second() + this.#random.step(120, 240, TICK);
      return;
    }
    const last = Math.min(asked + check.windowMs, this.#at.startsAt + this.#leavesAt * 1_000) - TICK * 1_000;
    this.#press = {
      checkId: check.id,
      at: Math.min(last, now + this.#random.step(TICK, NOTICED_WITHIN, TICK) * 1_000),
      done: null,
    };
  }

  /** The next day, what is missing. */
  async replay(): Promise<void> {
    const { day, room, sessionId, replayAt, seconds } = this.#at;
    const random = this.#random;
    this.#away = random.chance(0.25);
    await day.until(replayAt + random.step(0, 600, TICK) * 1_000);
    const until = this.#second() + random.step(300, seconds, TICK);
    let page = await this.#open();
    let other: Page | null = null;
    let asked: string | null = null;
    let place = await this.#missing();
    while (place !== null && this.#second() < until) {
      const from = place;
      const long = Math.min(random.chance(0.1) ? 60 : BEAT, seconds - from);
      if (long < TICK) break;
      await this.#wait(long);
      page.played(from, from + long);
      other?.played(from, from + long);
      this.seen.replayed(from, from + long);
      const stored = await page.send();
      await other?.send();
      place = from + long;
      const check = stored?.replay?.check ?? null;
      if (check && check.id !== asked) {
        asked = check.id;
        place = await this.#minded(page, check.id, place);
      }
      const turn = random.next();
      if (turn < 0.05) await this.#wait(random.step(10, 200, TICK));
      else if (turn < 0.1) {
        page = await this.#open();
        other = null;
        place = await this.#missing();
      } else if (turn < 0.15) other = await this.#open();
      else if (turn < 0.2) other = null;
      if (place !== null && place >= seconds) place = await this.#missing();
    }
    await day.until(replayAt + DAY_MS / 4);
    await room.standing(sessionId, this.#personId);
  }

  /** Where the product says that something is missing; seconds of the class. */
  async #missing(): Promise<number | null> {
    const status = await this.#at.room.standing(this.#at.sessionId, this.#personId);
    return status?.resumeAt == null ? null : (status.resumeAt - this.#at.startsAt) / 1_000;
  }

  /** Asked in the replay; resolves to where it goes on. */
  async #minded(page: Page, checkId: string, place: number): Promise<number | null> {
    // What they have seen before is no viewing: nobody is taken to have seen by it that they were asked.
    const counted = this.seen.counted();
    const isNew = Array.from({ length: 60 }, (_, n) => place + n).every((second) => !counted.has(second));
    if (!this.#away || this.#at.seconds - place < 60 || !isNew) {
      await this.#wait(this.#random.step(TICK, 40, TICK));
      this.seen.pressed();
      await this.#confirm(page, checkId, 0, true);
      return place;
    }
    this.#away = false;
    this.seen.missedInReplay(this.#second());
    // The page goes on for the minute, and stops.
    await this.#wait(60);
    page.played(place, place + 60);
    this.seen.replayed(place, place + 60);
    await page.send();
    await this.#wait(this.#random.step(60, 400, TICK));
    await this.#confirm(page, checkId, 0, true);
    this.seen.pressed();
    return this.#missing();
  }
}
