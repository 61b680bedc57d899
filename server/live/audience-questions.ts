import type { RoomQuestion } from '#contract/live.ts';
import type { Target } from '../accounts/policy.ts';
import { type Actor, audit } from '../audit.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Ticket } from './ticket.ts';

/** One person may ask this often. */
const ASK_EVERY_MS = 5_000;
const SHOWN = 500;

export type AudienceQuestions = ReturnType<typeof createAudienceQuestions>;

/** What learners ask the instructor (提问). */
export function createAudienceQuestions(
  { db, clock }: Services,
  locateSession: (id: string) => Promise<Target | null>,
) {
  const { prisma } = db;

  return {
    /**
     * Stores a question under the id that the page gave it; sent again it is the same question.
     * @throws AppError `rate-limited`
     */
    async ask(ticket: Ticket, { id, text }: { id: string; text: string }): Promise<RoomQuestion> {
      const now = clock();
      const { personId, sessionId, unitName, personName } = ticket;
      try {
        return await prisma.$transaction(async (tx) => {
          // One after the other, or several sent at once would each find that none was asked lately.
          await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`question ${personId}`}, 0))`;
          const known = await tx.roomQuestion.findUnique({ where: { id } });
          if (known) return own(known, personId);
          const recent = await tx.roomQuestion.findFirst({
            where: { sessionId, personId, askedAt: { gt: new Date(now - ASK_EVERY_MS) } },
            select: { id: true },
          });
          if (recent) throw new AppError('rate-limited');
          const data = { id, sessionId, personId, unitName, personName, text, askedAt: new Date(now) };
          return view(await tx.roomQuestion.create({ data }));
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        // Somebody else used this id in the same moment.
        return own(await prisma.roomQuestion.findUniqueOrThrow({ where: { id } }), personId);
      }
    },

    /** When these people asked something in a session. */
    async askingTimes(sessionId: string, personIds: string[]): Promise<{ personId: string; at: number }[]> {
      const { rows } = await db.pool.query<{ personId: string; at: Date }>(
        `select person_id as "personId", asked_at as at from room_question
         where session_id = $1 and person_id = any ($2::uuid[])`,
        [sessionId, personIds],
      );
      return rows.map(({ personId, at }) => ({ personId, at: at.getTime() }));
    },

    /** Newest first. */
    async list(sessionId: string): Promise<RoomQuestion[]> {
      const rows = await prisma.roomQuestion.findMany({
        where: { sessionId },
        orderBy: { askedAt: 'desc' },
        take: SHOWN,
      });
      return rows.map(view);
    },

    /** Ticks a question off; one that is ticked off already stays as it is. */
    async tick(id: string, actor: Actor): Promise<RoomQuestion> {
      return prisma.$transaction(async (tx) => {
        const now = clock();
        const { count } = await tx.roomQuestion.updateMany({
          where: { id, answeredAt: null },
          data: { answeredAt: new Date(now) },
        });
        const row = await tx.roomQuestion.findUnique({ where: { id } });
        if (!row) throw notFound();
        const subject = { kind: 'room-question', id };
        if (count > 0) await audit(tx, actor, now, 'room-question:answer', subject, { sessionId: row.sessionId });
        return view(row);
      });
    },

    async locate(id: string): Promise<Target | null> {
      const row = await prisma.roomQuestion.findUnique({ where: { id }, select: { sessionId: true } });
      return row && locateSession(row.sessionId);
    },
  };
}

interface Row {
  id: string;
  sessionId: string;
  personId: string;
  unitName: string;
  personName: string;
  text: string;
  askedAt: Date;
  answeredAt: Date | null;
}

/** Somebody else's id is no way to read somebody else's question. */
function own(row: Row, personId: string): RoomQuestion {
  if (row.personId !== personId) throw new AppError('forbidden');
  return view(row);
}

function view(row: Row): RoomQuestion {
  const { id, sessionId, unitName, personName, text } = row;
  return {
    id,
    sessionId,
    unitName,
    personName,
    text,
    askedAt: row.askedAt.toISOString(),
    answeredAt: row.answeredAt?.toISOString() ?? null,
  };
}
