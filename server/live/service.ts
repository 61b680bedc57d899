import { randomUUID } from 'node:crypto';
import type { Beat, BeatsStored } from '#contract/attendance.ts';
import type { Admission, StreamHealth } from '#contract/live.ts';
import { SourceFormat } from '#contract/media.ts';
import type { PresenceConfirmation, PresenceStored } from '#contract/presence.ts';
import { type Entering, NOTHING_ASKED } from '../attendance/entries.ts';
import { isReplay } from '../attendance/replay.ts';
import type { AttendanceService, Stored } from '../attendance/service.ts';
import { type Actor, audit } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { MediaClient } from './media-client.ts';
import type { Outside } from './outside.ts';
import { PLAYBACK_RENEW_MS, signPlayback } from './playback.ts';
import { signPublishTicket } from './publish-ticket.ts';
import type { Rooms } from './rooms.ts';
import { signTicket, type Ticket, verifyTicket } from './ticket.ts';

export interface LiveNeeds {
  courses: Courses;
  attendance: AttendanceService;
  rooms: Rooms;
  broadcasts: Broadcasts;
  media: MediaClient;
  outside: Outside;
  personForLogin(
    personId: string,
  ): Promise<(Entering & { name: string; unitName: string; verification: string }) | null>;
  isLoginActive(loginId: string): Promise<boolean>;
  /** Live questions of a session that a person has answered. */
  answeredBy(sessionId: string, personId: string): Promise<string[]>;
  confirmInClass(
    who: { sessionId: string; personId: string; connId: string },
    confirmation: PresenceConfirmation,
  ): Promise<PresenceStored>;
}

/** Null while there is nothing to see. */
interface Playback {
  prefix: string | null;
  playbackToken: string | null;
  outsideUrl: string | null;
  kind: 'preview' | 'live' | null;
}

const NOTHING: Playback = { prefix: null, playbackToken: null, outsideUrl: null, kind: null };

/** Longer than media is waited for. */
const TAKE_MS = 10_000;

export type LiveService = ReturnType<typeof createLive>;

/** Entering a room, and what is seen and stored from it. */
export function createLive({ db, clock, secrets }: Services, needs: LiveNeeds) {
  const { courses, attendance, rooms, broadcasts, media, outside } = needs;

  /**
   * A ticket outlives the login it was given to; the room does not. Why that ended is told where it would be renewed.
   * @throws AppError `not-signed-in`
   */
  async function checkStillIn({ loginId }: Ticket): Promise<void> {
    if (!(await needs.isLoginActive(loginId))) throw new AppError('not-signed-in');
  }

  /** With a fresh playback token if the last one, given at `playbackGivenAt` (epoch ms), is past half its life. */
  async function storeBeats(ticket: Ticket, beats: Beat[], playbackGivenAt = ticket.issuedAt): Promise<BeatsStored> {
    await checkStillIn(ticket);
    const { personId, sessionId } = ticket;
    const { accepted, creditedMs, standing, replay } = await stores(ticket, beats);
    const { revision, prefix, presence } = await rooms.snapshot(sessionId);
    const now = clock();
    // A whole crowd is answered so: what is not said is not there, and nothing is made only to be copied.
    const answer: BeatsStored = { accepted, creditedMs, revision };
    if (replay) answer.replay = replay;
    // The check that somebody confirmed last is news only while it runs.
    if (standing && (standing.missedFrom !== null || standing.confirmed === presence?.id)) answer.standing = standing;
    if (prefix !== null && now - playbackGivenAt >= PLAYBACK_RENEW_MS)
      answer.playbackToken = signPlayback(secrets.playback, { personId, sessionId, prefix }, now);
    return answer;
  }

  /** What a screen plays is nobody's by itself: it has its own record. */
  async function stores(ticket: Ticket, beats: Beat[]): Promise<Stored> {
    const { personId, sessionId, connId, deviceId, issuedAt: openedAt, isScreen } = ticket;
    if (!isScreen) return attendance.store({ personId, sessionId, connId, deviceId, openedAt }, beats);
    const screen = { screenId: personId, sessionId, connId, deviceId, openedAt };
    const { accepted, playedMs } = await attendance.screens.played(screen, beats);
    return { accepted, creditedMs: playedMs };
  }

  return {
    rooms,
    checkStillIn,
    storeBeats,

    /** In the class, or in its replay. @throws AppError as presence and attendance say */
    async confirmPresence(ticket: Ticket, confirmation: PresenceConfirmation): Promise<PresenceStored> {
      const { sessionId, personId, connId, issuedAt } = ticket;
      // Kept for the whole class: forty thousand confirm within a minute.
      const { endedAt } = await rooms.snapshot(sessionId);
      const who = { sessionId, personId, connId };
      if (!isReplay(issuedAt, endedAt === null ? null : Date.parse(endedAt)))
        return needs.confirmInClass(who, confirmation);
      return { stored: true, ...(await attendance.confirmInReplay(who, confirmation)) };
    },

    /**
     * Lets a person in: notes them as present in the room and gives a ticket for this page load. `wait`: how long they stood in line for it.
     * @throws AppError `session-not-open` for a draft, `person-refused`
     */
    async enter(
      who: { personId: string; loginId: string; deviceId: string },
      sessionId: string,
      wait: { beganAt: number; waitedMs: number } | null = null,
    ): Promise<Admission> {
      const now = clock();
      const person = await needs.personForLogin(who.personId);
      if (!person) throw new AppError('not-signed-in');
      if (person.verification === 'refused') throw new AppError('person-refused');
      const room = await rooms.snapshot(sessionId);
      if (room.state === 'draft') throw new AppError('session-not-open');
      const { creditedMs, standing } =
        room.state === 'scheduled' || room.state === 'live'
          ? await attendance.enter(sessionId, person)
          : { creditedMs: await attendance.credit(sessionId, who.personId), standing: NOTHING_ASKED };
      if (wait) await attendance.noteWait({ ...wait, sessionId, personId: who.personId });
      const connId = randomUUID();
      const ticket = signTicket(
        secrets.ticket,
        { ...who, sessionId, connId, unitId: person.unitId, personName: person.name, unitName: person.unitName },
        now,
      );
      return {
        ticket,
        connId,
        playbackToken:
          room.prefix === null
            ? null
            : signPlayback(secrets.playback, { personId: who.personId, sessionId, prefix: room.prefix }, now),
        creditedMs,
        standing,
        replay: room.replayUntil === null ? null : await attendance.replayStatus(sessionId, who.personId),
        personId: who.personId,
        personName: person.name,
        room,
        // Nobody has answered what was not asked yet.
        answered: room.question === null ? [] : await needs.answeredBy(sessionId, who.personId),
      };
    },

    /** Lets a shared screen in, for one load of its page. @throws AppError `session-not-open` for a draft */
    async enterAsScreen(
      screen: { screenId: string; unitId: string; unitName: string; room: string },
      who: { loginId: string; deviceId: string },
      sessionId: string,
    ): Promise<Admission> {
      const now = clock();
      const room = await rooms.snapshot(sessionId);
      if (room.state === 'draft') throw new AppError('session-not-open');
      const connId = randomUUID();
      const { screenId: personId, unitId, unitName, room: personName } = screen;
      const names = { unitId, unitName, personName };
      const ticket = { ...who, ...names, personId, sessionId, connId, isScreen: true as const };
      const playback = room.prefix === null ? null : { personId, sessionId, prefix: room.prefix };
      return {
        ticket: signTicket(secrets.ticket, ticket, now),
        connId,
        playbackToken: playback && signPlayback(secrets.playback, playback, now),
        creditedMs: 0,
        standing: NOTHING_ASKED,
        replay: null,
        personId,
        personName,
        room,
        answered: [],
      };
    },

    /** Playback for somebody who is in the room, and reports no beats by which a token would be renewed. @throws AppError `person-refused` */
    async playback(personId: string, sessionId: string): Promise<Pick<Playback, 'prefix' | 'playbackToken'>> {
      const person = await needs.personForLogin(personId);
      if (!person || person.verification === 'refused') throw new AppError('person-refused');
      const { prefix } = await rooms.snapshot(sessionId);
      if (prefix === null) return { prefix, playbackToken: null };
      return { prefix, playbackToken: signPlayback(secrets.playback, { personId, sessionId, prefix }, clock()) };
    },

    /** Which person a ticket names, outside the socket. @throws AppError `bad-ticket`, `not-signed-in`, `forbidden` for a screen's */
    async readTicket(token: string): Promise<Ticket> {
      const ticket = verifyTicket(secrets.ticket, token, clock());
      if (!ticket) throw new AppError('bad-ticket');
      if (ticket.isScreen) throw new AppError('forbidden');
      await checkStillIn(ticket);
      return ticket;
    },

    /** Beats of a page that is gone, or whose office lets no socket through: its ticket is all that speaks for them. */
    async storeLeftBeats(token: string, beats: Beat[]): Promise<BeatsStored> {
      const ticket = verifyTicket(secrets.ticket, token, clock());
      if (!ticket) throw new AppError('bad-ticket');
      return storeBeats(ticket, beats);
    },

    async myCredit(sessionId: string, personId: string) {
      const session = await courses.sessionForRoom(sessionId);
      if (!session) throw notFound();
      const [creditedMs, missed] = await Promise.all([
        attendance.credit(sessionId, personId),
        attendance.missedBy(sessionId, personId),
      ]);
      const { requiredMs } = session;
      return { personId, creditedMs, requiredMs, complete: creditedMs >= requiredMs, missed };
    },

    /** Playback for a console: the test stream before the class, the class from its start. */
    async watch(viewerId: string, sessionId: string): Promise<Playback> {
      const session = await courses.sessionForRoom(sessionId);
      if (!session) throw notFound();
      const kind = session.startedAt === null ? 'preview' : 'live';
      const broadcast = await broadcasts.find(sessionId, kind);
      if (!broadcast || broadcast.firstPdt === null || broadcast.gone) return NOTHING;
      if (broadcast.outside) return { ...NOTHING, outsideUrl: broadcast.outside.url, kind };
      const { prefix } = broadcast;
      return {
        prefix,
        outsideUrl: null,
        playbackToken: signPlayback(secrets.playback, { personId: viewerId, sessionId, prefix }, clock()),
        kind,
      };
    },

    /** @throws AppError `not-found` for a publisher who is not there, `media-unavailable` */
    async putOnAir(sessionId: string, publisherId: string, actor: Actor): Promise<void> {
      const noted = (tx: Tx, detail: { publisherId: string; outcome?: 'unknown' }) =>
        audit(tx, actor, clock(), 'session:on-air', { kind: 'session', id: sessionId }, detail);
      try {
        await db.prisma.$transaction(
          async (tx) => {
            // Written before the switch, which must not happen when it cannot be put on record.
            await noted(tx, { publisherId });
            await media.take({ sessionId, publisherId });
          },
          { timeout: TAKE_MS },
        );
      } catch (error) {
        // Media may have switched without our hearing of it.
        const refused = error instanceof AppError && error.code === 'not-found';
        if (!refused) await noted(db.prisma, { publisherId, outcome: 'unknown' });
        throw error;
      }
    },

    /**
     * Leave to publish from a page.
     * @throws AppError `session-not-open` for a session that is over
     */
    async publishTicket(sessionId: string, publisherId: string, actor: Actor): Promise<string> {
      const session = await courses.sessionForRoom(sessionId);
      if (!session) throw notFound();
      if (session.endedAt !== null) throw new AppError('session-not-open');
      const now = clock();
      await audit(db.prisma, actor, now, 'session:publish', { kind: 'session', id: sessionId }, { publisherId });
      return signPublishTicket(secrets.ticket, { sessionId, publisherId }, now);
    },

    async health(sessionId: string): Promise<StreamHealth> {
      const session = await courses.sessionForRoom(sessionId);
      if (!session) throw notFound();
      await outside.followOften(session);
      const isOutside = session.outsideUrl !== null;
      const open = (await media.status()).filter(
        (status) => status.sessionId === sessionId && (status.outside !== null) === isOutside,
      );
      const status = open.find((candidate) => candidate.publishing) ?? open[0];
      return {
        kind: status?.kind ?? null,
        publishing: status?.publishing ?? false,
        source: status ? SourceFormat.nullable().parse(status.source) : null,
        bitrate: status?.bitrate ?? 0,
        keyFrameIntervalMs: status?.keyFrameIntervalMs ?? null,
        lagMs: status?.lagMs ?? null,
        levels: status?.levels ?? null,
        reduced: status?.reduced ?? false,
        rungs: status?.rungs ?? [],
        publishers: open.flatMap(({ publishers }) => publishers),
        recording: status?.recording ?? 'none',
        egress: await media.egress(),
        outside: status?.outside ?? null,
        publisherLostAt: session.publisherLostAt === null ? null : new Date(session.publisherLostAt).toISOString(),
      };
    },
  };
}
