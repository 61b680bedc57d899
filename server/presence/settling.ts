import { PRESENCE_GRACE_MS } from '#contract/presence-moment.ts';
import type { AttendanceService } from '../attendance/service.ts';
import type { Services } from '../services.ts';
import { type CheckRow, lastDeadline } from './store.ts';

type Missing = Awaited<ReturnType<AttendanceService['unconfirmed']>>[number];

/** What was received in time may still be on its way into the tables. */
const SETTLE_MS = 5_000;
/** A worker that has not finished by then has died over it. */
const LEASE_MS = 60_000;

export interface SettlingNeeds {
  attendance: Pick<AttendanceService, 'unconfirmed' | 'miss'>;
  /** What these people did in the room that only a person does, besides confirming. Epoch ms. */
  actsOf(sessionId: string, personIds: string[]): Promise<{ personId: string; at: number }[]>;
}

/** Finds out who missed a check, once its time is over. Of all workers one does it; doing it again changes nothing. */
export function createSettling({ db, clock }: Pick<Services, 'db' | 'clock'>, { attendance, actsOf }: SettlingNeeds) {
  const { prisma } = db;

  async function settle(check: CheckRow): Promise<void> {
    if (!(await claim(check.id))) return;
    const { id, sessionId, spreadMs, windowMs } = check;
    const asked = { id, openedPdt: Number(check.openedPdt), spreadMs, windowMs };
    const silent = await attendance.unconfirmed(sessionId, asked);
    const missing = await withoutActive(sessionId, silent, windowMs);
    const missed = await attendance.miss(sessionId, id, missing);
    await prisma.presenceCheck.updateMany({
      where: { id, settledAt: null },
      // Nobody is charged with what was found out too late.
      data: { settledAt: new Date(clock()), missed: missed ?? 0, cancelled: missed === null },
    });
  }

  async function claim(id: string): Promise<boolean> {
    const now = clock();
    const { count } = await prisma.presenceCheck.updateMany({
      where: { id, settledAt: null, OR: [{ settlingAt: null }, { settlingAt: { lt: new Date(now - LEASE_MS) } }] },
      data: { settlingAt: new Date(now) },
    });
    return count > 0;
  }

  /** Who answered a question in their time was there, and who did so before was surely there then. */
  async function withoutActive(sessionId: string, silent: Missing[], windowMs: number): Promise<Missing[]> {
    const acts = await actsOf(
      sessionId,
      silent.map(({ personId }) => personId),
    );
    const byPerson = new Map<string, number[]>();
    for (const { personId, at } of acts) byPerson.set(personId, [...(byPerson.get(personId) ?? []), at]);
    return silent.flatMap((each) => {
      const moments = byPerson.get(each.personId) ?? [];
      if (moments.some((at) => at >= each.at && at <= each.at + windowMs + PRESENCE_GRACE_MS)) return [];
      return [{ ...each, since: Math.max(each.since, ...moments.filter((at) => at < each.at)) }];
    });
  }

  async function settleDue(where: { sessionId?: string } = {}): Promise<void> {
    for (const check of await prisma.presenceCheck.findMany({ where: { ...where, settledAt: null } })) {
      if (clock() >= lastDeadline(check) + SETTLE_MS) await settle(check);
    }
  }

  return {
    /** Settles every check whose time is over. */
    settleDue: () => settleDue(),
    settleOverdue: (sessionId: string) => settleDue({ sessionId }),
  };
}
