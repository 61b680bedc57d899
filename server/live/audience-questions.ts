import type { RoomQuestion } from '#contract/live.ts';
import type { Target } from '../accounts/policy.ts';
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
      const { personId, sessionId } = ticket;
      const known = await prisma.roomQuestion.findUnique({ where: { id } });
      if (known) return own(known, personId);
      const recent = await prisma.roomQuestion.findFirst({
        where: { sessionId, personId, askedAt: { gt: new Date(now - ASK_EVERY_MS) } },
        select: { id: true },
      });
      if (recent) throw new AppError('rate-limited');
      try {
        const { unitName, personName } = ticket;
        const data = { id, sessionId, personId, unitName, personName, text, askedAt: new Date(now) };
        return view(await prisma.roomQuestion.create({ data }));
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return own(await prisma.roomQuestion.findUniqueOrThrow({ where: { id } }), personId);
      }
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

    async tick(id: string): Promise<RoomQuestion> {
      const row = await prisma.roomQuestion.findUnique({ where: { id } });
      if (!row) throw notFound();
      if (row.answeredAt) return view(row);
      return view(await prisma.roomQuestion.update({ where: { id }, data: { answeredAt: new Date(clock()) } }));
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
