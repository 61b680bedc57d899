import type { PersonCategory } from '#contract/organisations.ts';
import type { Proof } from '#contract/proofs.ts';
import { notFound } from '../errors.ts';
import { CATEGORIES } from '../organisations/labels.ts';
import { minutes, shanghaiTime } from '../reports/cells.ts';
import type { Progress } from './making.ts';
import type { Archive, Table } from './model.ts';
import type { ArchiveNeeds, Wanted } from './needs.ts';
import * as read from './read.ts';
import { proofTable } from './tables.ts';

const VERIFICATIONS = { verified: '已核实', unverified: '未核实', refused: '非本单位人员' };
const EFFECTS = { difference: '增减时长', present: '补记在场', absent: '扣除时段', withdrawal: '撤回更正' };

/** 一人一档: every session of a person, with what was corrected of it and what was issued for it. @throws AppError `not-found` */
export async function personArchive(
  needs: ArchiveNeeds,
  { id, origin, asOf }: Wanted,
  progress: Progress,
): Promise<Archive> {
  const { pool, sealing, exports, corrections, proofs } = needs;
  const facts = await read.readPersonFacts(pool, id);
  if (!facts) throw notFound();
  const sessions = await read.readSessionsOfPerson(pool, id);
  progress.total(sessions.length);
  const seals = [];
  const corrected = [];
  for (const session of sessions) {
    const name = `${session.courseTitle} 第 ${session.number} 期`;
    seals.push({ ...(await exports.parts.sealedRecord(session.sessionId, origin)), name });
    const own = await corrections.mine(session.sessionId, id);
    corrected.push(...own.map((correction) => ({ ...correction, session: name })));
    progress.add(1);
  }
  const own: Proof[] = (await proofs.mine(id)).map((proof) => ({
    ...{ ...proof, personId: id, personName: facts.name, withdrawnReason: null },
  }));
  return {
    kind: '一人一档',
    title: `${facts.name}（${facts.unitName}）`,
    note: `数据截至 ${shanghaiTime(asOf)}（北京时间）`,
    sections: [
      {
        title: '人员',
        facts: [
          ['姓名', facts.name],
          ['单位', facts.unitName],
          ['人员类别', CATEGORIES[facts.category as PersonCategory].zh],
          ['岗位', facts.position ?? '–'],
          ['手机号', sealing.masked(facts.phoneCipher, facts.phoneLast4) ?? '–'],
          ['身份核实', VERIFICATIONS[facts.verification]],
        ],
      },
      sessionsTable(sessions),
      {
        title: '更正记录',
        columns: [
          { heading: '场次', kind: 'text', width: 30, paper: 25 },
          { heading: '写入时间', kind: 'time', width: 20, paper: 15 },
          { heading: '更正', kind: 'text', width: 14, paper: 12 },
          { heading: '增减（分钟）', kind: 'minutes', width: 14, paper: 10 },
          { heading: '原因', kind: 'text', width: 50, paper: 30 },
          { heading: '状态', kind: 'text', width: 10, paper: 8 },
        ],
        rows: [
          corrected.map(({ session, at, effect, deltaMs, reason, withdrawn }) => [
            ...[session, Date.parse(at), EFFECTS[effect], deltaMs === null ? null : minutes(deltaMs / 1_000)],
            ...[reason, withdrawn ? '已撤回' : '有效'],
          ]),
        ],
        empty: '没有更正',
      },
      proofTable([own]),
    ],
    seals,
  };
}

function sessionsTable(sessions: read.PersonSession[]): Table {
  const time = (heading: string) => ({ heading, kind: 'minutes', width: 14, paper: 8 }) as const;
  return {
    title: '参训记录',
    columns: [
      { heading: '课程', kind: 'text', width: 30, paper: 16 },
      { heading: '期', kind: 'count', width: 6, paper: 4 },
      { heading: '主题', kind: 'text', width: 30, paper: 16 },
      { heading: '开课时间', kind: 'time', width: 20, paper: 12 },
      { heading: '当时单位', kind: 'text', width: 34, paper: 16 },
      { heading: '应到', kind: 'text', width: 8, paper: 4 },
      time('参训时长（分钟）'),
      time('直播（分钟）'),
      time('补课（分钟）'),
      time('线下（分钟）'),
      { heading: '达标', kind: 'text', width: 8, paper: 4 },
      { heading: '计入法定学时', kind: 'text', width: 14, paper: 6 },
      { heading: '试卷最好成绩', kind: 'percent', width: 14, paper: 7 },
    ],
    rows: [
      sessions.map((session) => [
        ...[session.courseTitle, session.number, session.topic, session.startedAt.getTime(), session.unitName],
        ...[session.due ? '是' : '否', ...lengths(session), session.complete ? '是' : '否'],
        ...[session.statutory ? '是' : '否', session.paperPercent === null ? null : session.paperPercent / 100],
      ]),
    ],
    empty: '没有参训记录',
  };
}

const lengths = ({ creditedMs, liveMs, replayMs, venueMs }: read.PersonSession) =>
  [creditedMs, liveMs, replayMs, venueMs].map((ms) => minutes(Math.floor(ms / 1_000)));
