import { parseArgs } from 'node:util';
import type { Fault, FaultKind, Verification } from '#contract/verification.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { openDb } from '#server/db.ts';
import { AppError } from '#server/errors.ts';
import { createLogger } from '#server/logger.ts';
import { withDatabase } from './database/open.ts';

/*
 * npm run verify -- SESSION [--json]: checks the chain of a session's attendance and recomputes what everybody is credited
 * with. Ends with 0 when all is as it was made, 1 when it is not, 2 when it could not be told.
 */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SAY_EACH_MS = 2_000;

const FAULTS: Record<FaultKind, { zh: string; en: string }> = {
  changed: { zh: '记录被改动', en: 'changed' },
  missing: { zh: '记录被删除', en: 'missing' },
  inserted: { zh: '记录是后来插入的', en: 'inserted' },
  moved: { zh: '记录的次序被改动', en: 'moved' },
  'link-changed': { zh: '这一批的摘要不符', en: 'digest of the link does not fit' },
  'link-missing': { zh: '整批记录不见了', en: 'link missing' },
  'head-changed': { zh: '链尾不是最后一批', en: 'the head is not the last link' },
  'removal-unrecorded': { zh: '清除的条数与清除记录不符', en: 'removed by rule: not as many as removals say' },
  'credit-changed': { zh: '有效时长与记录不符', en: 'credit does not follow from the entries' },
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const [sessionId = ''] = positionals;
if (positionals.length !== 1 || !UUID.test(sessionId)) {
  console.error(`usage: npm run verify -- SESSION [--json]
SESSION is the id of a session, as it stands in the address of its page and on its exports.
SESSION 是场次编号，见场次页面的网址和导出文件。`);
  process.exit(2);
}
process.exitCode = await check().catch((error: unknown) => {
  const unknown = error instanceof AppError && error.code === 'not-found';
  console.error(
    unknown ? '没有这个场次 / no such session' : `无法核验 / could not verify: ${(error as Error).message}`,
  );
  return 2;
});

async function check(): Promise<0 | 1> {
  const verification = await withDatabase(async (databaseUrl) => {
    const db = openDb(databaseUrl, createLogger('warn', 'verify'), 2);
    let said = performance.now();
    try {
      return await verifySession(db.pool, sessionId.toLowerCase(), {
        clock: Date.now,
        onProgress(read, expected) {
          if (performance.now() - said < SAY_EACH_MS) return;
          said = performance.now();
          console.error(`${read} / ${expected}`);
        },
      });
    } finally {
      await db.close();
    }
  });
  if (values.json) console.log(JSON.stringify(verification));
  else print(verification);
  return verification.intact ? 0 : 1;
}

function print({ intact, digest, faults, faultCount, ...v }: Verification): void {
  console.log(intact ? '核验通过 / intact' : `核验不通过 / NOT intact: ${faultCount} 处 / faults`);
  for (const fault of faults) console.log(`  ${lineOf(fault)}`);
  if (faultCount > faults.length) console.log(`  … ${faultCount - faults.length}`);
  const perSecond = Math.round(v.entries / Math.max(0.001, v.tookMs / 1_000));
  console.log(`摘要 / digest   ${digest}
记录 / entries  ${v.entries}，${v.links} 批 / links，到期清除 / removed by rule ${v.removed}
人员 / people   ${v.people}，有效时长 / credited ${v.creditedSeconds} s
截至 / as of    ${v.at}，用时 / took ${v.tookMs} ms，${perSecond} 条/秒 / entries a second`);
}

function lineOf({
  kind,
  link,
  position,
  entryId,
  personId,
  personName,
  unitName,
  keptMs,
  recomputedMs,
}: Fault): string {
  const { zh, en } = FAULTS[kind];
  const where = [
    link !== null && `第 ${link} 批 / link ${link}`,
    position !== null && `第 ${position} 条 / entry ${position}`,
    entryId !== null && `attendance_entry.id = ${entryId}`,
  ];
  const whose = personId !== null && `${personName ?? '?'}（${unitName ?? '?'}）${personId}`;
  const credit = recomputedMs !== null && `现为 / kept ${keptMs ?? '–'} ms，应为 / recomputed ${recomputedMs} ms`;
  return [`${zh} / ${en}`, ...where, whose, credit].filter(Boolean).join('，');
}
