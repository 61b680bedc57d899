import { audit, SYSTEM } from '../audit.ts';
import type { Services } from '../services.ts';

const DAY_MS = 86_400_000;
const BATCH = 500;
/** What stands for somebody whose data is gone. */
export const ERASED_NAME = '已删除';

/**
 * Erases of whom no record is left: who left their unit longer ago than network logs are kept, and at once who asked for deletion. Name,
 * position, number go; the row stays, an id alone. @returns how many
 */
export async function eraseDeparted({ db, clock, config }: Services): Promise<number> {
  const now = clock();
  const before = new Date(now - config.retention.networkLogsDays * DAY_MS);
  let erased = 0;
  for (;;) {
    const rows = await db.prisma.$transaction(async (tx) => {
      const gone = await tx.$queryRaw<{ id: string }[]>`
        update person set name = ${ERASED_NAME}, position = null, phone_hash = null, phone_cipher = null, phone_last4 = null,
          link_hash = null, erased_at = ${new Date(now)}
        where id in (
          select id from person p where (p.left_at < ${before} or p.left_at is not null and p.erasure_asked_at is not null) and p.erased_at is null
            and not exists (select from attendee where person_id = p.id)
            and not exists (select from attempt where person_id = p.id)
            and not exists (select from proof where person_id = p.id)
            and not exists (select from account where person_id = p.id)
          order by p.id limit ${BATCH} for update skip locked)
        returning id`;
      if (gone.length > 0) {
        const subject = { kind: 'person', id: null };
        await audit(tx, SYSTEM, now, 'retention:erase', subject, { people: gone.map(({ id }) => id) });
      }
      return gone.length;
    });
    erased += rows;
    if (rows < BATCH) return erased;
  }
}
