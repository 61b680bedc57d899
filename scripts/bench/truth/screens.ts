import { askedAt } from '#contract/presence-moment.ts';
import { AppError } from '#server/errors.ts';
import type { Setting } from './class.ts';
import type { ShownCode } from './classroom.ts';
import { Page } from './page.ts';
import type { Random } from './random.ts';
import type { Seen } from './seen.ts';

/** A class, with the screens on which it is shown. */
export interface Class extends Setting {
  screens: SharedScreen[];
}

/** Everybody acts on this grid, seconds. */
const TICK = 5;
const BEAT = 15;
/** A screen's picture is so far behind the class, seconds. */
const BEHIND = 5;
/** An attentive convenor counts within so long, seconds. */
const NOTICED_WITHIN = 20;

/** Somebody who comes to a screen. */
interface Attendant {
  personId: string;
  seen: Seen;
  random: Random;
  /** Watches on a phone of their own as well, by which they answer. */
  hasPhone: boolean;
}

interface Sitting {
  seen: Seen;
  /** Watches on a phone of their own as well, by which they answer. */
  hasPhone: boolean;
  since: number;
}

const WAYS = ['play', 'play', 'play', 'play', 'drop', 'still', 'restart'] as const;

/** A meeting room's screen and its convenor: it plays, drops, stands still and is restarted; heads are counted when a check asks. */
export class SharedScreen {
  readonly #at: Setting;
  readonly #random: Random;
  /** Leaves one check unanswered. */
  #forgets: boolean;
  readonly #sitting = new Map<string, Sitting>();
  readonly #answered = new Set<string>();
  #id: string | null = null;
  #count: { checkId: string | null; at: number } | null = null;
  /** Who comes or goes waits up to here, by the clock of the class: it is plain who was asked. */
  #heldUntil = 0;
  #closed = false;

  constructor(at: Setting, random: Random) {
    this.#at = at;
    this.#random = random;
    this.#forgets = random.chance(0.3);
  }

  get #second(): number {
    return (this.#at.day.now() - this.#at.startsAt) / 1_000;
  }

  #wait(seconds: number): Promise<void> {
    return this.#at.day.until(this.#at.day.now() + seconds * 1_000);
  }

  /** May be signed in to and out of now. */
  get isOpen(): boolean {
    return this.#id !== null && !this.#closed && this.#second >= this.#heldUntil;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get id(): string {
    if (this.#id === null) throw new Error('The screen is not open yet.');
    return this.#id;
  }

  async life(): Promise<void> {
    const { room, day, sessionId, startsAt, seconds } = this.#at;
    const random = this.#random;
    await day.until(startsAt + random.step(-40, 90, TICK) * 1_000);
    this.#id = await room.openScreen(sessionId);
    await day.until(startsAt);
    const endsAt = random.chance(0.3) ? random.step(seconds / 2, seconds - 60, TICK) : seconds;
    let page = await Page.ofScreen(room, sessionId, this.#id);
    while (this.#second < endsAt || this.#second < this.#heldUntil) {
      const left = Math.max(TICK, endsAt - this.#second);
      const way = this.#second < this.#heldUntil ? 'play' : random.of(WAYS);
      if (way === 'play') await this.#play(page, Math.min(left, random.step(60, 300, TICK)), true);
      else if (way === 'drop') await this.#play(page, Math.min(left, random.step(20, 150, TICK)), false);
      else if (way === 'still') await this.#stand(Math.min(left, random.step(20, 100, TICK)));
      else {
        const dead = page.left();
        await this.#wait(Math.min(left, random.step(10, 60, TICK)));
        page = await Page.ofScreen(room, sessionId, this.#id);
        await dead.send();
      }
      await page.send();
      // Told at once, also when the network goes the next moment.
      await this.#mindChecks(false);
    }
    if (endsAt < seconds) {
      this.#closed = true;
      this.#sitting.clear();
      await room.closeScreen(this.#id);
    }
  }

  async #play(page: Page, seconds: number, online: boolean): Promise<void> {
    let unsent = 0;
    for (let passed = 0; passed < seconds; passed += TICK) {
      const from = this.#second - BEHIND;
      await this.#wait(TICK);
      if (from >= 0) {
        page.played(from, from + TICK);
        for (const { seen } of this.#sitting.values()) seen.watched(from, from + TICK);
      }
      unsent += TICK;
      if (online && unsent >= BEAT) {
        await page.send();
        unsent = 0;
      }
      if (online) await this.#mindChecks(true);
    }
  }

  async #stand(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += TICK) {
      await this.#wait(TICK);
      await this.#mindChecks(false);
    }
  }

  async #mindChecks(plays: boolean): Promise<void> {
    const { room, sessionId, startsAt, seconds } = this.#at;
    const now = this.#second;
    if (this.#count && now >= this.#count.at) {
      const { checkId } = this.#count;
      this.#count = null;
      await this.#countHeads(checkId);
    }
    const check = await room.check(sessionId);
    if (!check || this.#answered.has(check.id)) return;
    const asked = (askedAt(check, this.id) - startsAt) / 1_000;
    const last = asked + check.windowMs / 1_000 - TICK;
    if (now > last) return;
    this.#answered.add(check.id);
    const goesOn = plays && seconds - now > 300 && now - asked <= TICK;
    // Who has a phone as well answers by that.
    const isAlone = [...this.#sitting.values()].every(({ hasPhone }) => !hasPhone);
    if (this.#forgets && goesOn && isAlone) {
      this.#forgets = false;
      this.#heldUntil = asked + 120;
      for (const { seen, since } of this.#sitting.values()) if (since < asked) seen.missed(asked);
      this.#count = { checkId: null, at: now + this.#random.step(120, 240, TICK) };
      return;
    }
    this.#count = { checkId: check.id, at: Math.min(last, now + this.#random.step(TICK, NOTICED_WITHIN, TICK)) };
  }

  async #countHeads(checkId: string | null): Promise<void> {
    const counted = [...this.#sitting.values()];
    try {
      await this.#at.room.countHeads(this.id, checkId, counted.length);
    } catch (error) {
      // It was too late, or the class ended at that moment.
      if (!(error instanceof AppError && ['presence-closed', 'session-not-open'].includes(error.code))) throw error;
      return;
    }
    for (const { seen } of counted) seen.pressed();
  }

  /** Somebody signs in by the code, its digits, or the convenor's list; resolves to whether they could. */
  async signIn({ personId, seen, random, hasPhone }: Attendant, way: 'code' | 'digits' | 'list'): Promise<boolean> {
    const { room } = this.#at;
    if (way === 'list') await room.signInByHand(this.id, personId);
    else {
      const ticket = await this.scan(way);
      // An old phone on a slow network.
      await this.#wait(random.step(0, 90, TICK));
      if (this.#closed || this.#second >= this.#at.seconds) return false;
      await room.signInByScan(ticket, personId);
    }
    seen.pressed();
    this.#sitting.set(personId, { seen, hasPhone, since: this.#second });
    return true;
  }

  async signOut({ personId, seen }: Attendant, way: 'code' | 'list'): Promise<void> {
    this.#sitting.delete(personId);
    const { room } = this.#at;
    if (way === 'list') await room.signOutByHand(this.id, personId);
    else await room.signOutByScan(await this.scan('code'), personId);
    seen.pressed();
  }

  shown(): Promise<ShownCode> {
    return this.#at.room.shownCode(this.id);
  }

  /** Resolves to the phone's ticket. */
  async scan(by: 'code' | 'digits'): Promise<string> {
    const { shortCode, token, digits } = await this.shown();
    return this.#at.room.scan(shortCode, by === 'code' ? token : digits);
  }
}

/** Somebody comes to a screen and goes again, once or twice, or stays without signing out; resolves to whether they have gone. */
export async function sit(at: Setting, screen: SharedScreen, one: Attendant): Promise<boolean> {
  const { day, startsAt, seconds } = at;
  const { random } = one;
  const second = () => (day.now() - startsAt) / 1_000;
  const whenOpen = async (): Promise<boolean> => {
    while (!screen.isOpen && !screen.isClosed && second() < seconds - 60) await day.until(day.now() + TICK * 1_000);
    return screen.isOpen && second() < seconds - 60;
  };
  for (let stays = random.chance(0.3) ? 2 : 1; stays > 0; stays -= 1) {
    const comesAt = second() + random.step(TICK, seconds * 0.4, TICK);
    if (comesAt > seconds - 200) return true;
    await day.until(startsAt + comesAt * 1_000);
    if (!(await whenOpen())) return true;
    if (!(await screen.signIn(one, random.of(['code', 'code', 'digits', 'list'])))) return true;
    if (random.chance(0.3)) return false;
    await day.until(day.now() + random.step(120, 900, TICK) * 1_000);
    if (!(await whenOpen())) return screen.isClosed;
    await screen.signOut(one, random.of(['code', 'list']));
  }
  return true;
}
