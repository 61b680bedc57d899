import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Beat } from '#contract/attendance.ts';
import { createCorrections } from '#server/attendance/correcting.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { newId } from '#server/ids.ts';
import { type AttendedSessions, attendedSessions, playedBeat, STARTED_AT } from '#tests/support/attended-session.ts';

/** A class of an hour, and the next day. */
const CLASS = 3_600;
const LATER = STARTED_AT + 86_400_000;
let world: AttendedSessions;

beforeAll(async () => {
  world = await attendedSessions();
});

afterAll(() => world.close());

afterEach(() => {
  world.replay.days = 30;
  world.replay.presenceMinutes = 0;
});

/** A class that is over, of which somebody watched the seconds from 0 to `seconds`. */
async function overClass(seconds: number) {
  const sessionId = await world.session();
  const personId = await world.person('王晓燕');
  if (seconds > 0) await world.attend(sessionId, [personId], seconds, seconds);
  await world.end(sessionId, CLASS);
  return { sessionId, personId };
}

/** A page that shows the replay, opened `at` seconds into the next day. */
function page({ sessionId, personId }: { sessionId: string; personId: string }, at = 0) {
  const source = { sessionId, personId, connId: newId(), deviceId: newId(), openedAt: LATER + at * 1_000 };
  let seq = 0;
  const store = (now: number, beats: Beat[]) => {
    world.time.now = LATER + now * 1_000;
    return world.attendance.store(source, beats);
  };
  return {
    source,
    store,
    /** Reports, `now` seconds into the day, that those seconds of the class were played. */
    played: (now: number, from: number, to: number) => store(now, [playedBeat(++seq, from, to)]),
    confirm(now: number, checkId: string | null, pressedAgoMs = 0) {
      world.time.now = LATER + now * 1_000;
      const { connId } = source;
      return world.attendance.confirmInReplay({ sessionId, personId, connId }, { checkId, pressedAgoMs, pdt: null });
    },
  };
}

const kept = (sessionId: string, personId: string) =>
  world.db.prisma.attendee.findUniqueOrThrow({ where: { sessionId_personId: { sessionId, personId } } });

const verified = (sessionId: string) => verifySession(world.db.pool, sessionId, { clock: () => world.time.now });

describe('the replay of a class', () => {
  it('adds what was missed to what was seen live, each moment once, and goes on on another device', async () => {
    const who = await overClass(600);
    const phone = page(who);
    expect(await phone.played(16, 585, 600)).toMatchObject({ creditedMs: 600_000 });
    const { creditedMs, replay } = await phone.played(60, 590, 630);
    expect(creditedMs).toBe(630_000);
    expect(replay).toMatchObject({ furthest: STARTED_AT + 630_000, resumeAt: STARTED_AT + 630_000, missed: false });

    const desk = page(who, 100);
    const status = await world.attendance.replayStatus(who.sessionId, who.personId);
    expect(status).toMatchObject({ resumeAt: STARTED_AT + 630_000 });
    expect(await desk.played(131, 630, 660)).toMatchObject({ creditedMs: 660_000 });
    expect(await kept(who.sessionId, who.personId)).toMatchObject({ liveMs: 600_000, replayMs: 60_000 });
    expect(await verified(who.sessionId)).toMatchObject({ intact: true, creditedSeconds: 660 });
  });

  it('stores a beat that is sent twice once, and credits nothing beyond what was watched or passed', async () => {
    const who = await overClass(0);
    const one = page(who);
    const beats = [playedBeat(1, 0, 15)];
    expect(await one.store(16, beats)).toMatchObject({ accepted: [1], creditedMs: 15_000 });
    expect(await one.store(17, beats)).toMatchObject({ accepted: [1], creditedMs: 15_000 });
    expect(await one.store(33, [playedBeat(2, 1_800, 1_815)])).toMatchObject({ accepted: [2], creditedMs: 15_000 });
    expect(await one.store(50, [playedBeat(3, 15, 1_800)])).toMatchObject({ creditedMs: 55_000 });
    const entries = await world.db.prisma.attendanceEntry.findMany({ where: { sessionId: who.sessionId } });
    expect(entries.map(({ kind }) => kind)).toEqual(['replay', 'replay', 'replay']);
    expect(await verified(who.sessionId)).toMatchObject({ intact: true, entries: 3, creditedSeconds: 55 });
  });

  it('is never taken for the class itself, however early it is watched', async () => {
    const who = await overClass(600);
    const inClass = { ...page(who).source, connId: newId(), openedAt: STARTED_AT };
    const at = STARTED_AT + (CLASS + 500) * 1_000;
    world.time.now = at;
    const fromClass = await world.attendance.store(inClass, [playedBeat(1, 600, 630)]);
    expect(fromClass.replay).toBeUndefined();
    const late = { ...inClass, connId: newId(), openedAt: at - 400_000 };
    const fromReplay = await world.attendance.store(late, [playedBeat(1, 3_000, 3_400)]);
    expect(fromReplay).toMatchObject({ creditedMs: 630_000, replay: { furthest: STARTED_AT + 630_000 } });
    expect(await kept(who.sessionId, who.personId)).toMatchObject({ liveMs: 630_000, replayMs: 0 });
  });

  it('counts up to the deadline, and not where the course does not want it', async () => {
    const who = await overClass(0);
    const one = page(who);
    await one.played(16, 0, 15);
    world.replay.days = 0;
    await expect(one.played(31, 15, 30)).rejects.toMatchObject({ code: 'too-late' });
    world.replay.days = 1;
    const deadline = (await world.attendance.replayStatus(who.sessionId, who.personId))?.until ?? 0;
    const last = { ...one.source, connId: newId(), openedAt: deadline - 10_000 };
    world.time.now = deadline + 300_000;
    const stored = await world.attendance.store(last, [playedBeat(1, 15, 60)]);
    expect(stored.creditedMs).toBe(15_000 + 11_000);
    world.time.now = deadline + 601_000;
    await expect(world.attendance.store(last, [playedBeat(2, 60, 70)])).rejects.toMatchObject({ code: 'too-late' });
  });

  it('stands beside corrections, of which each stays exactly its difference', async () => {
    const who = await overClass(600);
    const corrections = createCorrections({ db: world.db, clock: () => world.time.now });
    world.time.now = LATER;
    const actor = { accountId: null, personId: null, requestId: null, address: null };
    const file = await corrections.addEvidence(who.sessionId, 'a.pdf', Buffer.from('%PDF-1.7'), actor);
    const change = { effect: 'difference' as const, deltaMs: 120_000 };
    const { afterMs } = await corrections.correct(
      who.sessionId,
      { personId: who.personId, change, reason: '会议室断网', evidenceId: file.id },
      actor,
    );
    expect(afterMs).toBe(720_000);
    const { creditedMs } = await page(who).played(60, 600, 640);
    expect(creditedMs).toBe(760_000);
    expect(await verified(who.sessionId)).toMatchObject({ intact: true, creditedSeconds: 760 });
  });

  it('is credited once of two devices that show it, whichever worker hears them', async () => {
    const who = await overClass(0);
    const pages = [page(who), page(who)];
    world.time.now = LATER + 16_000;
    await Promise.all(pages.map((one) => one.store(16, [playedBeat(1, 0, 15)])));
    await Promise.all(pages.map((one, n) => one.store(31, [playedBeat(2, n === 0 ? 15 : 20, 30)])));
    expect((await kept(who.sessionId, who.personId)).creditedMs).toBeLessThanOrEqual(31_000 * 1.1);
    expect(await verified(who.sessionId)).toMatchObject({ intact: true });
  });
});

describe('presence checks of a replay', () => {
  /** Watches from the beginning until it is asked; resolves to the check and the second. */
  async function untilAsked(one: ReturnType<typeof page>, from = 0) {
    for (let at = from + 75; at <= from + 900; at += 75) {
      const { replay } = await one.played(at + 1, at - 75, at);
      if (replay?.check) return { id: replay.check.id, at };
    }
    throw new Error('nobody asked');
  }

  it('ask by what was watched, and cost nothing who confirms', async () => {
    world.replay.presenceMinutes = 5;
    const who = await overClass(0);
    const one = page(who);
    const { id, at } = await untilAsked(one);
    expect(at).toBeGreaterThanOrEqual(75);
    expect(at).toBeLessThanOrEqual(300);
    expect(await one.confirm(at + 20, id)).toMatchObject({
      creditedMs: at * 1_000,
      standing: { confirmed: id, missedFrom: null },
      replay: { check: null, missed: false },
    });
    expect(await one.confirm(at + 21, id)).toMatchObject({ creditedMs: at * 1_000 });
    await one.played(at + 100, at, at + 90);
    expect(await verified(who.sessionId)).toMatchObject({ intact: true, creditedSeconds: at + 90 });
  });

  it('take away, when missed, what was watched since the last sign of life, until the next; it can be watched again', async () => {
    world.replay.presenceMinutes = 5;
    const who = await overClass(0);
    const one = page(who);
    const { id, at } = await untilAsked(one);
    await one.played(at + 61, at, at + 60);
    const after = await one.played(at + 91, at + 60, at + 75);
    expect(after).toMatchObject({ creditedMs: 0, replay: { missed: true, check: null, resumeAt: STARTED_AT } });
    await expect(one.confirm(at + 95, id)).rejects.toMatchObject({ code: 'presence-closed' });
    expect(await one.confirm(at + 96, null)).toMatchObject({
      creditedMs: 0,
      standing: { missedFrom: null },
      replay: { missed: false, furthest: STARTED_AT + (at + 75) * 1_000 },
    });
    expect(await one.played(at + 120, 0, 20)).toMatchObject({ creditedMs: 20_000 });
    expect(await verified(who.sessionId)).toMatchObject({ intact: true, creditedSeconds: 20 });
  });

  it('ask again who was cut off, and take a press that could not be sent in time', async () => {
    world.replay.presenceMinutes = 5;
    const who = await overClass(0);
    const one = page(who);
    const { id, at } = await untilAsked(one);
    const back = page(who, at + 600);
    const again = await back.played(at + 616, at, at + 15);
    expect(again).toMatchObject({ creditedMs: (at + 15) * 1_000, replay: { check: { id }, missed: false } });
    await back.played(at + 646, at + 15, at + 45);
    // Pressed at 650, and nothing got through until 900.
    expect((await back.played(at + 900, at + 45, at + 60)).creditedMs).toBe(at * 1_000);
    expect(await back.confirm(at + 901, id, 251_000)).toMatchObject({ creditedMs: (at + 60) * 1_000 });
    expect(await verified(who.sessionId)).toMatchObject({ intact: true, creditedSeconds: at + 60 });
  });
});
