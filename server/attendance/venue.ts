import type pg from 'pg';
import type { DoorSign } from '#contract/venues.ts';
import { type Actor, auditWith } from '../audit.ts';
import { transaction } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { createGather } from '../gather.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import type { ChainedEntry } from './chain.ts';
import { recorrect } from './correction-store.ts';
import { type Span, unite } from './credit.ts';
import { entryAt } from './entry.ts';
import { type HeldSession, holdSession } from './held-session.ts';
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

/** What is asked of the record by one sign. */
type Refusal = 'not-found' | 'record-closed' | 'door-closed' | 'door-ticket-used' | 'not-at-venue' | 'venue-time';

/** Who comes within so long goes together, ms. */
const TOGETHER_MS = 100;
const MAX_QUEUE = 20_000;
const MAX_BATCH = 500;
/** The door opens so long before the planned start. */
const OPENS_BEFORE_MS = 2 * 3_600_000;
/** People sign out for so long after the end. */
const OPEN_AFTER_MS = 30 * 60_000;

/**
 * The record of who was at a venue. Each sign at the door is an entry of the session's chain; signs that come together are one link of it. Entries,
 * link, visits and credit are one transaction, which holds the head of the chain: of two signs of a person at once the second finds what the
 * first has left.
 */
export function createVenueRecord({
  db,
  clock,
  logger,
  metrics,
}: Pick<Services, 'db' | 'clock' | 'logger' | 'metrics'>) {
  const signs = createGather<SigningAtVenue, SignedAtVenue | Refusal>({
    ...{ maxQueue: MAX_QUEUE, maxBatch: MAX_BATCH, logger },
    intervalMs: TOGETHER_MS,
    eager: true,
    metrics: metrics.gather('venue-signs'),
    key: ({ sessionId }) => sessionId,
    write,
  });

  /** Signs of one session in their order, as one link of its chain. */
  function write(sessionId: string, all: SigningAtVenue[]): Promise<(SignedAtVenue | Refusal)[]> {
    return transaction(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const session = await holdSession(client, sessionId);
      const closed = closedTo(session);
      if (!session || closed) return all.map(() => closed ?? 'not-found');
      const window = {
        startedAt: session.startedAt?.getTime() ?? null,
        endedAt: session.endedAt?.getTime() ?? null,
      };
      const personIds = [...new Set(all.map(({ personId }) => personId))];
      const scanIds = all.flatMap(({ by }) => (by.way === 'code' ? by.scanId : []));
      const spentBefore = await venue.spentScans(client, scanIds);
      const visits = await venue.lastVisits(client, sessionId, personIds);
      const spent = new Map<string, string>();
      const written = new Map<string, venue.WrittenVisit>();
      const entries: ChainedEntry[] = [];
      const spans = new Map<string, Span[]>();
      const cameAt = new Map<string, number>();
      const byHand: SigningAtVenue[] = [];
      const now = clock();

      function sign({ personId, sign: how, at: given, by }: SigningAtVenue): SignedAtVenue | Refusal {
        if (!isOpen(session as HeldSession, given)) return by.way === 'code' ? 'door-closed' : 'venue-time';
        if (given > now) return 'venue-time';
        const scanId = by.way === 'code' ? by.scanId : null;
        const spentFor = scanId === null ? undefined : (spentBefore.get(scanId) ?? spent.get(scanId));
        if (spentFor !== undefined && spentFor !== personId) return 'door-ticket-used';
        const last = visits.get(personId);
        const isThere = last !== undefined && last.signedOutAt === null;
        const before = standingAfter(how, last);
        if (before === null && how !== 'in' && !isThere) return 'not-at-venue';
        if (scanId !== null) spent.set(scanId, personId);
        if (before !== null) return { at: before, again: true };
        const sureBefore = last ? (last.signedOutAt ?? last.sureAt) : given;
        if (by.way === 'hand' && given < sureBefore) return 'venue-time';
        // At a door whose signs go through several workers the one before may have been later by some ms.
        const at = Math.max(given, sureBefore);

        const visit: venue.VisitRow = isThere
          ? last
          : { id: newId(), personId, signedInAt: at, sureAt: at, signedOutAt: null, numbered: 0 };
        const stretch = { from: visit.sureAt, to: at };
        const span = attendedBetween(stretch, window);
        const gone = how === 'out';
        const next = { ...visit, sureAt: at, signedOutAt: gone ? at : null, numbered: visit.numbered + 1 };
        visits.set(personId, next);
        const began = written.get(visit.id) ?? { inWay: by.way, deviceId: by.way === 'code' ? by.deviceId : null };
        written.set(visit.id, { ...began, ...next, outWay: gone ? by.way : null });
        spans.set(personId, [...(spans.get(personId) ?? []), span]);
        cameAt.set(personId, Math.min(cameAt.get(personId) ?? at, at));
        entries.push({
          ...entryAt(personId, span.from, span.to, now),
          ...{ kind: 'venue', connId: visit.id, seq: next.numbered },
          ...{ claimedFrom: stretch.from, claimedTo: stretch.to },
          actorId: by.way === 'hand' ? by.actor.accountId : null,
          reason: by.way === 'hand' ? `${how}: ${by.reason}` : how,
        });
        return { at, again: false };
      }

      const results = all.map((each) => {
        const result = sign(each);
        if (each.by.way === 'hand' && typeof result !== 'string' && !result.again)
          byHand.push({ ...each, at: result.at });
        return result;
      });
      if (spent.size > 0) await venue.spendScans(client, spent, now);
      if (entries.length === 0) return results;
      await store.addAttendees(client, sessionId, cameAt);
      await venue.writeVisits(client, sessionId, [...written.values()]);
      await store.append(client, sessionId, head, entries, now);
      await credit(client, sessionId, spans);
      for (const each of byHand) await noteByHand(client, each, now);
      return results;
    });
  }

  return {
    /**
     * Stores a sign; resolves after the commit.
     * @throws AppError `not-found`, `record-closed` once it is archived, `door-closed` (by code, over two hours before the planned start or half an hour after
     * the end), `door-ticket-used`, `not-at-venue` for a sign after none of coming, `venue-time` (by hand, for a time that can't be), `busy` (nothing stored)
     */
    async sign(given: SigningAtVenue): Promise<SignedAtVenue> {
      const signed = await signs.add(given);
      if (typeof signed === 'string') throw new AppError(signed);
      return signed;
    },

    close: () => signs.close(),
  };
}

function closedTo(session: HeldSession | null): Refusal | null {
  if (!session || session.state === 'draft') return 'not-found';
  return session.state === 'archived' || session.courseArchived ? 'record-closed' : null;
}

/** Whether there is somebody to sign at `at`, epoch ms. */
function isOpen({ startsAt, startedAt, endedAt }: HeldSession, at: number): boolean {
  const begins = Math.min(startsAt.getTime(), startedAt?.getTime() ?? Number.POSITIVE_INFINITY);
  const ends = endedAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return at >= begins - OPENS_BEFORE_MS && at <= ends + OPEN_AFTER_MS;
}

/** Since when it is as a sign says, epoch ms; null when it is not so yet. */
function standingAfter(how: DoorSign, last: venue.VisitRow | undefined): number | null {
  if (!last) return null;
  if (how === 'in') return last.signedOutAt === null ? last.signedInAt : null;
  return how === 'out' ? last.signedOutAt : null;
}

/** Credits these people with what they attended at the venue. */
async function credit(client: pg.PoolClient, sessionId: string, spans: Map<string, Span[]>): Promise<void> {
  const people = await store.attendees(client, sessionId, [...spans.keys()]);
  if (people.size < spans.size) throw notFound();
  const credited = [...people.values()].map((person) => {
    const attended = { ...person, venue: unite(person.venue, spans.get(person.personId) ?? []) };
    const { creditedMs, venueMs } = creditOf(attended);
    return { ...attended, creditedMs, venueMs };
  });
  await recorrect(client, sessionId, credited);
  await venue.setVenue(client, sessionId, credited);
}

async function noteByHand(client: pg.PoolClient, signed: SigningAtVenue, now: number): Promise<void> {
  const { sessionId, personId, sign, at, by } = signed;
  if (by.way !== 'hand') return;
  const detail = { personId, sign, at: new Date(at).toISOString(), reason: by.reason };
  await auditWith(client, by.actor, now, 'venue:hand', { kind: 'session', id: sessionId }, detail);
}
