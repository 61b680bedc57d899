import type { Beat } from '#contract/attendance.ts';
import type { PresenceStanding } from '#contract/presence.ts';
import { invitedPeople } from '../courses/audience.ts';
import { type Tx, transaction } from '../db.ts';
import { AppError } from '../errors.ts';
import { createGather } from '../gather.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { acceptance, admit, admitForPerson, type Window } from './admit.ts';
import { nextLink } from './chain.ts';
import { unite } from './credit.ts';
import { type Entered, type Entering, enter } from './entries.ts';
import { creditedOf, type Lost, lostTo, mayCount, missedFrom, ranLate } from './presence.ts';
import { createScreenRecord } from './screens.ts';
import { createSigns } from './signs.ts';
import * as store from './store.ts';
import { noteWait } from './waits.ts';

/** Whose beats these are, as their signed ticket says. */
export interface BeatSource {
  personId: string;
  sessionId: string;
  connId: string;
  deviceId: string;
  /** When the ticket was issued, epoch ms. */
  openedAt: number;
}

/** What attendance asks of other features. */
export interface AttendanceNeeds {
  /** Null when there is no such session. */
  windowOf(sessionId: string): Promise<Window | null>;
}

interface Report {
  source: BeatSource;
  beats: Beat[];
  receivedAt: number;
}

export interface Stored {
  accepted: number[];
  creditedMs: number;
  /** Absent while it says nothing. */
  standing?: PresenceStanding;
}

/** Why beats are not taken, whatever is in them. */
type Refusal = 'not-found' | 'session-not-open' | 'too-late';

/** Beats of one session wait this long for each other before they are written. */
const GATHER_MS = 1_000;
/** Reports waiting or being written in one worker: 15 s worth of beats of a full one. */
const MAX_QUEUE = 20_000;
const MAX_BATCH = 2_000;
/** Who enters one session within so long goes together, ms. */
const ENTER_MS = 25;

export type AttendanceService = ReturnType<typeof createAttendance>;

export function createAttendance(
  { db, clock, logger, metrics }: Pick<Services, 'db' | 'clock' | 'logger' | 'metrics'>,
  needs: AttendanceNeeds,
) {
  const gather = createGather<Report, Stored | Refusal>({
    intervalMs: GATHER_MS,
    maxQueue: MAX_QUEUE,
    maxBatch: MAX_BATCH,
    logger,
    metrics: metrics.gather('beats'),
    key: (report) => report.source.sessionId,
    write,
  });

  const entries = createGather<Entering & { sessionId: string }, Entered>({
    intervalMs: ENTER_MS,
    eager: true,
    maxQueue: MAX_QUEUE,
    maxBatch: MAX_BATCH,
    logger,
    metrics: metrics.gather('entries'),
    key: ({ sessionId }) => sessionId,
    write: (sessionId, people) => enter(db.pool, sessionId, people, clock()),
  });
  const signs = createSigns({ db, clock, logger, metrics }, needs.windowOf);
  const screens = createScreenRecord({ db, clock, logger, metrics }, needs.windowOf);

  /** The session is read once a batch: read for each report, it would cost more than all that is written. */
  async function write(sessionId: string, reports: Report[]): Promise<(Stored | Refusal)[]> {
    const window = await needs.windowOf(sessionId);
    const refusals = reports.map(({ receivedAt }) => refusalOf(window, receivedAt));
    const taken = reports.filter((_, n) => refusals[n] === null);
    const stored = window && taken.length > 0 ? await append(sessionId, window, taken) : [];
    return refusals.map((refusal) => refusal ?? (stored.shift() as Stored));
  }

  /** Stores reports of one session as one link of its chain. */
  async function append(sessionId: string, window: Window, reports: Report[]): Promise<Stored[]> {
    const ends: number[] = [];
    const results = await transaction(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const known = await store.connections(client, [...new Set(reports.map((r) => r.source.connId))]);
      const people = await store.attendees(client, sessionId, [...new Set(reports.map((r) => r.source.personId))]);
      const stored = await store.storedBeats(
        client,
        reports.flatMap((r) => r.beats.map((beat) => ({ connId: r.source.connId, seq: beat.seq }))),
      );

      const entries: store.LiveEntry[] = [];
      for (const { source, beats, receivedAt } of reports) {
        const person = people.get(source.personId);
        if (!person) throw new AppError('not-joined');
        const connection = known.get(source.connId) ?? newConnection(source);
        known.set(source.connId, connection);
        for (const beat of beats) {
          const key = `${source.connId}:${beat.seq}`;
          if (stored.has(key)) continue;
          stored.add(key);
          const played = admit(beat, connection, window, receivedAt);
          const span = admitForPerson(played, person, connection, window, receivedAt);
          connection.acceptedMs += span.to - span.from;
          connection.coverage = unite(connection.coverage, [span]);
          const reported = { ...span, receivedAt };
          if (mayCount(reported, person.gaps)) person.coverage = unite(person.coverage, [span]);
          person.lookedBack ||= ranLate(reported);
          person.creditedMs = creditedOf(person.coverage, person.gaps);
          entries.push({ personId: source.personId, connId: source.connId, beat, ...span, receivedAt });
          if (span.to > span.from) ends.push(span.to);
        }
      }

      if (entries.length > 0) {
        const now = clock();
        const link = nextLink(head, entries.map(chained));
        await store.insertEntries(client, sessionId, link.batch, entries);
        await store.upsertConnections(client, sessionId, [...known.values()], now);
        await store.updateAttendees(client, sessionId, [...people.values()], now);
        await store.appendLink(client, sessionId, link, now);
      }
      return reports.map(({ source, beats }) => ({
        accepted: beats.map((beat) => beat.seq),
        creditedMs: people.get(source.personId)?.creditedMs ?? 0,
        ...standingOf(people.get(source.personId)),
      }));
    });
    metrics.beatsStored(ends, clock());
    return results;
  }

  const creditsOf = createLookUps<string, ReadonlyMap<string, number>>(
    { logger, metrics },
    'credit-looks',
    async (personIds) => {
      const { rows } = await db.pool.query<{ personId: string; sessionId: string; creditedMs: number }>(
        `select person_id as "personId", session_id as "sessionId", credited_ms as "creditedMs"
         from attendee where person_id = any ($1::uuid[])`,
        [personIds],
      );
      const credits = new Map<string, Map<string, number>>(personIds.map((personId) => [personId, new Map()]));
      for (const row of rows) credits.get(row.personId)?.set(row.sessionId, row.creditedMs);
      return personIds.map((personId) => credits.get(personId) ?? new Map());
    },
  );

  return {
    /**
     * Stores beats; resolves after the commit. A beat sent twice is stored once and acked again.
     * @throws AppError `not-found`, `session-not-open`, `too-late` (over ten minutes after the end), `busy` (nothing stored: send again).
     */
    async store(source: BeatSource, beats: Beat[]): Promise<Stored> {
      const stored = await gather.add({ source, beats, receivedAt: clock() });
      if (typeof stored === 'string') throw new AppError(stored);
      return stored;
    },

    /** Notes that a person is in a session's room. The first time it keeps what they are now: unit, area, category. */
    enter: (sessionId: string, person: Entering): Promise<Entered> => entries.add({ ...person, sessionId }),

    noteWait: (wait: Parameters<typeof noteWait>[1]): Promise<void> => noteWait(db.pool, wait),

    /** Freezes 应到: everybody who is invited now. Part of the transaction that starts the session. */
    async freezeDue(tx: Tx, session: { id: string; courseId: string }): Promise<number> {
      const frozen = await tx.$executeRawUnsafe(
        `insert into attendee (session_id, person_id, unit_id, area_id, unit_kind, industry, high_risk, category, due)
         select $1::uuid, i.person_id, i.unit_id, i.area_id, i.unit_kind, i.industry, i.high_risk, i.category, true
         from (${invitedPeople('$2::uuid')}) i
         on conflict (session_id, person_id) do update set due = true`,
        session.id,
        session.courseId,
      );
      return frozen;
    },

    /** Credited milliseconds of a person in a session; 0 for somebody who never came. */
    credit: async (sessionId: string, personId: string): Promise<number> =>
      (await creditsOf(personId)).get(sessionId) ?? 0,
    /** Credited milliseconds of a person, by session. */
    creditsOf,

    /** What missed presence checks cost a person. */
    async missedBy(sessionId: string, personId: string): Promise<Lost[]> {
      const row = await db.prisma.attendee.findUnique({
        where: { sessionId_personId: { sessionId, personId } },
        select: { coverage: true, gaps: true },
      });
      return row ? lostTo(row.coverage.map(Number), row.gaps.map(Number)) : [];
    },

    sign: signs.sign,
    noteAct: signs.noteAct,
    miss: signs.miss,
    unconfirmed: signs.unconfirmed,
    confirmedBy: signs.confirmedBy,
    wasCut: signs.wasCut,
    tally: signs.tally,
    screens,

    /** Stores what is waiting. */
    async close(): Promise<void> {
      await Promise.all([gather.close(), entries.close(), signs.close(), screens.close()]);
    },
  };
}

function refusalOf(window: Window | null, receivedAt: number): Refusal | null {
  if (!window) return 'not-found';
  const state = acceptance(window, receivedAt);
  if (state === 'open') return null;
  return state === 'not-open' ? 'session-not-open' : state;
}

function standingOf(person: store.AttendeeRow | undefined): { standing?: PresenceStanding } {
  if (!person) return {};
  const standing = { confirmed: person.confirmedCheckId, missedFrom: missedFrom(person.gaps) };
  return standing.confirmed === null && standing.missedFrom === null ? {} : { standing };
}

function newConnection(source: BeatSource): store.ConnectionRow {
  const { connId, personId, deviceId, openedAt } = source;
  return { id: connId, personId, deviceId, openedAt, acceptedMs: 0, coverage: [] };
}

function chained({ personId, connId, beat, from, to, receivedAt }: store.LiveEntry) {
  return {
    personId,
    kind: 'live',
    connId,
    seq: beat.seq,
    claimedFrom: beat.mediaFrom,
    claimedTo: beat.mediaTo,
    from,
    to,
    hidden: beat.state.hidden,
    receivedAt,
    deltaMs: null,
    actorId: null,
    reason: null,
  };
}
