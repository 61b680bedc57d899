import type { Erasure } from '#contract/personal-data.ts';
import type { Prisma } from '#prisma/client.ts';
import { type Actor, audit } from '../audit.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { ERASED_NAME } from '../retention/departed.ts';
import { recordDueAt } from '../retention/rules.ts';
import type { Services } from '../services.ts';

/** A file for a person. */
interface PersonalFile {
  name: string;
  type: string;
  content: Buffer;
}

export type PersonalData = ReturnType<typeof createPersonalData>;

/** What a person may ask for: their data, and its deletion where the law allows. */
export function createPersonalData({ db, clock, sealing, config, signals }: Services) {
  const { prisma, pool } = db;

  /**
   * Everything that is stored of a person: each table that names them, from the catalog, so that none is forgotten. That it was taken is on
   * record before it is sent.
   * @throws AppError `not-found`
   */
  async function everything(personId: string, actor: Actor): Promise<PersonalFile> {
    const person = await prisma.person.findUnique({ where: { id: personId }, include: { unit: true } });
    if (!person) throw notFound();
    const now = clock();
    await audit(prisma, actor, now, 'person:data', { kind: 'person', id: personId });
    const records: Record<string, unknown[]> = {};
    for (const table of await tables()) records[table] = await rowsOf(table, personId);
    const { rows: answers } = await pool.query<{ row: unknown }>(
      `select to_jsonb(a) as row from attempt_answer a join attempt on attempt.id = a.attempt_id where attempt.person_id = $1`,
      [personId],
    );
    const { rows: looks } = await pool.query<{ at: Date }>(
      `select at from audit_entry where action = 'phone:read' and subject = 'person' and subject_id = $1 order by id`,
      [personId],
    );
    const { name, category, position, verification, createdAt, leftAt, phoneCipher, phoneLast4 } = person;
    const content = {
      madeAt: new Date(now).toISOString(),
      person: {
        ...{ id: personId, name, unit: person.unit.name, category, position, verification, createdAt, leftAt },
        phone: phoneCipher && (opened(phoneCipher) ?? sealing.masked(phoneCipher, phoneLast4)),
      },
      numberLookedAt: looks.map(({ at }) => at.toISOString()),
      records: { ...records, attempt_answer: answers.map(({ row }) => row) },
    };
    return {
      name: `个人信息-${name}.json`,
      type: 'application/json; charset=utf-8',
      content: Buffer.from(`${JSON.stringify(content, null, 2)}\n`),
    };
  }

  /** Tables that name a person. */
  async function tables(): Promise<string[]> {
    const { rows } = await pool.query<{ table: string }>(
      `select table_name as table from information_schema.columns
       where table_schema = 'public' and column_name = 'person_id' order by table_name`,
    );
    return rows.map(({ table }) => table);
  }

  /** Without what only the server has a use for. */
  async function rowsOf(table: string, personId: string): Promise<unknown[]> {
    const { rows } = await pool.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from ${table} t where person_id = $1`,
      [personId],
    );
    return rows.map(({ row }) =>
      Object.fromEntries(Object.entries(row).filter(([column]) => !/(_hash|_cipher|secret|password)/.test(column))),
    );
  }

  function opened(cipher: Uint8Array): string | null {
    try {
      return sealing.unseal(cipher);
    } catch {
      return null;
    }
  }

  /** What would stay. */
  async function preview(personId: string): Promise<Erasure> {
    const [attended, account] = await Promise.all([
      prisma.attendee.findMany({
        where: { personId },
        select: { category: true, session: { select: { endedAt: true } } },
      }),
      prisma.account.count({ where: { personId } }),
    ]);
    const kept = (['general', 'special'] as const).flatMap((recordClass) => {
      const ends = attended.flatMap(({ category, session: { endedAt } }) =>
        endedAt && (category === 'special_operator') === (recordClass === 'special') ? [endedAt.getTime()] : [],
      );
      if (ends.length === 0) return [];
      const until = recordDueAt(Math.max(...ends), recordClass, config.retention);
      return [{ recordClass, sessions: ends.length, until: new Date(until).toISOString() }];
    });
    const open = attended.filter(({ session }) => session.endedAt === null).length;
    return { kept, open, account: account > 0 };
  }

  /**
   * Takes a person off the roster and deletes what is no training record at once: number, link, position, logins, questions to the
   * instructor, network reports. Without a record the name as well; otherwise name and record go by rule.
   * @throws AppError `not-found`, `erased-has-account`
   */
  async function erase(personId: string, reason: string, actor: Actor): Promise<Erasure & { personId: string }> {
    const standing = await preview(personId);
    if (standing.account) throw new AppError('erased-has-account');
    const now = new Date(clock());
    await prisma.$transaction(async (tx) => {
      await tx.networkReport.deleteMany({ where: { personId } });
      await tx.roomQuestion.deleteMany({ where: { personId } });
      const person = await tx.person.findUniqueOrThrow({ where: { id: personId }, include: { unit: true } });
      const whole = standing.kept.length === 0 && standing.open === 0;
      await tx.person.update({
        where: { id: personId },
        data: {
          ...{ phoneHash: null, phoneCipher: null, phoneLast4: null, linkHash: null, position: null },
          ...{ leftAt: now, erasureAskedAt: now },
          ...(whole && { name: ERASED_NAME, erasedAt: now }),
        },
      });
      await tx.login.updateMany({ where: { personId }, data: { userAgent: '' } });
      await forgetContact(tx, person);
      const detail = { reason, whole, kept: standing.kept.map(({ recordClass, until }) => ({ recordClass, until })) };
      await audit(tx, actor, now.getTime(), 'person:erase', { kind: 'person', id: personId }, detail);
    });
    signals.emit('people-excluded', [personId]);
    return { ...standing, personId };
  }

  /** Who is deleted is not the one whom the bureau calls for their unit any more. */
  async function forgetContact(
    tx: Tx,
    { phoneCipher, unit }: Prisma.PersonGetPayload<{ include: { unit: true } }>,
  ): Promise<void> {
    const number = phoneCipher && opened(phoneCipher);
    if (!number || !unit.contactCipher || opened(unit.contactCipher) !== number) return;
    const contact = { contactName: null, contactCipher: null, contactLast4: null };
    await tx.unit.update({ where: { id: unit.id }, data: contact });
  }

  return { everything, preview, erase };
}
