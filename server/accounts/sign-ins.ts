import type { PersonCategory } from '#contract/organisations.ts';
import type { Actor } from '../audit.ts';
import { transaction } from '../db.ts';
import { AppError } from '../errors.ts';
import { createGather } from '../gather.ts';
import type { Joining, NotJoined } from '../organisations/arrivals.ts';
import type { PeopleDirectory } from '../organisations/service.ts';
import type { Services } from '../services.ts';
import type { Logins, SignedIn } from './logins.ts';

const TOGETHER_MS = 50;
const MAX_QUEUE = 5_000;
const MAX_BATCH = 500;

type Arriving = Joining & { userAgent: string };

/** Signs in people who come without a password: those of the same moment in one transaction, on the roster, on record and with their login. */
export function createSignIns(
  { db, logger, metrics }: Pick<Services, 'db' | 'logger' | 'metrics'>,
  people: Pick<PeopleDirectory, 'joinPeople'>,
  logins: Pick<Logins, 'openWithin'>,
) {
  const gather = createGather<Arriving, SignedIn | NotJoined>({
    intervalMs: TOGETHER_MS,
    eager: true,
    maxQueue: MAX_QUEUE,
    maxBatch: MAX_BATCH,
    logger,
    metrics: metrics.gather('sign-ins'),
    key: () => 'by-code',
    write: (_, arriving) =>
      transaction(db.pool, async (client) => {
        const joined = await people.joinPeople(client, arriving);
        const letIn = joined.flatMap((person, n) =>
          typeof person === 'string' ? [] : [{ person, userAgent: arriving[n]?.userAgent ?? '' }],
        );
        const signedIn = await logins.openWithin(client, letIn);
        return joined.map((person) => (typeof person === 'string' ? person : (signedIn.shift() as SignedIn)));
      }),
  });

  return {
    /**
     * Resolves after the commit.
     * @throws AppError `unknown-join-code`, `name-phone-mismatch`, `person-refused`, `busy` (nothing stored)
     */
    async byCode(
      joinCode: string,
      who: { name: string; phone: string; category?: PersonCategory | undefined },
      userAgent: string,
      actor: Actor,
    ): Promise<SignedIn> {
      const signedIn = await gather.add({ ...who, joinCode, userAgent, actor });
      if (typeof signedIn === 'string') throw new AppError(signedIn);
      return signedIn;
    },
    /** Stores who is waiting. */
    close: gather.close,
  };
}
