import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Beat } from '#contract/attendance.ts';
import type { Admission } from '#contract/live.ts';
import { ANONYMOUS, type Principal } from '#server/accounts/principal.ts';
import { createThrottle } from '#server/accounts/throttle.ts';
import { createAttendance } from '#server/attendance/service.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { SYSTEM } from '#server/audit.ts';
import { replayUntil } from '#server/courses/replay-deadline.ts';
import type { RoomSession } from '#server/courses/view.ts';
import { openDb } from '#server/db.ts';
import { AppError, isOverload } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { signTicket, type Ticket, verifyTicket } from '#server/live/ticket.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createOrganisations } from '#server/organisations/service.ts';
import { planMoments } from '#server/presence/plan.ts';
import { createPresence } from '#server/presence/service.ts';
import { createScreens } from '#server/screens/service.ts';
import { createSealing } from '#server/sealing.ts';
import type { Services } from '#server/services.ts';
import { createSignals } from '#server/signals.ts';
import type { Day } from './day.ts';
import type { Random } from './random.ts';

export const CLASS_MS = 30 * 60_000;
const PRESENCE_MINUTES = 8;
const GATHER_MS = 2;

/** What a screen shows for phones. */
export interface ShownCode {
  shortCode: string;
  token: string;
  digits: string;
}

export type Classroom = Awaited<ReturnType<typeof openClassroom>>;

/**
 * Classes in a real database, with the product's own tickets, admission, store, presence checks, replay and verification. Sockets,
 * pages and the picture are left out.
 */
export async function openClassroom(databaseUrl: string, day: Day) {
  const logger = createLogger('silent', 'truth');
  const db = openDb(databaseUrl, logger);
  const secret = randomBytes(32).toString('hex');
  const hex = () => randomBytes(32).toString('hex');
  const services = {
    ...{ db, logger, clock: day.now, metrics: createMetrics(0), signals: createSignals() },
    sealing: createSealing(hex(), hex()),
    secrets: { ticket: secret, 'phone-hash': hex() },
  } as Services;
  const classes = new Map<string, { startedAt: number | null; endedAt: number | null }>();
  const sessionOf = (id: string) => classes.get(id) ?? { startedAt: null, endedAt: null };

  const attendance = createAttendance(
    services,
    {
      windowOf: async (id) => sessionOf(id),
      async replayOf(id) {
        const { startedAt, endedAt } = sessionOf(id);
        const until = replayUntil({ endedAt, replayDays: 30 });
        if (startedAt === null || endedAt === null || until === null) return null;
        return { first: startedAt, last: endedAt, until, holesMs: 0, endedAt, presenceMinutes: PRESENCE_MINUTES };
      },
    },
    { gatherMs: GATHER_MS },
  );
  const roomSession = (id: string) => {
    const { startedAt, endedAt } = sessionOf(id);
    const state = startedAt === null ? 'scheduled' : endedAt === null ? 'live' : 'ended';
    const facts = { id, state, startedAt, endedAt, peakDevices: 0, presenceMinutes: PRESENCE_MINUTES };
    return { ...facts, plannedMinutes: CLASS_MS / 60_000 } as RoomSession;
  };
  const presence = createPresence(services, {
    courses: { holdSession: async (_tx, id) => roomSession(id), bumpRevision: async () => 0 },
    attendance,
    actsOf: async () => [],
  });

  const screens = createScreens(services, {
    courses: {
      sessionForRoom: async (id) => ({ ...roomSession(id), courseId, courseTitle: '开工第一课', number: 1, topic: '' }),
      isInvited: async () => true,
    },
    organisations: createOrganisations(services),
    ...{ attendance, presence, throttle: createThrottle(services) },
    live: {
      async enterAsScreen({ screenId, unitId, unitName, room }, login, sessionId) {
        const names = { unitId, unitName, personName: room };
        const who = {
          ...login,
          ...names,
          personId: screenId,
          sessionId,
          connId: randomUUID(),
          isScreen: true as const,
        };
        return { ticket: signTicket(secret, who, day.now()) } as Admission;
      },
    },
  });

  const unit = { areaId: newId(), unitId: newId() };
  const otherUnitId = newId();
  await db.prisma.area.create({ data: { id: unit.areaId, name: '城东街道' } });
  await db.prisma.unit.create({
    data: { id: unit.unitId, kind: 'enterprise', name: '宏远机械厂', areaId: unit.areaId, joinCode: 'TRUTH234' },
  });
  await db.prisma.unit.create({
    data: { id: otherUnitId, kind: 'enterprise', name: '永安化工', areaId: unit.areaId, joinCode: 'TRUTH567' },
  });
  const convenor: Principal = {
    ...ANONYMOUS,
    loginId: newId(),
    grants: [{ role: 'enterprise', unitId: unit.unitId } as Principal['grants'][number]],
  };
  const snapshot = { ...unit, unitKind: 'enterprise', industry: 'other', highRisk: false, category: 'worker' } as const;
  const courseId = newId();
  await db.prisma.course.create({ data: { id: courseId, title: '开工第一课', presenceMinutes: PRESENCE_MINUTES } });

  async function change(id: string, to: 'live' | 'ended', now: number): Promise<void> {
    classes.set(id, to === 'live' ? { startedAt: now, endedAt: null } : { ...sessionOf(id), endedAt: now });
    await db.prisma.$transaction(async (tx) => {
      const data = to === 'live' ? { startedAt: new Date(now) } : { endedAt: new Date(now) };
      await tx.session.update({ where: { id }, data: { state: to, ...data } });
      await presence.transition.within?.(tx, roomSession(id), to);
    });
  }

  /** @throws AppError as the product does; `bad-ticket` for one that is not accepted */
  function read(token: string): Ticket {
    const ticket = verifyTicket(secret, token, day.now());
    if (!ticket) throw new Error('bad-ticket');
    return ticket;
  }

  const told = new Map<string, { at: number; check: ReturnType<typeof presence.current> }>();

  return {
    async addClass(number: number): Promise<string> {
      const id = newId();
      const startsAt = new Date(day.now());
      const key = { streamKeyHash: Buffer.from(id), streamKeyCipher: Buffer.alloc(0) };
      const facts = { id, courseId, number, topic: `第 ${number} 期`, startsAt, plannedMinutes: CLASS_MS / 60_000 };
      await db.prisma.session.create({ data: { ...facts, ...key, state: 'scheduled' } });
      return id;
    },
    async addPeople(count: number, { elsewhere = false } = {}): Promise<string[]> {
      const ids = Array.from({ length: count }, newId);
      const unitId = elsewhere ? otherUnitId : unit.unitId;
      const person = (id: string) => ({ id, unitId, name: '王晓燕', category: 'worker' as const });
      await db.prisma.person.createMany({ data: ids.map(person) });
      return ids;
    },
    /** @param random draws when the class is asked whether anybody is there, as the product does by chance */
    async begin(id: string, at: number, random: Random): Promise<void> {
      await patiently(() => change(id, 'live', at));
      const moments = planMoments(
        { startedAt: at, plannedMinutes: CLASS_MS / 60_000, everyMinutes: PRESENCE_MINUTES },
        random.next,
      );
      await db.prisma.presencePlan.deleteMany({ where: { sessionId: id } });
      await db.prisma.presencePlan.createMany({ data: moments.map((each) => ({ sessionId: id, at: new Date(each) })) });
    },
    end: (id: string) => patiently(() => change(id, 'ended', day.now())),
    startedAt: (id: string) => sessionOf(id).startedAt ?? 0,

    /** A page is opened: the person is noted while the class runs, and the page gets a ticket. */
    async admit(sessionId: string, personId: string, { key = secret } = {}): Promise<string> {
      if (sessionOf(sessionId).endedAt === null) {
        await patiently(() => attendance.enter(sessionId, { personId, ...snapshot }));
      }
      const names = { personName: '', unitName: '', loginId: newId(), unitId: unit.unitId };
      const who = { personId, sessionId, connId: randomUUID(), deviceId: newId(), ...names };
      return signTicket(key, who, day.now());
    },
    async store(token: string, beats: Beat[]) {
      const { personId, sessionId, connId, deviceId, issuedAt: openedAt, isScreen } = read(token);
      const source = { sessionId, connId, deviceId, openedAt };
      if (isScreen) {
        await patiently(() => attendance.screens.played({ ...source, screenId: personId }, beats));
        return null;
      }
      return patiently(() => attendance.store({ ...source, personId }, beats));
    },
    async confirm(token: string, checkId: string | null, { ago = 0, replay = false } = {}): Promise<void> {
      const given = { checkId, pressedAgoMs: ago, pdt: null };
      const ticket = read(token);
      await patiently(async () => {
        if (replay) await attendance.confirmInReplay(ticket, given);
        else await presence.confirm(ticket, given);
      });
    },
    /** The same for everybody in the room, who is told it once. */
    check(sessionId: string): ReturnType<typeof presence.current> {
      const known = told.get(sessionId);
      if (known?.at === day.now()) return known.check;
      const check = patiently(() => presence.current(sessionId));
      told.set(sessionId, { at: day.now(), check });
      return check;
    },
    standing: (sessionId: string, personId: string) => patiently(() => attendance.replayStatus(sessionId, personId)),
    /** Opens a screen of the unit's; resolves to its id. */
    openScreen: async (sessionId: string): Promise<string> => {
      const given = { room: '一号会议室', declaredHeads: null };
      return (await patiently(() => screens.open(sessionId, given, convenor, SYSTEM))).id;
    },
    admitScreen: async (screenId: string): Promise<string> =>
      (await patiently(() => screens.admit(screenId, newId(), convenor))).ticket,
    /** What it shows: its code's address, and the digits. */
    async shownCode(screenId: string): Promise<ShownCode> {
      const { shortCode, code } = await patiently(() => screens.show(screenId));
      return { shortCode, token: code.path.split('/').at(-1) ?? '', digits: code.digits };
    },
    /** A phone opens that address, or types the digits; resolves to its ticket. */
    scan: async (shortCode: string, code: string): Promise<string> =>
      (await patiently(() => screens.scan(shortCode, code))).ticket,
    signInByScan: (ticket: string, personId: string) =>
      patiently(() => screens.signInByScan(ticket, { personId }, newId(), SYSTEM)),
    signOutByScan: (ticket: string, personId: string) => patiently(() => screens.signOutByScan(ticket, personId)),
    signInByHand: (screenId: string, personId: string) =>
      patiently(() => screens.signInByHand(screenId, { personId }, SYSTEM)),
    signOutByHand: (screenId: string, personId: string) =>
      patiently(() => screens.signOutByHand(screenId, personId, SYSTEM)),
    countHeads: (screenId: string, checkId: string | null, heads: number) =>
      patiently(() => screens.count(screenId, { checkId, heads }, SYSTEM)),
    closeScreen: (screenId: string) => patiently(() => screens.close(screenId, SYSTEM)),
    /** What the product does every few seconds by itself. */
    async look(): Promise<void> {
      await patiently(presence.openPlanned);
      await patiently(presence.settleDue);
    },
    async credited(sessionId: string): Promise<Map<string, number>> {
      const rows = await db.prisma.attendee.findMany({
        where: { sessionId },
        select: { personId: true, creditedMs: true },
      });
      return new Map(rows.map(({ personId, creditedMs }) => [personId, creditedMs]));
    },
    /** What the record says of somebody; seconds of the class. */
    async recordOf(sessionId: string, personId: string): Promise<string[]> {
      const { rows } = await db.pool.query<{ line: string }>(
        `select concat_ws(' ', (extract(epoch from received_at) - $3)::int, kind, seq, reason, ("from" / 1000.0 - $3)::int || '-' || ("to" / 1000.0 - $3)::int,
           'of', (claimed_from / 1000.0 - $3)::int || '-' || (claimed_to / 1000.0 - $3)::int) as line
         from attendance_entry where session_id = $1 and person_id = $2 order by id`,
        [sessionId, personId, (sessionOf(sessionId).startedAt ?? 0) / 1_000],
      );
      return rows.map(({ line }) => line);
    },
    verify: async (sessionId: string) => (await verifySession(db.pool, sessionId, { clock: day.now })).intact,
    async close(): Promise<void> {
      await attendance.close();
      await db.close();
    },
  };
}

const AGAIN_MS = 100;
const TRIES = 600;

/** A machine that is too busy is asked again, as pages do; the simulated day waits for it. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      const busy = (error instanceof AppError && error.code === 'busy') || isOverload(error);
      if (!busy || tried === TRIES) throw error;
      await setTimeout(AGAIN_MS);
    }
  }
}
