import type { RoomQuestion } from '#contract/live.ts';
import type { Target } from '../accounts/policy.ts';
import { type Actor, audit } from '../audit.ts';
import { AppError, notFound } from '../errors.ts';
import { createGather } from '../gather.ts';
import type { Services } from '../services.ts';
import { type Asked, type Outcome, type QuestionRow, storeQuestions } from './question-store.ts';
import type { Ticket } from './ticket.ts';

/** One person may ask this often. */
const ASK_EVERY_MS = 5_000;
const SHOWN = 500;
/** Questions of one session wait so long for each other, ms. */
const GATHER_MS = 50;
const MAX_QUEUE = 5_000;
const MAX_BATCH = 500;

export type AudienceQuestions = ReturnType<typeof createAudienceQuestions>;

/** What learners ask the instructor (提问). */
export function createAudienceQuestions(
  { db, clock, logger, metrics }: Services,
  locateSession: (id: string) => Promise<Target | null>,
) {
  const { prisma, pool } = db;
  const gather = createGather<Asked & { sessionId: string }, Outcome>({
    intervalMs: GATHER_MS,
    eager: true,
    maxQueue: MAX_QUEUE,
    maxBatch: MAX_BATCH,
    logger,
    metrics: metrics.gather('questions'),
    key: ({ sessionId }) => sessionId,
    write: (sessionId, questions) => storeQuestions(pool, sessionId, questions, ASK_EVERY_MS),
  });

  return {
    /**
     * Stores a question under the id that the page gave it; sent again it is the same question. Resolves after the commit.
     * @throws AppError `rate-limited`, `forbidden` for an id that is somebody else's, `busy` (nothing stored: send again)
     */
    async ask(ticket: Ticket, { id, text }: { id: string; text: string }): Promise<RoomQuestion> {
      const { personId, sessionId, unitName, personName } = ticket;
      const outcome = await gather.add({ id, sessionId, personId, unitName, personName, text, askedAt: clock() });
      if (typeof outcome === 'string') throw new AppError(outcome);
      return view(outcome);
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

    /** Stores what is waiting. */
    close: gather.close,
  };
}

function view(row: QuestionRow): RoomQuestion {
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
