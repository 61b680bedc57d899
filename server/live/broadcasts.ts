import { randomBytes } from 'node:crypto';
import type { AuthoriseResponse, Broadcast, MediaEvent } from '#contract/media.ts';
import type { Courses } from '../courses/service.ts';
import type { Tx } from '../db.ts';
import { isUniqueViolation } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';

type Kind = Broadcast['kind'];

export interface OpenBroadcast extends Broadcast {
  publishing: boolean;
  /** Epoch ms of the first frame on the session axis; null until the first segment. */
  firstPdt: number | null;
}

const PREFIX_BYTES = 18;

export type Broadcasts = ReturnType<typeof createBroadcasts>;

/** What is, or was, published for a session: one URL prefix a broadcast. */
export function createBroadcasts({ db, clock, signals }: Services, courses: Courses) {
  const { prisma } = db;

  /** The session's broadcast of a kind: the open one, else for a session that is over its last. */
  async function find(sessionId: string, kind: Kind): Promise<OpenBroadcast | null> {
    const row = await prisma.broadcast.findFirst({ where: { sessionId, kind }, orderBy: { createdAt: 'desc' } });
    return (
      row && {
        id: row.id,
        sessionId,
        prefix: row.prefix,
        kind,
        publishing: row.publishing && row.endedAt === null,
        firstPdt: row.firstPdt === null ? null : Number(row.firstPdt),
      }
    );
  }

  /** The open broadcast of a kind, made if there is none. Of two that race, a unique index lets one win. */
  async function open(sessionId: string, kind: Kind, tx: Tx = prisma): Promise<Broadcast> {
    const where = { sessionId, kind, endedAt: null };
    const found = await tx.broadcast.findFirst({ where });
    if (found) return { id: found.id, sessionId, prefix: found.prefix, kind };
    const made = { id: newId(), sessionId, prefix: randomBytes(PREFIX_BYTES).toString('base64url'), kind };
    try {
      await tx.broadcast.create({ data: { ...made, createdAt: new Date(clock()) } });
      return made;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const winner = await prisma.broadcast.findFirstOrThrow({ where });
      return { id: winner.id, sessionId, prefix: winner.prefix, kind };
    }
  }

  /** Who holds a stream key may publish a preview before the class, and the class while it is live. */
  async function authorise(streamKey: string): Promise<AuthoriseResponse> {
    const session = await courses.findByStreamKey(streamKey);
    if (!session) return { allowed: false, reason: 'unknown-key' };
    if (session.state === 'ended') return { allowed: false, reason: 'session-ended' };
    if (session.state === 'archived') return { allowed: false, reason: 'session-archived' };
    const kind = session.state === 'live' ? 'live' : 'preview';
    return { allowed: true, broadcast: await open(session.sessionId, kind) };
  }

  /** Takes in what media reports; an event that comes again changes nothing. */
  async function record(event: MediaEvent): Promise<void> {
    const known = await prisma.$transaction(async (tx) => {
      const inserted = await tx.mediaEvent.createMany({
        data: { id: event.id, type: event.type, receivedAt: new Date(clock()) },
        skipDuplicates: true,
      });
      if (inserted.count === 0) return false;
      const broadcast = await tx.broadcast.findUnique({ where: { id: event.broadcastId } });
      if (!broadcast) return false;
      await tx.broadcast.update({ where: { id: broadcast.id }, data: changeOf(event) });
      await courses.bumpRevision(tx, event.sessionId);
      return true;
    });
    if (!known) return;
    await noteAbsence(event);
    signals.emit('room-changed', event.sessionId);
  }

  /** A live class whose publisher is away is on record, so that its end can be waited for. */
  async function noteAbsence(event: MediaEvent): Promise<void> {
    if (event.type !== 'publisher-lost' && event.type !== 'publisher-connected') return;
    const session = await courses.sessionForRoom(event.sessionId);
    if (session?.state !== 'live') return;
    await courses.setPublisherLost(event.sessionId, event.type === 'publisher-lost' ? event.at : null);
  }

  return { find, open, authorise, record };
}

function changeOf(event: MediaEvent) {
  switch (event.type) {
    case 'publisher-connected':
      return { publishing: true, source: event.source };
    case 'publisher-lost':
      return { publishing: false };
    case 'broadcast-started':
      return { firstPdt: event.firstPdt };
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
