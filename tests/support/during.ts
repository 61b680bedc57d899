import type { Tx } from '#server/db.ts';
import type { TestApp } from './app.ts';
import { until } from './media-run.ts';

/** Begins something while a transaction holds what it has changed; that commits once the other one waits, or is done. */
export async function during<T>(
  { prisma }: Pick<TestApp, 'prisma'>,
  change: (tx: Tx) => Promise<unknown>,
  begin: () => Promise<T>,
): Promise<T> {
  const { begun } = await prisma.$transaction(
    async (tx) => {
      await change(tx);
      const begun = begin();
      let done = false;
      const note = () => {
        done = true;
      };
      begun.then(note, note);
      const waits = async () => {
        const [row] = await prisma.$queryRaw<{ count: number }[]>`
          select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`;
        return (row?.count ?? 0) > 0;
      };
      await until(async () => done || (await waits()));
      return { begun };
    },
    { timeout: 120_000 },
  );
  return begun;
}
