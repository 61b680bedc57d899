import type { Beat } from '#contract/attendance.ts';
import type { SessionMode } from '#contract/courses.ts';
import type { PresenceStanding } from '#contract/presence.ts';
import type { ReplayStatus } from '#contract/replay.ts';
import { invitedPeople } from '../courses/audience.ts';
import { type Tx, transactionByKeys } from '../db.ts';
import { AppError } from '../errors.ts';
import { createGather } from '../gather.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { acceptance, admit, admitForPerson, type Window } from './admit.ts';
import { nextLink } from './chain.ts';
import { pairs, unite, without } from './credit.ts';
import { type Entered, type Entering, enter } from './entries.ts';
import { spanEntry } from './entry.ts';
import { creditOf, type Lost, lostTo, mayCount, missedFrom, ranLate } from './presence.ts';
import { isReplay } from './replay.ts';
import { createReplays, type Replayable, replayAcceptance } from './replaying.ts';
import { createScreenRecord } from './screens.ts';
import { createSigns } from './signs.ts';
import * as store from './store.ts';
import { createVenueRecord } from './venue.ts';
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
  /** Null when its replay does not count: it is not over, there is no recording, or the course says so. */
  replayOf(sessionId: string): Promise<Replayable | null>;
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
  /** Of who watches the replay. */
  replay?: ReplayStatus;
}

/** Why beats are not taken, whatever is in them. */
type Refusal = 'not-found' | 'session-not-open' | 'too-late';

/** Beats of one session wait this long for each other before they are written; presence checks, of which a crowd confirms within a minute, half of it. */
const GATHER_MS = 1_000;
/** Reports waiting or being written in one worker: 15 s worth of beats of a full one. */
const MAX_QUEUE = 20_000;
const MAX_BATCH = 2_000;
/** Who enters one session within so long goes together, ms. */
const ENTER_MS = 50;

export type AttendanceService = ReturnType<typeof createAttendance>;

export function createAttendance(
  { db, clock, logger, metrics }: Pick<Services, 'db' | 'clock' | 'logger' | 'metrics'>,
  needs: AttendanceNeeds,
  { gatherMs = GATHER_MS }: { gatherMs?: number } = {},
) {
  const gather = createGather<Report, Stored | Refusal>({
    intervalMs: gatherMs,
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
  const screens = createScreenRecord({ db, clock, logger, metrics }, needs.windowOf, gatherMs);
  const venue = createVenueRecord({ db, clock, logger, metrics });
  const signs = createSigns({ db, clock, logger, metrics }, needs.windowOf, gatherMs / 2);

  const replays = createReplays({ db, clock }, needs.replayOf);

  /** The session is read once a batch: read for each report, it would cost more than all that is written. */
  async function write(sessionId: string, reports: Report[]): Promise<(Stored | Refusal)[]> {
    const window = await needs.windowOf(sessionId);
    if (!window) return reports.map(() => 'not-found');
    // Nothing of a page that was opened when the class was over is taken as live.
    const isOver = reports.map(({ source }) => isReplay(source.openedAt, window.endedAt));
    const replay = isOver.includes(true) ? await needs.replayOf(sessionId) : null;
    const refusals = reports.map(({ receivedAt }, n) =>
      isOver[n] ? (replayAcceptance(replay, receivedAt) ? null : 'too-late') : refusalOf(window, receivedAt),
    );
    const taken = (over: boolean) => reports.filter((_, n) => refusals[n] === null && isOver[n] === over);
    const [ofClass, ofReplay] = [taken(false), taken(true)];
    const live = ofClass.length > 0 ? await append(sessionId, window, ofClass) : [];
    const replayed = replay && ofReplay.length > 0 ? await replays.append(sessionId, replay, ofReplay) : [];
    return refusals.map((refusal, n) => refusal ?? ((isOver[n] ? replayed : live).shift() as Stored));
  }

  /** Stores reports of one session as one link of its chain. */
  async function append(sessionId: string, window: Window, reports: Report[]): Promise<Stored[]> {
    const ends: number[] = [];
    const results = await transactionByKeys(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const known = await store.connections(client, [...new Set(reports.map((r) => r.source.connId))]);
      const people = await store.attendees(client, sessionId, [...new Set(reports.map((r) => r.source.personId))]);
      const stored = await store.storedBeats(
        client,
        reports.flatMap((r) => r.beats.map((beat) => ({ connId: r.source.connId, seq: beat.seq }))),
      );

      const entries: store.BeatEntry[] = [];
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
          const { from, to } = span;
          const reported = { from, to, receivedAt };
          if (mayCount(reported, person.gaps)) person.coverage = unite(person.coverage, [span]);
          person.lookedBack ||= ranLate(reported);
          person.creditedMs = creditOf(person).creditedMs;
          entries.push({ personId: source.personId, connId: source.connId, beat, from, to, receivedAt });
          if (to > from) ends.push(to);
        }
      }

      if (entries.length > 0) {
        const now = clock();
        const link = nextLink(
          head,
          entries.map((entry) => spanEntry('live', entry)),
        );
        await store.insertBeats(client, sessionId, link.batch, 'live', entries);
        await store.upsertConnections(client, sessionId, [...known.values()], now);
        await store.updateAttendees(client, sessionId, [...people.values()], now);
        await store.appendLink(client, sessionId, link, now);
      }
      return reports.map(({ source, beats }) => {
        const accepted = beats.map((beat) => beat.seq);
        const person = people.get(source.personId);
        const standing = person && standingOf(person);
        const creditedMs = person?.creditedMs ?? 0;
        return standing ? { accepted, creditedMs, standing } : { accepted, creditedMs };
      });
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

    /**
     * Freezes 应到: everybody who is invited now, or, of a class at a venue alone that units enrol in, who has a seat. Part of the transaction that
     * starts the session.
     */
    async freezeDue(tx: Tx, session: { id: string; courseId: string; mode: SessionMode }): Promise<number> {
      const isEnrolled =
        session.mode === 'offline' && (await tx.venueClass.count({ where: { sessionId: session.id } })) > 0;
      const frozen = await tx.$executeRawUnsafe(
        `insert into attendee (session_id, person_id, unit_id, area_id, unit_kind, industry, high_risk, category, due)
         select $1::uuid, i.person_id, i.unit_id, i.area_id, i.unit_kind, i.industry, i.high_risk, i.category, true
         from (${isEnrolled ? ENROLLED : invitedPeople('$2::uuid')}) i
         on conflict (session_id, person_id) do update set due = true`,
        session.id,
        ...(isEnrolled ? [] : [session.courseId]),
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
        select: { coverage: true, gaps: true, replayCoverage: true, venueCoverage: true },
      });
      if (!row) return [];
      // What was watched again in the replay, or attended at the venue, is not lost.
      const elsewhere = [row.replayCoverage, row.venueCoverage].flatMap((part) => pairs(part.map(Number)));
      const stillLost = without(row.coverage.map(Number), elsewhere);
      return lostTo(stillLost, row.gaps.map(Number)).filter(({ lostMs }) => lostMs > 0 || elsewhere.length === 0);
    },

    /** Where somebody stands in the replay of a class that is over; null when it does not count. */
    replayStatus: replays.status,
    confirmInReplay: replays.confirm,

    sign: signs.sign,
    noteAct: signs.noteAct,
    miss: signs.miss,
    unconfirmed: signs.unconfirmed,
    confirmedBy: signs.confirmedBy,
    wasCut: signs.wasCut,
    tally: signs.tally,
    screens,
    venue,

    /** Stores what is waiting. */
    async close(): Promise<void> {
      await Promise.all([gather.close(), entries.close(), signs.close(), screens.close(), venue.close()]);
    },
  };
}

/** People with a seat, with the columns of {@link invitedPeople}. */
const ENROLLED = `select person.id as person_id, unit.id as unit_id, unit.area_id, unit.kind as unit_kind, unit.industry, unit.high_risk,
    person.category
  from enrolment e join person on person.id = e.person_id join unit on unit.id = e.unit_id
  where e.session_id = $1::uuid and e.seat is not null`;

function refusalOf(window: Window, receivedAt: number): Refusal | null {
  const state = acceptance(window, receivedAt);
  if (state === 'open') return null;
  return state === 'not-open' ? 'session-not-open' : state;
}

/** Null while it says nothing. */
function standingOf({ confirmedCheckId: confirmed, gaps }: store.AttendeeRow): PresenceStanding | null {
  const since = missedFrom(gaps);
  return confirmed === null && since === null ? null : { confirmed, missedFrom: since };
}

function newConnection(source: BeatSource): store.ConnectionRow {
  const { connId, personId, deviceId, openedAt } = source;
  return { id: connId, personId, deviceId, openedAt, acceptedMs: 0, coverage: [] };
}
