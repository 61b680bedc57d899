import { randomBytes } from 'node:crypto';
import type { AuthoriseResponse, Broadcast, Credential, MediaEvent } from '#contract/media.ts';
import type { Broadcast as Row } from '#prisma/client.ts';
import type { Courses } from '../courses/service.ts';
import type { Tx } from '../db.ts';
import { notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { verifyPublishTicket } from './publish-ticket.ts';

type Kind = Broadcast['kind'];

export interface OpenBroadcast extends Broadcast {
  publishing: boolean;
  /** Epoch ms of the first frame that is shown, on the session axis; null until the first segment. */
  firstPdt: number | null;
  /** Epoch ms of the end of its last frame; null while it is open. */
  lastPdt: number | null;
  /** Of its axis, how much has no picture, ms. */
  holesMs: number;
  /** It is over, and nothing of it is kept. */
  gone: boolean;
  /** Somebody else's stream that is shown in it, and what to add to its dates for the session axis, ms (null: it has none). */
  outside: { url: string; offsetMs: number | null } | null;
}

/** Where a session's picture is to come from. */
interface Wanted {
  sessionId: string;
  outsideUrl: string | null;
}

const PREFIX_BYTES = 18;

export type Broadcasts = ReturnType<typeof createBroadcasts>;

/** What is, or was, published for a session: one URL prefix a broadcast. */
export function createBroadcasts({ db, clock, secrets, signals }: Services, courses: Courses) {
  const { prisma } = db;

  /** The session's broadcast of a kind: the open one, else for a session that is over its last. */
  async function find(sessionId: string, kind: Kind): Promise<OpenBroadcast | null> {
    const row = await prisma.broadcast.findFirst({ where: { sessionId, kind }, orderBy: { createdAt: 'desc' } });
    return row && broadcastOf(row);
  }

  /** The open broadcast of a kind, made if there is none. Of two that race, a unique index lets one win. */
  async function open({ sessionId, outsideUrl }: Wanted, kind: Kind, tx: Tx = prisma): Promise<OpenBroadcast> {
    const where = { sessionId, kind, endedAt: null };
    const found = await tx.broadcast.findFirst({ where });
    if (found) return broadcastOf(found);
    const made = { id: newId(), sessionId, outsideUrl, prefix: randomBytes(PREFIX_BYTES).toString('base64url'), kind };
    // Skipping, not failing, so that a transaction that loses the race can go on.
    await tx.broadcast.createMany({ data: { ...made, createdAt: new Date(clock()) }, skipDuplicates: true });
    return broadcastOf(await tx.broadcast.findFirstOrThrow({ where }));
  }

  /**
   * The open broadcast of a kind, of where the picture is to come from now: one from elsewhere is ended (`ended`, its id) and another
   * opened. Null where there is none and no outside stream to be shown.
   */
  async function align(
    { id: sessionId, outsideUrl }: { id: string; outsideUrl: string | null },
    kind: Kind,
  ): Promise<{ broadcast: OpenBroadcast | null; ended: string | null }> {
    const where = { sessionId, kind, endedAt: null };
    const found = await prisma.broadcast.findFirst({ where });
    if (found && found.outsideUrl === outsideUrl) return { broadcast: broadcastOf(found), ended: null };
    if (!found && outsideUrl === null) return { broadcast: null, ended: null };
    const aligned = await prisma.$transaction(async (tx) => {
      // Holds the session's row, so that of two who align it the second finds it done.
      await courses.bumpRevision(tx, sessionId);
      const before = await tx.broadcast.findFirst({ where });
      const ended = before && before.outsideUrl !== outsideUrl ? before.id : null;
      if (ended !== null) {
        await tx.broadcast.update({ where: { id: ended }, data: { endedAt: new Date(clock()), publishing: false } });
      }
      return { broadcast: await open({ sessionId, outsideUrl }, kind, tx), ended };
    });
    signals.emit('room-changed', sessionId);
    return aligned;
  }

  /** Live sessions in which somebody else's stream is shown, whether it still is to be or not. */
  async function liveFromOutside(): Promise<string[]> {
    const where = { kind: 'live', endedAt: null, outsideUrl: { not: null } } as const;
    return (await prisma.broadcast.findMany({ where, select: { sessionId: true } })).map((row) => row.sessionId);
  }

  /** Places from which the outside streams that are shown now are read. */
  async function outsideOrigins(): Promise<string[]> {
    const where = { endedAt: null, outsideUrl: { not: null } };
    const rows = await prisma.broadcast.findMany({ where, select: { outsideOrigins: true } });
    return rows.flatMap((row) => row.outsideOrigins);
  }

  /** A class is over, and nobody here closes somebody else's stream. */
  async function closeOutside(sessionId: string, tx: Tx): Promise<void> {
    await tx.broadcast.updateMany({
      where: { sessionId, endedAt: null, outsideUrl: { not: null } },
      data: { endedAt: new Date(clock()), publishing: false },
    });
  }

  /** A class begins: whatever was published before it was its preview. */
  async function closePreview(sessionId: string, tx: Tx): Promise<void> {
    await tx.broadcast.updateMany({
      where: { sessionId, kind: 'preview', endedAt: null },
      data: { endedAt: new Date(clock()), publishing: false },
    });
  }

  /** Who holds a stream key or a ticket may publish a preview before the class, and the class while it is live. */
  async function authorise(credential: Credential): Promise<AuthoriseResponse> {
    const found = 'ticket' in credential ? byTicket(credential.ticket) : await byKey(credential.streamKey);
    const refused = { allowed: false, reason: 'ticket' in credential ? 'bad-ticket' : 'unknown-key' } as const;
    if (!found) return refused;
    const { sessionId, publisherId } = found;
    return prisma.$transaction(async (tx) => {
      // Held, so that no class begins between the question and the answer, and leaves its publisher in a preview that is over.
      const session = await courses.holdSession(tx, sessionId);
      if (!session) return refused;
      const { state, outsideUrl } = session;
      if (state === 'ended') return { allowed: false, reason: 'session-ended' };
      if (state === 'archived') return { allowed: false, reason: 'session-archived' };
      if (outsideUrl !== null) return { allowed: false, reason: 'outside-stream' };
      const { id, prefix, kind } = await open({ sessionId, outsideUrl }, state === 'live' ? 'live' : 'preview', tx);
      return { allowed: true, broadcast: { id, sessionId, prefix, kind }, publisherId };
    });
  }

  async function byKey(streamKey: string) {
    const sessionId = await courses.findByStreamKey(streamKey);
    return sessionId && { sessionId, publisherId: undefined };
  }

  function byTicket(token: string) {
    return verifyPublishTicket(secrets.ticket, token, clock());
  }

  /**
   * Takes in what media reports; an event that comes again changes nothing.
   * @throws AppError `not-found` for a broadcast that is not there (any more): media need not say it again
   */
  async function record(event: MediaEvent): Promise<void> {
    const isNew = await prisma.$transaction(async (tx) => {
      const inserted = await tx.mediaEvent.createMany({
        data: { id: event.id, type: event.type, receivedAt: new Date(clock()) },
        skipDuplicates: true,
      });
      if (inserted.count === 0) return false;
      const { broadcastId: id, sessionId } = event;
      const broadcast = await tx.broadcast.findUnique({ where: { id, sessionId } });
      if (!broadcast) throw notFound();
      // The session's row first, as in a change of state, so that the two can't wait for each other.
      await courses.bumpRevision(tx, sessionId);
      // What was replaced says nothing of the class any more.
      if (broadcast.endedAt === null) await noteAbsence(tx, event, broadcast.kind);
      await tx.broadcast.update({ where: { id }, data: changeOf(event) });
      return true;
    });
    if (isNew) signals.emit('room-changed', event.sessionId);
  }

  /** A live class whose publisher is away is on record, so that its end can be waited for. */
  async function noteAbsence(tx: Tx, event: MediaEvent, kind: Kind): Promise<void> {
    if (kind !== 'live') return;
    if (event.type === 'publisher-lost') await courses.setPublisherLost(event.sessionId, event.at, tx);
    if (event.type === 'publisher-connected') await courses.setPublisherLost(event.sessionId, null, tx);
  }

  /** Those of these sessions whose recording is closed and kept. */
  async function replayable(sessionIds: string[]): Promise<ReadonlySet<string>> {
    const rows = await prisma.broadcast.findMany({
      where: {
        sessionId: { in: sessionIds },
        kind: 'live',
        endedAt: { not: null },
        path: { not: null },
        firstPdt: { not: null },
      },
      select: { sessionId: true },
    });
    return new Set(rows.map((row) => row.sessionId));
  }

  return {
    find,
    open,
    align,
    replayable,
    closePreview,
    closeOutside,
    liveFromOutside,
    outsideOrigins,
    authorise,
    record,
  };
}

function broadcastOf(row: Row): OpenBroadcast {
  const { id, sessionId, prefix, kind, outsideUrl: url } = row;
  return {
    id,
    sessionId,
    prefix,
    kind,
    publishing: row.publishing && row.endedAt === null,
    firstPdt: row.firstPdt === null ? null : Math.max(Number(row.firstPdt), Number(row.trimFrom ?? 0)),
    lastPdt: row.lastPdt === null ? null : Math.min(Number(row.lastPdt), Number(row.trimTo ?? row.lastPdt)),
    holesMs: holesOf(row),
    gone: row.endedAt !== null && row.path === null,
    outside: url === null ? null : { url, offsetMs: numberOf(row.outsideOffsetMs) },
  };
}

function holesOf({ firstPdt, lastPdt, durationMs }: Row): number {
  if (firstPdt === null || lastPdt === null || durationMs === null) return 0;
  return Math.max(0, Number(lastPdt - firstPdt) - durationMs);
}

function numberOf(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

function changeOf(event: MediaEvent) {
  switch (event.type) {
    case 'publisher-connected':
      return { publishing: true, source: event.source };
    case 'publisher-lost':
      return { publishing: false };
    case 'broadcast-started':
      return { firstPdt: event.firstPdt };
    case 'outside-seen':
      return { outsideOffsetMs: event.offsetMs, outsideOrigins: event.origins };
    case 'broadcast-ended':
      return {
        publishing: false,
        endedAt: new Date(event.at),
        lastPdt: event.lastPdt,
        durationMs: event.durationMs,
        bytes: event.bytes,
        path: event.path,
      };
  }
}
