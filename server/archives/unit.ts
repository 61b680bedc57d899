import type { Correction } from '#contract/corrections.ts';
import type { Industry, UnitKind } from '#contract/organisations.ts';
import type { Proof } from '#contract/proofs.ts';
import type { Report } from '#contract/reports.ts';
import type { Visibility } from '../accounts/principal.ts';
import { notFound } from '../errors.ts';
import { INDUSTRIES, UNIT_KINDS } from '../organisations/labels.ts';
import { shanghaiTime } from '../reports/cells.ts';
import type { DetailedPerson } from '../reports/service.ts';
import { counted, noteOf } from './course.ts';
import type { Progress } from './making.ts';
import type { Archive, ArchiveSeal, Section } from './model.ts';
import type { ArchiveNeeds, Wanted } from './needs.ts';
import * as read from './read.ts';
import { signatureSections } from './signatures.ts';
import { correctionTable, detailTable, proofTable, sessionTable } from './tables.ts';

/** 一企一档: every session that concerns a unit, and every person of it in them. @throws AppError `not-found` */
export async function unitArchive(needs: ArchiveNeeds, wanted: Wanted, progress: Progress): Promise<Archive> {
  const { pool, reports, exports, corrections, proofs } = needs;
  const { id, full, origin, asOf } = wanted;
  const facts = await read.readUnitFacts(pool, id);
  if (!facts) throw notFound();
  // People of this unit and no others, whoever asks.
  const ofUnit: Visibility = { all: false, areaIds: [], industries: [], unitIds: [id], personId: null };
  const seals: ArchiveSeal[] = [];
  const sections: Section[] = [];
  const begun: Report[] = [];
  let rows = 0;
  const total = (more: number) => {
    rows += more;
    progress.total(rows);
  };
  for (const [course, courseId] of (await read.readCoursesOfUnit(pool, id)).entries()) {
    const { report, sessions } = await reports.courseReports(courseId, ofUnit);
    begun.push(...sessions);
    const ids = sessions.flatMap(({ sessionId }) => sessionId ?? []);
    const corrected: Correction[] = [];
    for (const [n, sessionId] of ids.entries()) {
      const name = `${report.courseTitle} 第 ${sessions[n]?.number} 期`;
      seals.push({ ...(await exports.parts.sealedRecord(sessionId, origin)), name });
      corrected.push(...(await corrections.all(sessionId, ofUnit)));
    }
    const detail: AsyncGenerator<DetailedPerson[]> = reports.detail(courseId, ofUnit, { full, total });
    const titled = (section: Section): Section => ({ ...section, title: `课程 ${course + 1} ${section.title}` });
    const signatures = await signatureSections(pool, ids, ofUnit);
    sections.push(
      { title: `课程 ${course + 1}：${report.courseTitle}`, facts: summaryOf(report) },
      titled(sessionTable(sessions)),
      titled(detailTable(counted(detail, progress), { unit: false })),
      ...signatures.map(titled),
      titled(correctionTable(corrected)),
      titled(proofTable(proofsOf(ids, (sessionId) => proofs.everyOf(sessionId, ofUnit)))),
    );
  }
  return {
    kind: '一企一档',
    title: facts.name,
    note: noteOf(begun, asOf),
    sections: [{ title: '单位', facts: unitOf(facts) }, ...sections],
    seals,
  };
}

async function* proofsOf(ids: string[], of: (id: string) => AsyncGenerator<Proof[]>): AsyncGenerator<Proof[]> {
  for (const id of ids) yield* of(id);
}

function unitOf(facts: read.UnitFacts): [string, string][] {
  return [
    ['单位名称', facts.name],
    ['统一社会信用代码', facts.creditCode ?? '–'],
    ['单位类型', UNIT_KINDS[facts.kind as UnitKind].zh],
    ['街道/功能区', facts.areaName],
    ['行业', facts.industry ? INDUSTRIES[facts.industry as Industry].zh : '–'],
    ['高危', facts.highRisk ? '是' : '否'],
    ['地址', facts.address ?? '–'],
    ['在册人数', `${facts.people} 人${facts.closedAt ? `；已于 ${shanghaiTime(facts.closedAt.getTime())} 注销` : ''}`],
  ];
}

function summaryOf({ totals, completePercent }: Report): [string, string][] {
  const rate = totals.rate === null ? '' : `，参训率 ${(totals.rate * 100).toFixed(1)}%`;
  return [
    ['应到与实到', `应到 ${totals.due} 人，实到 ${totals.present} 人${rate}`],
    ['人次', `${totals.attendances}（每人每期只计一次）`],
    ['有效时长合计', `${Math.floor(totals.creditedSeconds / 60)} 分钟`],
    ['达标人次', `${totals.complete}（有效时长不少于计划时长的 ${completePercent}%，提前结束的按实际时长）`],
  ];
}
