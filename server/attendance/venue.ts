import type { DoorSign } from '#contract/venues.ts';
import { type Actor, auditWith } from '../audit.ts';
import { transaction } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import type { ChainedEntry } from './chain.ts';
import { recorrect } from './correction-store.ts';
import { unite } from './credit.ts';
import { entryAt } from './entry.ts';
import { creditOf } from './presence.ts';
import * as store from './store.ts';
import { attendedBetween } from './venue-credit.ts';
import * as venue from './venue-store.ts';

/** Somebody at the door of a venue. */
export interface SigningAtVenue {
  sessionId: string;
  personId: string;
  sign: DoorSign;
  /** Epoch ms. */
  at: number;
  by: { way: 'code'; deviceId: string; scanId: string } | { way: 'hand'; reason: string; actor: Actor };
}

export interface SignedAtVenue {
  at: number;
  /** It was so before. */
  again: boolean;
}

/** The door opens so long before the planned start. */
const OPENS_BEFORE_MS = 2 * 3_600_000;
/** People sign out for so long after the end. */
const OPEN_AFTER_MS = 30 * 60_000;

/**
 * The record of who was at a venue. Each sign at the door is an entry of the session's chain; entry, link, visit and credit are one transaction, which
 * holds the head of the chain: of two signs of a person at once the second finds what the first has left.
 */
export function createVenueRecord({ db, clock }: Pick<Services, 'db' | 'clock'>) {
  return {
    /**
     * @throws AppError `not-found`, `record-closed` once it is archived, `door-closed` (by code, over two hours before the planned start or half an hour after
     * the end), `door-ticket-used`, `not-at-venue` for a sign after none of coming, `venue-time` (by hand, for a time that can't be)
     */
    async sign({ sessionId, personId, sign, at, by }: SigningAtVenue): Promise<SignedAtVenue> {
      return transaction(db.pool, async (client) => {
        const head = await store.lockChain(client, sessionId);
        const session = await venue.holdSession(client, sessionId);
        if (!session || session.state === 'draft') throw notFound();
        const { startsAt, startedAt, endedAt } = session;
        if (session.state === 'archived' || session.courseArchived) throw new AppError('record-closed');
        const opensAt =
          Math.min(startsAt.getTime(), startedAt?.getTime() ?? Number.POSITIVE_INFINITY) - OPENS_BEFORE_MS;
        const closesAt = (endedAt?.getTime() ?? Number.POSITIVE_INFINITY) + OPEN_AFTER_MS;
        if (at < opensAt || at > closesAt) throw new AppError(by.way === 'code' ? 'door-closed' : 'venue-time');
        if (at > clock()) throw new AppError('venue-time');
        if (by.way === 'code') {
          const spentFor = await venue.spendScan(client, by.scanId, personId, clock());
          if (spentFor !== null && spentFor !== personId) throw new AppError('door-ticket-used');
        }

        const last = await venue.lastVisit(client, sessionId, personId);
        const isThere = last !== null && last.signedOutAt === null;
        if (sign === 'in' && isThere) return { at: last.signedInAt, again: true };
        if (sign !== 'in' && !isThere) {
          if (sign === 'out' && last?.signedOutAt) return { at: last.signedOutAt, again: true };
          throw new AppError('not-at-venue');
        }
        if (last && at < (last.signedOutAt ?? last.sureAt)) throw new AppError('venue-time');

        const visit = isThere ? last : { id: newId(), sureAt: at, numbered: 0 };
        const stretch = { from: visit.sureAt, to: at };
        const window = { startedAt: startedAt?.getTime() ?? null, endedAt: endedAt?.getTime() ?? null };
        const span = attendedBetween(stretch, window);
        await store.addAttendees(client, sessionId, [personId], at);
        if (isThere) {
          const out = sign === 'out' ? by.way : null;
          await venue.noteSure(client, visit.id, at, { out, numbered: visit.numbered + 1 });
        } else {
          const deviceId = by.way === 'code' ? by.deviceId : null;
          await venue.insertVisit(client, { id: visit.id, sessionId, personId, at, way: by.way, deviceId });
        }

        const now = clock();
        const entry: ChainedEntry = {
          ...entryAt(personId, span.from, span.to, now),
          ...{ kind: 'venue', connId: visit.id, seq: visit.numbered + 1 },
          ...{ claimedFrom: stretch.from, claimedTo: stretch.to },
          actorId: by.way === 'hand' ? by.actor.accountId : null,
          reason: by.way === 'hand' ? `${sign}: ${by.reason}` : sign,
        };
        await store.append(client, sessionId, head, [entry], now);

        const person = (await store.attendees(client, sessionId, [personId])).get(personId);
        if (!person) throw notFound();
        person.venue = unite(person.venue, [span]);
        const credit = creditOf(person);
        person.creditedMs = credit.creditedMs;
        await recorrect(client, sessionId, [person]);
        await venue.setVenue(client, sessionId, personId, {
          ...{ venue: person.venue, venueMs: credit.venueMs, creditedMs: person.creditedMs },
        });
        if (by.way === 'hand') {
          const subject = { kind: 'session', id: sessionId };
          const detail = { personId, sign, at: new Date(at).toISOString(), reason: by.reason };
          await auditWith(client, by.actor, now, 'venue:hand', subject, detail);
        }
        return { at, again: false };
      });
    },
  };
}
