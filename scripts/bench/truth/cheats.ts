import { randomBytes } from 'node:crypto';
import type { Outcome } from './class.ts';
import { Page } from './page.ts';
import type { Random } from './random.ts';
import type { Class, SharedScreen } from './screens.ts';

/** A player may catch up this much faster than the class. */
const RATE = 1.1;
const DAY_SECONDS = 86_400;

/** What a cheat tries; resolves to the most seconds that the rule gives for the time it took. */
type Cheat = (tools: Tools) => Promise<number>;

interface Tools {
  at: Class;
  /** A screen that can be signed in to at that second of the class or soon after; null when there is none. */
  screen(second: number): Promise<SharedScreen | null>;
  random: Random;
  personId: string;
  /** Until so many seconds after the class began, or, in its replay, after that may be watched. */
  until(second: number): Promise<void>;
  untilReplay(second: number): Promise<void>;
  open(): Promise<Page>;
  /** Sends those seconds of the class as a beat; what is refused is refused. */
  send(page: Page, seq: number, from: number, to: number): Promise<void>;
}

export const CHEATS: Record<string, Cheat> = {
  async 'forged spans'({ until, open, send, at }) {
    await until(300);
    const page = await open();
    for (let n = 1; n <= 4; n += 1) {
      await until(300 + n * 15);
      await send(page, n, 0, at.seconds);
    }
    return 60 * RATE;
  },
  async 'spans of what has not been shown'({ until, open, send, at }) {
    await until(60);
    const page = await open();
    for (let n = 1; n <= 10; n += 1) {
      await until(60 + n * 15);
      await send(page, n, at.seconds - 300 + n * 15, at.seconds - 285 + n * 15);
    }
    return 0;
  },
  async 'double speed'({ until, open, send }) {
    await until(900);
    const page = await open();
    for (let n = 1; n <= 20; n += 1) {
      await until(900 + n * 15);
      await send(page, n, (n - 1) * 30, n * 30);
    }
    return 300 * RATE;
  },
  async 'numbers sent again'({ until, open, send }) {
    await until(30);
    const page = await open();
    for (let n = 1; n <= 8; n += 1) {
      await until(30 + n * 15);
      for (let again = 0; again < 4; again += 1) await send(page, n, 15 + n * 15, 30 + n * 15);
    }
    await until(900);
    for (let n = 1; n <= 8; n += 1) await send(page, n, 200 + n * 60, 260 + n * 60);
    return 120;
  },
  async 'tickets that are not theirs'({ until, open, at, personId }) {
    await until(60);
    const page = await open();
    const forged = await at.room.admit(at.sessionId, personId, { key: randomBytes(32).toString('hex') });
    const [head, claims, mark] = page.token.split('.');
    const changed = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()) as object;
    const other = Buffer.from(JSON.stringify({ ...changed, iat: at.startsAt / 1_000 - 7_200 })).toString('base64url');
    await until(360);
    for (const token of [forged, `${head}.${other}.${mark}`]) {
      await refused(() => at.room.store(token, [page.beat(1, 60, 360)]));
    }
    return 0;
  },
  async 'two halves of the class on two devices'({ until, open, send }) {
    await until(900);
    const [first, second] = [await open(), await open()];
    for (let n = 1; n <= 20; n += 1) {
      await until(900 + n * 15);
      await send(first, n, (n - 1) * 15, n * 15);
      await send(second, n, 885 + n * 15, 900 + n * 15);
    }
    return 300 * RATE;
  },
  async 'nobody in front of it'({ until, open, send, at }) {
    await until(0);
    const page = await open();
    for (let n = 1; n * 15 <= at.seconds; n += 1) {
      await until(n * 15);
      await send(page, n, (n - 1) * 15, n * 15);
    }
    return 0;
  },
  async 'the replay as if it were the class'({ until, open, send, at }) {
    await until(at.seconds - 60);
    const page = await open();
    for (let n = 1; n <= 36; n += 1) {
      await until(at.seconds + n * 15);
      await send(page, n, (n - 1) * 15, n * 15);
    }
    return 90 * RATE;
  },
  async 'old spans, long after the class'({ until, untilReplay, open, send, at }) {
    await until(0);
    const page = await open();
    await until(at.seconds + 700);
    await send(page, 1, 0, at.seconds);
    await untilReplay(0);
    await send(page, 2, 0, at.seconds);
    return 0;
  },
  async 'the end of the replay first'({ untilReplay, open, send, at }) {
    await untilReplay(0);
    const page = await open();
    for (let n = 1; n <= 20; n += 1) {
      await untilReplay(n * 15);
      await send(page, n, at.seconds - 600 + n * 15, at.seconds - 585 + n * 15);
    }
    return 0;
  },
  async 'the replay at double speed'({ untilReplay, open, send }) {
    await untilReplay(0);
    const page = await open();
    for (let n = 1; n <= 8; n += 1) {
      await untilReplay(n * 15);
      await send(page, n, (n - 1) * 30, n * 30);
    }
    return 120 * RATE;
  },
  async 'the whole replay in a minute'({ untilReplay, open, send, at }) {
    await untilReplay(0);
    const page = await open();
    await untilReplay(60);
    await send(page, 1, 0, at.seconds);
    await send(page, 2, 0, at.seconds);
    return 60 * RATE;
  },
  async 'two halves of the replay on two devices'({ until, untilReplay, open, send, at }) {
    await until(at.seconds - 20);
    const inClass = await open();
    await until(at.seconds - 5);
    await send(inClass, 1, at.seconds - 20, at.seconds - 5);
    await untilReplay(0);
    const [first, second] = [await open(), await open()];
    const half = at.seconds / 2;
    for (let n = 1; n <= 8; n += 1) {
      await untilReplay(n * 15);
      await send(first, n, (n - 1) * 15, n * 15);
      await send(second, n, half + (n - 1) * 15, half + n * 15);
    }
    return 15 + 120 * RATE;
  },
  async 'a replay saved up on a second device'({ until, untilReplay, open, send, at }) {
    await until(at.seconds - 20);
    const inClass = await open();
    await until(at.seconds - 5);
    await send(inClass, 1, at.seconds - 20, at.seconds - 5);
    await untilReplay(0);
    const [first, second] = [await open(), await open()];
    for (let n = 1; n <= 8; n += 1) {
      await untilReplay(n * 15);
      await send(first, n, (n - 1) * 15, n * 15);
    }
    await send(second, 1, at.seconds / 2, at.seconds / 2 + 120);
    return 15 + 120 * RATE;
  },
  async 'a replay that nobody watches'({ untilReplay, open, send, at }) {
    await untilReplay(0);
    const page = await open();
    for (let n = 1; n * 15 <= at.seconds; n += 1) {
      await untilReplay(n * 15);
      await send(page, n, (n - 1) * 15, n * 15);
    }
    return 0;
  },
  async 'a forwarded code'({ screen, until, at, personId }) {
    const before = await screen(300);
    if (!before) return 0;
    const { shortCode, token, digits } = await before.shown();
    await until((at.day.now() - at.startsAt) / 1_000 + 30);
    for (const code of [token, digits]) {
      await refused(async () => at.room.signInByScan(await at.room.scan(shortCode, code), personId));
    }
    return 0;
  },
  async 'one phone’s ticket for two'({ screen, until, at, personId }) {
    const before = await screen(300);
    if (!before) return 0;
    const [friend = ''] = await at.room.addPeople(1);
    const ticket = await before.scan('code');
    await refused(() => at.room.signInByScan(ticket, friend));
    await until((at.day.now() - at.startsAt) / 1_000 + 5);
    await refused(() => at.room.signInByScan(ticket, personId));
    return 0;
  },
  async 'a ticket kept for later'({ screen, until, at, personId }) {
    const before = await screen(300);
    if (!before) return 0;
    const ticket = await before.scan('code');
    await until((at.day.now() - at.startsAt) / 1_000 + 240);
    await refused(() => at.room.signInByScan(ticket, personId));
    return 0;
  },
  async 'guessed digits, and codes that were never shown'({ screen, at, personId, random }) {
    const before = await screen(300);
    if (!before) return 0;
    const { shortCode, token } = await before.shown();
    const guesses = Array.from({ length: 20 }, () => String(random.step(0, 1_000_000, 1)).padStart(6, '0'));
    const [step = ''] = token.split('.');
    for (const code of [...guesses, `${step}.AAAAAAAAAAAA`, `${(Number.parseInt(step, 36) + 1).toString(36)}.x`]) {
      await refused(async () => at.room.signInByScan(await at.room.scan(shortCode, code), personId));
    }
    return 0;
  },
  async 'the screen of another unit'({ screen, at }) {
    const before = await screen(300);
    if (!before) return 0;
    const [stranger = ''] = await at.room.addPeople(1, { elsewhere: true });
    await refused(async () => at.room.signInByScan(await before.scan('code'), stranger));
    await refused(() => at.room.signInByHand(before.id, stranger));
    return ((await at.room.credited(at.sessionId)).get(stranger) ?? 0) === 0 ? 0 : Number.NEGATIVE_INFINITY;
  },
  async 'a sign-out without a sign-in'({ screen, at, personId }) {
    const before = await screen(300);
    if (!before) return 0;
    await refused(async () => at.room.signOutByScan(await before.scan('code'), personId));
    await refused(() => at.room.signOutByHand(before.id, personId));
    return 0;
  },
  async 'a screen that claims the whole class'({ until, at, personId, send }) {
    await until(900);
    const screenId = await at.room.openScreen(at.sessionId);
    const page = await Page.ofScreen(at.room, at.sessionId, screenId);
    await at.room.signInByHand(screenId, personId);
    for (let n = 1; n <= 4; n += 1) {
      await until(900 + n * 15);
      await send(page, n, 0, at.seconds);
    }
    await refused(() => at.room.signOutByHand(screenId, personId));
    return 60 * RATE;
  },
  async 'the class on a screen, its beginning on a phone'({ until, at, personId, open, send }) {
    await until(900);
    const screenId = await at.room.openScreen(at.sessionId);
    const screenPage = await Page.ofScreen(at.room, at.sessionId, screenId);
    await at.room.signInByHand(screenId, personId);
    const phone = await open();
    for (let n = 1; n <= 20; n += 1) {
      await until(900 + n * 15);
      await send(screenPage, n, 885 + n * 15, 900 + n * 15);
      await send(phone, n, (n - 1) * 15, n * 15);
    }
    await refused(() => at.room.signOutByHand(screenId, personId));
    return 300 * RATE;
  },
  async 'presence checks that are run away from'({ untilReplay, open, send, at }) {
    await untilReplay(0);
    for (let n = 0; n * 60 < at.seconds - 60; n += 1) {
      const page = await open();
      await untilReplay(n * 60 + 55);
      await send(page, 1, n * 55, n * 55 + 55);
      await untilReplay(n * 60 + 60);
    }
    // Up to the latest moment at which the first one may come, and the minute in which it may be answered.
    return 0.95 * 8 * 60 + 135;
  },
};

/** Somebody who tries that and nothing else. */
export async function cheat(name: string, at: Class, personId: string, random: Random): Promise<Outcome> {
  const { day } = at;
  const tools: Tools = {
    ...{ at, random, personId },
    until: (second) => day.until(at.startsAt + second * 1_000),
    async screen(second) {
      for (let later = second; later < at.seconds - 300; later += 5) {
        await day.until(at.startsAt + later * 1_000);
        const open = at.screens.filter(({ isOpen }) => isOpen);
        if (open.length > 0) return random.of(open);
      }
      return null;
    },
    untilReplay: (second) => day.until(at.replayAt + second * 1_000),
    open: () => Page.open(at.room, at.sessionId, personId, null),
    send: (page, seq, from, to) => refused(() => at.room.store(page.token, [page.beat(seq, from, to)])),
  };
  const due = (await CHEATS[name]?.(tools)) ?? 0;
  await day.until(at.replayAt + (DAY_SECONDS / 4) * 1_000);
  return { personId, kind: name, due };
}

/** A refusal is what is hoped for. */
async function refused(attempt: () => Promise<unknown>): Promise<void> {
  await attempt().catch(() => undefined);
}
