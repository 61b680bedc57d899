import type pg from 'pg';
import type { Beat } from '#contract/attendance.ts';
import { transaction, transactionByKeys } from '../db.ts';
import { AppError } from '../errors.ts';
import { createGather } from '../gather.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { acceptance, admit, admitForPerson, type Window } from './admit.ts';
import type { ChainedEntry } from './chain.ts';
import { lengthOf, unite } from './credit.ts';
import { entryAt } from './entry.ts';
import { takeGaps } from './gaps.ts';
import { creditOf, mayCount, ranLate } from './presence.ts';
import * as presence from './presence-store.ts';
import { attendedOf, isSignOfLife } from './screen-credit.ts';
import * as screens from './screen-store.ts';
import * as store from './store.ts';

/** Whose beats these are: a page that shows the class on a screen. */
export interface ScreenSource {
  screenId: string;
  sessionId: string;
  connId: string;
  deviceId: string;
  /** When the ticket was issued, epoch ms. */
  openedAt: number;
}

interface Report {
  source: ScreenSource;
  beats: Beat[];
  receivedAt: number;
}

export interface ScreenStored {
  accepted: number[];
  /** What the screen has played over this page, ms. */
  playedMs: number;
}

/** Somebody who signs in to a screen. They are noted as present in the session already. */
export interface SigningIn {
  sessionId: string;
  screenId: string;
  personId: string;
  way: 'code' | 'convenor';
  deviceId: string | null;
  /** Signs in one person. */
  ticketId: string | null;
  added: boolean;
  /** Account or person whose hand it was, when it was not their own. */
  actorId: string | null;
}

export interface SigningOut {
  sessionId: string;
  screenId: string;
  /** Null: everybody, and the screen is closed. */
  personId: string | null;
  way: screens.ScreenWay;
  actorId: string | null;
}

/** When, epoch ms. `again`: it was so before. */
export interface SignedOnScreen {
  at: number;
  again: boolean;
}

type Refusal = 'screen-closed' | 'scan-used' | 'not-signed-in-here' | 'session-not-open' | 'not-found' | 'too-late';
type Change = { in: SigningIn } | { out: SigningOut };

/** Who signs in within so long goes together, ms. */
const SIGN_IN_MS = 100;
const MAX_QUEUE = 20_000;
const MAX_BATCH = 500;

/** Shared screens: what they play, and who sits before them, in the chain beside the beats. */
export function createScreenRecord(
  { db, clock, logger, metrics }: Pick<Services, 'db' | 'clock' | 'logger' | 'metrics'>,
  windowOf: (sessionId: string) => Promise<Window | null>,
  gatherMs: number,
) {
  const limits = { maxQueue: MAX_QUEUE, maxBatch: MAX_BATCH, logger };
  const beats = createGather<Report, ScreenStored | Refusal>({
    ...limits,
    intervalMs: gatherMs,
    metrics: metrics.gather('screen-beats'),
    key: ({ source }) => source.sessionId,
    async write(sessionId, reports) {
      const window = await windowOf(sessionId);
      const refusals = reports.map(({ receivedAt }) => refusalOf(window, receivedAt));
      const taken = reports.filter((_, n) => refusals[n] === null);
      const stored = window && taken.length > 0 ? await append(sessionId, window, taken) : [];
      return refusals.map((refusal) => refusal ?? (stored.shift() as ScreenStored));
    },
  });
  const changes = createGather<Change, SignedOnScreen | Refusal>({
    ...limits,
    intervalMs: SIGN_IN_MS,
    eager: true,
    metrics: metrics.gather('screen-sign-ins'),
    key: (change) => ('in' in change ? change.in : change.out).sessionId,
    write: change,
  });

  /** Stores what screens of one session played, and what of it each person before them attended, as one link of its chain. */
  async function append(sessionId: string, window: Window, reports: Report[]): Promise<ScreenStored[]> {
    return transactionByKeys(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const screenIds = [...new Set(reports.map(({ source }) => source.screenId))];
      const known = await screens.screens(client, sessionId, screenIds);
      const connections = await store.connections(client, [...new Set(reports.map(({ source }) => source.connId))]);
      const stored = await screens.storedSpans(
        client,
        reports.flatMap(({ source, beats }) => beats.map(({ seq }) => ({ connId: source.connId, seq }))),
      );
      const signedIn = await screens.signIns(client, screenIds);
      const people = await store.attendees(client, sessionId, [...new Set(signedIn.map(({ personId }) => personId))]);

      const spans: screens.ScreenSpanRow[] = [];
      const entries: ChainedEntry[] = [];
      for (const { source, beats, receivedAt } of reports) {
        const screen = known.get(source.screenId);
        if (!screen) throw new AppError('not-found');
        const connection = connections.get(source.connId) ?? connectionOf(source);
        connections.set(source.connId, connection);
        for (const beat of beats) {
          const key = `${source.connId}:${beat.seq}`;
          if (stored.has(key)) continue;
          stored.add(key);
          const admitted = admit(beat, connection, window, receivedAt);
          // Nobody signs out of what was not played yet.
          const played = { from: admitted.from, to: Math.max(admitted.from, Math.min(admitted.to, receivedAt)) };
          connection.acceptedMs += played.to - played.from;
          connection.coverage = unite(connection.coverage, [played]);
          screen.numbered += 1;
          const reported = {
            number: screen.numbered,
            claimedFrom: beat.mediaFrom,
            claimedTo: beat.mediaTo,
            hidden: beat.state.hidden,
            receivedAt,
          };
          spans.push({ ...reported, screenId: screen.id, connId: source.connId, seq: beat.seq, ...played });
          for (const stay of signedIn) {
            const person = people.get(stay.personId);
            if (stay.screenId !== screen.id || !person) continue;
            const attended = attendedOf(played, stay);
            if (attended.to <= attended.from) continue;
            const span = admitForPerson(attended, person, { openedAt: stay.signedInAt }, window, receivedAt);
            if (mayCount({ ...span, receivedAt }, person.gaps)) person.coverage = unite(person.coverage, [span]);
            person.lookedBack ||= ranLate({ ...span, receivedAt });
            person.creditedMs = creditOf(person).creditedMs;
            entries.push({
              ...entryAt(stay.personId, span.from, span.to, receivedAt),
              ...{ kind: 'screen', connId: stay.id, seq: screen.numbered, hidden: beat.state.hidden },
              ...{ claimedFrom: beat.mediaFrom, claimedTo: beat.mediaTo },
            });
          }
        }
      }
      if (spans.length > 0) {
        const now = clock();
        await screens.insertSpans(client, spans);
        await screens.noteNumbers(client, [...known.values()]);
        await store.upsertConnections(client, sessionId, [...connections.values()], now);
        await screens.markAsScreens(client, [...connections.keys()]);
        const attending = new Set(entries.map(({ personId }) => personId));
        const changed = [...people.values()].filter(({ personId }) => attending.has(personId));
        if (changed.length > 0) await store.updateAttendees(client, sessionId, changed, now);
        await store.append(client, sessionId, head, entries, now);
      }
      return reports.map(({ source, beats }) => ({
        accepted: beats.map(({ seq }) => seq),
        playedMs: lengthOf(connections.get(source.connId)?.coverage ?? []),
      }));
    });
  }

  /** Sign-ins and sign-outs of one session, in their order, as one link of its chain. Their moment is that of the chain's lock. */
  async function change(sessionId: string, all: Change[]): Promise<(SignedOnScreen | Refusal)[]> {
    const window = await windowOf(sessionId);
    if (!window) return all.map(() => 'not-found');
    if (window.endedAt !== null) return all.map(() => 'session-not-open');
    return transaction(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const now = clock();
      const screenIds = [...new Set(all.map((each) => ('in' in each ? each.in : each.out).screenId))];
      const known = await screens.screens(client, sessionId, screenIds);
      const closing = all.some((each) => 'out' in each && each.out.personId === null);
      const personIds = all.flatMap((each) => ('in' in each ? each.in : each.out).personId ?? []);
      const ticketIds = all.flatMap((each) => ('in' in each ? (each.in.ticketId ?? []) : []));
      const standing = closing
        ? [...(await screens.signIns(client, screenIds)), ...(await screens.standing(client, [], [], ticketIds))]
        : await screens.standing(client, screenIds, personIds, ticketIds);
      const byTicket = new Map(
        standing.flatMap((row) => (row.ticketId === null ? [] : [[row.ticketId, row] as const])),
      );
      const present = new Map(standing.filter((row) => row.signedOutAt === null).map((row) => [keyOf(row), row]));

      const arrived: screens.NewSignIn[] = [];
      const left: { id: string; way: screens.ScreenWay }[] = [];
      const closed: string[] = [];
      const entries: ChainedEntry[] = [];

      function note(row: screens.SignInRow, reason: string, actorId: string | null): void {
        const screen = known.get(row.screenId) as screens.ScreenRow;
        screen.numbered += 1;
        const moment = entryAt(row.personId, now, now, now);
        entries.push({ ...moment, kind: 'screen', connId: row.id, seq: screen.numbered, actorId, reason });
      }

      function arrive({ screenId, personId, way, deviceId, ticketId, added, actorId }: SigningIn) {
        const used = ticketId === null ? undefined : byTicket.get(ticketId);
        if (used && used.personId !== personId) return 'scan-used' as const;
        if (used) return { at: used.signedInAt, again: true };
        const before = present.get(keyOf({ screenId, personId }));
        if (before) return { at: before.signedInAt, again: true };
        if (known.get(screenId)?.closed !== false) return 'screen-closed' as const;
        const stay = { id: newId(), screenId, personId, signedInAt: now, signedOutAt: null, ticketId };
        const row = { ...stay, way, deviceId, added };
        arrived.push(row);
        if (ticketId !== null) byTicket.set(ticketId, row);
        present.set(keyOf(row), row);
        note(row, `in:${way}`, actorId);
        return { at: now, again: false };
      }

      function depart({ screenId, personId, way, actorId }: SigningOut) {
        const leaving = [...present.values()].filter(
          (row) => row.screenId === screenId && (personId === null || row.personId === personId),
        );
        if (leaving.length === 0 && personId !== null) return 'not-signed-in-here' as const;
        for (const row of leaving) {
          present.delete(keyOf(row));
          left.push({ id: row.id, way });
          note(row, `out:${way}`, actorId);
        }
        const screen = known.get(screenId);
        if (personId === null && screen) {
          if (!screen.closed) closed.push(screenId);
          screen.closed = true;
        }
        return { at: now, again: false };
      }

      const results = all.map((each) => ('in' in each ? arrive(each.in) : depart(each.out)));
      // Who leaves and comes again at once is signed out before, who comes and leaves after.
      const come = new Set(arrived.map(({ id }) => id));
      for (const { id, way } of left) if (!come.has(id)) await screens.signOut(client, id, way, now);
      if (arrived.length > 0) await screens.insertSignIns(client, arrived);
      for (const { id, way } of left) if (come.has(id)) await screens.signOut(client, id, way, now);
      if (closed.length > 0) await screens.close(client, closed, now);
      await screens.noteNumbers(client, [...known.values()]);
      await store.append(client, sessionId, head, entries, now);
      const signs = entries.filter(({ kind, reason }) => isSignOfLife(kind, reason));
      await giveBack(client, sessionId, [...new Set(signs.map(({ personId }) => personId))]);
      return results;
    });
  }

  /** Who signs in or out is there: no more is taken away for a check that they missed. */
  async function giveBack(client: pg.PoolClient, sessionId: string, personIds: string[]): Promise<void> {
    if (personIds.length === 0) return;
    const people = [...(await store.attendees(client, sessionId, personIds)).values()];
    const missing = people.filter(({ gaps }) => gaps.length > 0);
    if (missing.length === 0) return;
    await takeGaps(client, sessionId, missing);
    await presence.updateAttendees(client, sessionId, missing);
  }

  async function settled<T>(result: Promise<T | Refusal>): Promise<T> {
    const value = await result;
    if (typeof value === 'string') throw new AppError(value as Refusal);
    return value as T;
  }

  return {
    /**
     * Stores what a screen played, and credits whoever was signed in to it then; resolves after the commit.
     * @throws AppError `not-found`, `session-not-open`, `too-late` (over ten minutes after the end), `busy` (nothing stored)
     */
    played: (source: ScreenSource, given: Beat[]): Promise<ScreenStored> =>
      settled(beats.add({ source, beats: given, receivedAt: clock() })),

    /** Signs somebody in, or finds that they are. @throws AppError `screen-closed`, `scan-used`, `session-not-open` after the class, `busy` */
    signIn: (given: SigningIn): Promise<SignedOnScreen> => settled(changes.add({ in: given })),

    /** @throws AppError `not-signed-in-here`, `session-not-open` after the class, `busy` */
    signOut: (given: SigningOut): Promise<SignedOnScreen> => settled(changes.add({ out: given })),

    async close(): Promise<void> {
      await Promise.all([beats.close(), changes.close()]);
    },
  };
}

function refusalOf(window: Window | null, receivedAt: number): Refusal | null {
  if (!window) return 'not-found';
  const state = acceptance(window, receivedAt);
  if (state === 'open') return null;
  return state === 'not-open' ? 'session-not-open' : state;
}

function keyOf({ screenId, personId }: { screenId: string; personId: string }): string {
  return `${screenId} ${personId}`;
}

function connectionOf({ connId, screenId, deviceId, openedAt }: ScreenSource): store.ConnectionRow {
  return { id: connId, personId: screenId, deviceId, openedAt, acceptedMs: 0, coverage: [] };
}
