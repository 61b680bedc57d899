import type { Language } from '#contract/errors.ts';
import type { ImportResult } from '#contract/organisations.ts';
import type { Visibility } from '../../accounts/principal.ts';
import { type Actor, audit } from '../../audit.ts';
import type { Tx } from '../../db.ts';
import { AppError, isUniqueViolation } from '../../errors.ts';
import type { Services } from '../../services.ts';
import { unitsWithin } from '../view.ts';
import { PERSON_COLUMNS, UNIT_COLUMNS } from './columns.ts';
import { inWords, type Problem } from './messages.ts';
import { type PeoplePlan, placeRows, planPeople } from './people.ts';
import * as store from './store.ts';
import { peopleTemplate, unitsTemplate } from './template.ts';
import { type Plan, planUnits } from './units.ts';
import { MAX_ROWS, readTable, type Table } from './workbook.ts';

interface Options {
  /** false: only check. */
  commit: boolean;
  language: Language;
  actor: Actor;
}

const LIMITS = { timeout: 120_000, maxWait: 10_000 };

/** Sheets of units and people. All rows of a sheet are stored, in one transaction, or none. */
export function createImports({ db, clock, sealing }: Services) {
  const { prisma } = db;

  /**
   * @throws AppError `bad-workbook`; with `commit` also `import-errors`, whose fields name row and column, or
   * `duplicate-unit` when somebody else stored one of the units just now
   */
  async function importUnits(file: Buffer, options: Options): Promise<ImportResult> {
    const table = await readTable(file, UNIT_COLUMNS);
    const now = clock();
    const plan = async (tx: Tx) => planUnits(table, await tx.area.findMany(), await store.storedUnits(tx), sealing);
    const write = async (tx: Tx, { inserts, updates }: Plan<store.NewUnit>) => {
      await store.insertUnits(tx, inserts, now);
      await store.updateUnits(tx, updates, now);
    };
    return run(table, 'import:units', 'duplicate-unit', options, plan, write);
  }

  /** Rows of units that the caller may not see are errors. @throws as {@link importUnits}, with `duplicate-person` */
  async function importPeople(file: Buffer, options: Options & { visibility: Visibility }): Promise<ImportResult> {
    const table = await readTable(file, PERSON_COLUMNS);
    const now = clock();
    const plan = async (tx: Tx) => {
      const units = await tx.unit.findMany({
        where: unitsWithin(options.visibility),
        select: { id: true, name: true, creditCode: true, closedAt: true },
      });
      const problems: Problem[] = [];
      const rows = placeRows(table, units, problems);
      const stored = await store.peopleOf(tx, [...new Set(rows.map((row) => row.unitId))]);
      const planned = await planPeople(rows, table, stored, sealing);
      return { ...planned, problems: [...problems, ...planned.problems] };
    };
    const write = async (tx: Tx, { inserts, updates, released }: PeoplePlan) => {
      await store.releasePhones(tx, released);
      await store.updatePeople(tx, updates, now);
      await store.insertPeople(tx, inserts, now);
    };
    return run(table, 'import:people', 'duplicate-person', options, plan, write);
  }

  async function run<T, P extends Plan<T>>(
    table: Table<string>,
    action: string,
    raced: 'duplicate-unit' | 'duplicate-person',
    { commit, language, actor }: Options,
    plan: (tx: Tx) => Promise<P>,
    write: (tx: Tx, planned: P) => Promise<void>,
  ): Promise<ImportResult> {
    const wrong = problemsOfTable(table);
    const result = (planned: Plan<T> | null, problems: Problem[], committed: boolean): ImportResult => ({
      rows: table.rows.length,
      created: planned?.inserts.length ?? 0,
      updated: planned?.updates.length ?? 0,
      unchanged: planned?.unchanged ?? 0,
      committed,
      errors: inWords(problems, language),
    });
    const refuse = (problems: Problem[]) => {
      const fields = inWords(problems, language).map(({ row, column, message }) => ({
        path: `${row}.${column}`,
        message,
      }));
      return new AppError('import-errors', { count: problems.length }, fields);
    };
    if (wrong.length > 0) {
      if (commit) throw refuse(wrong);
      return result(null, wrong, false);
    }
    if (!commit) {
      const planned = await plan(prisma);
      return result(planned, planned.problems, false);
    }
    try {
      const done = await prisma.$transaction(async (tx) => {
        await store.lockImports(tx);
        const planned = await plan(tx);
        if (planned.problems.length > 0) throw refuse(planned.problems);
        await write(tx, planned);
        const { errors: _, ...counts } = result(planned, [], true);
        await audit(tx, actor, clock(), action, { kind: 'import', id: null }, counts);
        return result(planned, [], true);
      }, LIMITS);
      await store.refreshStatistics(db);
      return done;
    } catch (error) {
      if (isWriteRace(error)) throw new AppError(raced);
      throw error;
    }
  }

  return {
    importUnits,
    importPeople,
    async unitsTemplate(): Promise<Buffer> {
      const areas = await prisma.area.findMany({ orderBy: [{ position: 'asc' }, { id: 'asc' }] });
      return unitsTemplate(areas.map((area) => area.name));
    },
    peopleTemplate,
  };
}

function problemsOfTable({ missing, rows, tooMany }: Table<string>): Problem[] {
  if (missing.length > 0) {
    return missing.map((column) => ({ row: 1, column, value: '', code: 'missing-column' as const }));
  }
  const last = rows.at(-1);
  if (!last) return [{ row: 2, column: '', value: '', code: 'no-rows' }];
  if (tooMany) return [{ row: last.row, column: '', value: '', code: 'too-many-rows', params: { limit: MAX_ROWS } }];
  return [];
}

/** Somebody stored one of the rows between our look and our write. Raw statements report it as P2010 with the cause. */
function isWriteRace(error: unknown): boolean {
  return isUniqueViolation(error) || /23505|UniqueConstraintViolation/.test(JSON.stringify(error));
}
