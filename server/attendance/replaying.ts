import type pg from 'pg';
import type { Beat } from '#contract/attendance.ts';
import type { PresenceConfirmation, PresenceStanding } from '#contract/presence.ts';
import { PRESENCE_GRACE_MS, PRESENCE_LATE_MS, PRESENCE_WINDOW_MS } from '#contract/presence-moment.ts';
import type { ReplayStatus } from '#contract/replay.ts';
import { transaction, transactionByKeys } from '../db.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { LATE_BEATS_MS } from './admit.ts';
import { type ChainedEntry, nextLink } from './chain.ts';
import { recorrect } from './correction-store.ts';
import { type Coverage, unite } from './credit.ts';
import { entryAt, spanEntry } from './entry.ts';
import { attendedIn, creditOf, gapsOf, isWithin, missedFrom, replayedOf } from './presence.ts';
import * as presence from './presence-store.ts';
import { admitReplay, nextMissing, type ReplayWindow, reachOf, skipOf } from './replay.ts';
import { firstChecks, leftMs, type OpenCheck, settle, watched } from './replay-checks.ts';
import * as replays from './replay-store.ts';
import * as store from './store.ts';

/** A replay that counts. */
export interface Replayable extends ReplayWindow {
  /** When the class had ended, epoch ms. */
  endedAt: number;
  /** Once in so many minutes somebody is asked whether they are there; 0: never. */
  presenceMinutes: number;
}

export interface ReplayReport {
  source: { personId: string; connId: string; deviceId: string; openedAt: number };
  beats: Beat[];
  receivedAt: number;
}

export interface ReplayStored {
  accepted: number[];
  creditedMs: number;
  replay: ReplayStatus;
}

/** Who confirms in a replay, as their ticket says. */
export interface ReplayWatcher {
  sessionId: string;
  personId: string;
  connId: string;
}

/** May beats of a replay be stored at `now`? */
export function replayAcceptance(replay: ReplayWindow | null, now: number): replay is ReplayWindow {
  return replay !== null && now <= replay.until + LATE_BEATS_MS;
}

/** Watching a class that is over (补课): crediting it, and asking whether somebody is there, in the chain of the class. */
export function createReplays(
  { db, clock }: Pick<Services, 'db' | 'clock'>,
  replayOf: (sessionId: string) => Promise<Replayable | null>,
) {
  /** Stores reports of one session as one link of its chain. */
  async function append(sessionId: string, replay: Replayable, reports: ReplayReport[]): Promise<ReplayStored[]> {
    return transactionByKeys(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const personIds = [...new Set(reports.map(({ source }) => source.personId))];
      const { people, progress } = await readPeople(client, sessionId, replay, personIds);
      const known = await store.connections(client, [...new Set(reports.map(({ source }) => source.connId))]);
      const stored = await store.storedBeats(
        client,
        reports.flatMap(({ source, beats }) => beats.map(({ seq }) => ({ connId: source.connId, seq }))),
      );

      const missed: ChainedEntry[] = [];
      for (const personId of personIds) {
        const receivedAt = reports.find(({ source }) => source.personId === personId)?.receivedAt ?? clock();
        const miss = await settleChecks(client, sessionId, replay, personOf(people, progress, personId), receivedAt);
        if (miss) missed.push(miss);
      }
      const entries: store.BeatEntry[] = [];
      for (const { source, beats, receivedAt } of reports) {
        const one = personOf(people, progress, source.personId);
        const connection = known.get(source.connId) ?? newConnection(source);
        known.set(source.connId, connection);
        for (const beat of beats) {
          const key = `${source.connId}:${beat.seq}`;
          if (stored.has(key)) continue;
          stored.add(key);
          const { span, freshMs } = watch(one, { ...source, beat, receivedAt }, replay);
          connection.acceptedMs += freshMs;
          entries.push({ personId: source.personId, connId: source.connId, beat, ...span, receivedAt });
        }
      }

      const all = personIds.map((personId) => personOf(people, progress, personId));
      if (entries.length + missed.length > 0) {
        const now = clock();
        const link = nextLink(head, [...missed, ...entries.map((entry) => spanEntry('replay', entry))]);
        await store.insertEntries(client, sessionId, link.batch, missed);
        await store.insertBeats(client, sessionId, link.batch, 'replay', entries);
        await store.upsertConnections(client, sessionId, [...known.values()], now);
        await save(client, sessionId, all);
        await store.appendLink(client, sessionId, link, now);
      }
      return reports.map(({ source, beats, receivedAt }) => {
        const one = personOf(people, progress, source.personId);
        return {
          accepted: beats.map(({ seq }) => seq),
          creditedMs: one.person.creditedMs,
          replay: statusOf(one, replay, receivedAt),
        };
      });
    });
  }

  /** A person's beat is taken in; what is accepted of it counts unless nobody knows whether they are there. */
  function watch(one: Watching, claim: Parameters<typeof admitReplay>[0], replay: Replayable) {
    const { person, progress } = one;
    const standing = { known: attendedIn(person), furthest: furthestOf(one), seat: progress.seat };
    const replayed = admitReplay(claim, standing, replay);
    progress.seat = replayed.seat;
    if (replayed.freshMs === 0) return replayed;
    progress.furthest = Math.max(standing.furthest ?? 0, replayed.span.to);
    if (isWithin(claim.receivedAt, progress.gaps)) return replayed;
    person.replayed = unite(person.replayed, [replayed.span]);
    const { freshMs } = replayed;
    const { presenceMinutes: everyMinutes } = replay;
    progress.checks = watched(progress.checks, { freshMs, now: claim.receivedAt, id: newId, everyMinutes });
    return replayed;
  }

  async function readPeople(client: pg.PoolClient, sessionId: string, replay: Replayable, personIds: string[]) {
    let people = await store.attendees(client, sessionId, personIds);
    const strangers = personIds.filter((personId) => !people.has(personId));
    if (strangers.length > 0) {
      await store.addAttendees(client, sessionId, new Map(strangers.map((personId) => [personId, null])));
      people = await store.attendees(client, sessionId, personIds);
    }
    const progress = await replays.progressOf(client, sessionId, personIds);
    for (const personId of personIds) {
      if (!progress.has(personId)) progress.set(personId, newProgress(personId, replay));
    }
    return { people, progress };
  }

  /** Whether a check that was open has been missed, and what that takes away: its entry, which is to be stored. */
  async function settleChecks(
    client: pg.PoolClient,
    sessionId: string,
    replay: Replayable,
    { person, progress }: Watching,
    now: number,
  ): Promise<ChainedEntry | null> {
    const { checks, missed } = settle(progress.checks, now);
    progress.checks = checks;
    if (!missed) return null;
    const { personId } = person;
    const { misses, signs } = await replays.facts(client, sessionId, personId);
    const opened = await replays.lastOpened(client, sessionId, personId, {
      from: replay.endedAt,
      until: missed.askedAt,
    });
    const lastSign = signs.reduce((last, { at }) => (at < missed.askedAt ? Math.max(last, at) : last), 0);
    const since = Math.max(opened ?? 0, lastSign) || missed.askedAt;
    progress.gaps = gapsOf([...misses, { checkId: missed.id, since, at: missed.askedAt }], signs);
    person.replayed = replayedOf(await replays.watched(client, sessionId, personId), progress.gaps);
    return { ...entryAt(personId, since, missed.askedAt, now), kind: 'replay_missed', checkId: missed.id };
  }

  async function save(client: pg.PoolClient, sessionId: string, all: Watching[]): Promise<void> {
    const people = all.map(({ person }) => person);
    for (const person of people) person.creditedMs = creditOf(person).creditedMs;
    await recorrect(client, sessionId, people);
    await replays.updateAttendees(client, sessionId, people);
    await replays.saveProgress(
      client,
      sessionId,
      all.map(({ progress }) => progress),
    );
  }

  /**
   * Stores that somebody is there who watches a replay; resolves after the commit. `checkId` null: a sign of life after a missed check.
   * @throws AppError `too-late` after the deadline, `presence-closed` (the check was missed)
   */
  async function confirm(
    { sessionId, personId, connId }: ReplayWatcher,
    { checkId, pressedAgoMs }: PresenceConfirmation,
  ): Promise<{ creditedMs: number; standing: PresenceStanding; replay: ReplayStatus }> {
    const receivedAt = clock();
    const replay = await replayOf(sessionId);
    if (!replay || !replayAcceptance(replay, receivedAt)) throw new AppError('too-late');
    const signed = await transaction(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const { people, progress } = await readPeople(client, sessionId, replay, [personId]);
      const one = personOf(people, progress, personId);
      const pressedAt = receivedAt - pressedAgoMs;
      const asked = checkId === null ? null : await askedOf(client, sessionId, one, checkId);
      const cut = asked !== null && (await wasCut(connId, pressedAt, asked, receivedAt));
      const known = await presence.confirmations(client, [{ checkId, personId }]);
      const entries: ChainedEntry[] = [];
      if (known.size === 0) {
        if (!cut) {
          const miss = await settleChecks(client, sessionId, replay, one, receivedAt);
          if (miss) entries.push(miss);
        }
        const inTime = checkId === null || cut || one.progress.checks.open?.id === checkId;
        // Who has missed nothing says nothing new without a check.
        const isNews = checkId !== null || missedFrom(one.progress.gaps) !== null;
        if (inTime && isNews)
          entries.push(signEntry(one, { connId, checkId, at: cut ? pressedAt : receivedAt, receivedAt }));
        if (inTime && checkId !== null && one.progress.checks.open?.id === checkId) {
          one.progress.checks = { ...one.progress.checks, open: null };
        }
        if (entries.length > 0) await record(client, sessionId, head, one, entries);
        if (!inTime) return null;
      }
      const { creditedMs } = one.person;
      const standing = { confirmed: checkId, missedFrom: missedFrom(one.progress.gaps) };
      return { creditedMs, standing, replay: statusOf(one, replay, receivedAt) };
    });
    // Not thrown before: that the check was missed is to be stored.
    if (!signed) throw new AppError('presence-closed');
    return signed;
  }

  async function record(
    client: pg.PoolClient,
    sessionId: string,
    head: store.Head,
    one: Watching,
    entries: ChainedEntry[],
  ): Promise<void> {
    await store.append(client, sessionId, head, entries, clock());
    const { personId } = one.person;
    const { misses, signs } = await replays.facts(client, sessionId, personId);
    one.progress.gaps = gapsOf(misses, signs);
    one.person.replayed = replayedOf(await replays.watched(client, sessionId, personId), one.progress.gaps);
    await save(client, sessionId, [one]);
  }

  /** When a person was asked by a check: by the one that is open, or one that they missed. */
  async function askedOf(
    client: pg.PoolClient,
    sessionId: string,
    { person, progress }: Watching,
    checkId: string,
  ): Promise<number | null> {
    const { open } = progress.checks;
    if (open?.id === checkId) return open.askedAt;
    const { misses } = await replays.facts(client, sessionId, person.personId);
    return misses.find((miss) => miss.checkId === checkId)?.at ?? null;
  }

  /** As for a check in the class: pressed in time by the device's measure, which then was not heard of until the time was over. */
  async function wasCut(connId: string, pressedAt: number, askedAt: number, receivedAt: number): Promise<boolean> {
    const deadline = askedAt + PRESENCE_WINDOW_MS + PRESENCE_GRACE_MS;
    if (receivedAt <= deadline || pressedAt < askedAt || pressedAt > deadline) return false;
    return receivedAt <= deadline + PRESENCE_LATE_MS && (await presence.wasCut(db.pool, connId, pressedAt, deadline));
  }

  return {
    append,
    confirm,

    /** Where somebody stands who opens the replay; null when it does not count. */
    async status(sessionId: string, personId: string): Promise<ReplayStatus | null> {
      const now = clock();
      const replay = await replayOf(sessionId);
      if (!replay || now > replay.until) return null;
      return transaction(db.pool, async (client) => {
        const person = (await store.attendees(client, sessionId, [personId])).get(personId) ?? nobody(personId);
        const progress =
          (await replays.progressOf(client, sessionId, [personId])).get(personId) ?? newProgress(personId, replay);
        return statusOf({ person, progress }, replay, now);
      });
    },
  };
}

/** A person in a replay. Both parts are changed in place, and saved. */
interface Watching {
  person: store.AttendeeRow;
  progress: replays.Progress;
}

function personOf(
  people: Map<string, store.AttendeeRow>,
  progress: Map<string, replays.Progress>,
  personId: string,
): Watching {
  const person = people.get(personId);
  const known = progress.get(personId);
  if (!person || !known) throw new AppError('not-joined');
  return { person, progress: known };
}

function newProgress(personId: string, { presenceMinutes }: Replayable): replays.Progress {
  return { personId, furthest: null, checks: firstChecks(presenceMinutes), gaps: [], seat: null };
}

function nobody(personId: string): store.AttendeeRow {
  const nothing: Coverage = [];
  return {
    ...{ personId, joinedAt: null, coverage: nothing, gaps: nothing, replayed: nothing, venue: nothing },
    ...{ confirmedCheckId: null, lookedBack: false, creditedMs: 0 },
  };
}

function newConnection({ connId, personId, deviceId, openedAt }: ReplayReport['source']): store.ConnectionRow {
  return { id: connId, personId, deviceId, openedAt, acceptedMs: 0, coverage: [] };
}

/** What was seen of the class itself counts as having been there, too. */
function furthestOf({ person, progress }: Watching): number | null {
  const live = person.coverage.at(-1);
  if (live === undefined) return progress.furthest;
  return Math.max(live, progress.furthest ?? live);
}

function statusOf(one: Watching, replay: Replayable, now: number): ReplayStatus {
  const { person, progress } = one;
  const { checks, missed } = settle(progress.checks, now);
  const furthest = furthestOf(one);
  return {
    until: replay.until,
    first: replay.first,
    furthest: reachOf(replay, furthest),
    skipMs: skipOf(replay),
    resumeAt: nextMissing(replay, { known: attendedIn(person), furthest }),
    check: checks.open && openCheck(checks.open, now),
    missed: missed !== null || missedFrom(progress.gaps) !== null,
  };
}

function openCheck(open: OpenCheck, now: number): ReplayStatus['check'] {
  return { id: open.id, leftMs: leftMs(open, now) };
}

function signEntry(
  { person }: Watching,
  { connId, checkId, at, receivedAt }: { connId: string; checkId: string | null; at: number; receivedAt: number },
): ChainedEntry {
  const reason = checkId === null ? 'hand' : 'confirm';
  return { ...entryAt(person.personId, at, at, receivedAt), kind: 'replay_sign', connId, checkId, reason };
}
