import type pg from 'pg';
import type { Visibility } from '../accounts/principal.ts';
import type { Picture, Pictures, Section, Table } from './model.ts';
import * as read from './read-signatures.ts';

const SCREEN_WAYS = { code: '扫码或输入签到码', convenor: '召集人登记', end: '随观看点关闭' };
const VENUE_WAYS = { code: '扫码', hand: '现场人员登记' };
const FILE_KINDS = { sheet: '签到表', photo_start: '现场照片（开始）', photo_end: '现场照片（结束）' };

/**
 * How it is known who sat before a shared screen or came to a venue: who signed in where and when, with the signed sheets and photographs of the
 * rooms. Of several sessions a column says which.
 */
export async function signatureSections(
  pool: pg.Pool,
  sessionIds: string[],
  visibility: Visibility,
): Promise<Section[]> {
  const [screens, signed, visits, files] = await Promise.all([
    read.readScreens(pool, sessionIds, visibility),
    read.readScreenSignatures(pool, sessionIds, visibility),
    read.readVenueSignatures(pool, sessionIds, visibility),
    read.readSignedFiles(pool, sessionIds, visibility),
  ]);
  const listed = files.map((file, n) => ({ ...file, mark: `附 ${n + 1}` }));
  return [screenTable(screens), signatureTable(signed), venueTable(visits), fileTable(listed), pictures(pool, listed)];
}

function screenTable(screens: read.ScreenFacts[]): Table {
  return {
    title: '集中观看点',
    columns: [
      { heading: '期', kind: 'count', width: 6, paper: 3 },
      { heading: '单位名称', kind: 'text', width: 34, paper: 24 },
      { heading: '观看点', kind: 'text', width: 20, paper: 12 },
      { heading: '召集人', kind: 'text', width: 12, paper: 9 },
      { heading: '开始时间', kind: 'time', width: 20, paper: 12 },
      { heading: '结束时间', kind: 'time', width: 20, paper: 12 },
      { heading: '申报人数', kind: 'count', width: 10, paper: 7 },
      { heading: '实名签到人数', kind: 'count', width: 14, paper: 8 },
      { heading: '签到表（份）', kind: 'count', width: 12, paper: 7 },
      { heading: '现场照片（张）', kind: 'count', width: 14, paper: 7 },
    ],
    rows: [
      screens.map((screen) => [
        ...[screen.sessionNumber, screen.unitName, screen.room, screen.convenorName],
        ...[screen.openedAt.getTime(), screen.closedAt?.getTime() ?? null],
        ...[screen.declaredHeads, screen.named, screen.sheets, screen.photos],
      ]),
    ],
    empty: '没有集中观看点',
  };
}

function signatureTable(signed: read.ScreenSignature[]): Table {
  return {
    title: '集中观看点签到',
    columns: [
      { heading: '期', kind: 'count', width: 6, paper: 3 },
      { heading: '单位名称', kind: 'text', width: 34, paper: 22 },
      { heading: '观看点', kind: 'text', width: 20, paper: 10 },
      { heading: '姓名', kind: 'text', width: 12, paper: 10 },
      { heading: '签到时间', kind: 'time', width: 20, paper: 12 },
      { heading: '签到方式', kind: 'text', width: 18, paper: 12 },
      { heading: '签退时间', kind: 'time', width: 20, paper: 12 },
      { heading: '签退方式', kind: 'text', width: 18, paper: 12 },
      { heading: '说明', kind: 'text', width: 36, paper: 16 },
    ],
    rows: [
      signed.map((row) => [
        ...[row.sessionNumber, row.unitName, row.room, row.personName, row.signedInAt.getTime()],
        ...[SCREEN_WAYS[row.way], row.signedOutAt?.getTime() ?? null, row.outWay && SCREEN_WAYS[row.outWay]],
        remarksOf(row.added, row.samePhone),
      ]),
    ],
    empty: '没有人在集中观看点签到',
  };
}

function venueTable(visits: read.VenueSignature[]): Table {
  return {
    title: '线下签到',
    columns: [
      { heading: '期', kind: 'count', width: 6, paper: 3 },
      { heading: '单位名称', kind: 'text', width: 34, paper: 24 },
      { heading: '姓名', kind: 'text', width: 12, paper: 12 },
      { heading: '签到时间', kind: 'time', width: 20, paper: 13 },
      { heading: '签到方式', kind: 'text', width: 14, paper: 9 },
      { heading: '最后确认在场', kind: 'time', width: 20, paper: 13 },
      { heading: '签退时间', kind: 'time', width: 20, paper: 13 },
      { heading: '签退方式', kind: 'text', width: 14, paper: 9 },
      { heading: '说明', kind: 'text', width: 36, paper: 14 },
    ],
    rows: [
      visits.map((row) => [
        ...[row.sessionNumber, row.unitName, row.personName, row.signedInAt.getTime(), VENUE_WAYS[row.inWay]],
        ...[row.sureAt.getTime(), row.signedOutAt?.getTime() ?? null, row.outWay && VENUE_WAYS[row.outWay]],
        remarksOf(false, row.samePhone),
      ]),
    ],
    empty: '没有人在线下会场签到',
  };
}

type Marked = read.SignedFile & { mark: string };

function fileTable(files: Marked[]): Table {
  return {
    title: '签到表与现场照片',
    columns: [
      { heading: '附件号', kind: 'text', width: 10, paper: 6 },
      { heading: '期', kind: 'count', width: 6, paper: 3 },
      { heading: '单位名称', kind: 'text', width: 34, paper: 20 },
      { heading: '观看点', kind: 'text', width: 20, paper: 10 },
      { heading: '类型', kind: 'text', width: 18, paper: 12 },
      { heading: '文件名', kind: 'text', width: 30, paper: 16 },
      { heading: '上传时间', kind: 'time', width: 20, paper: 11 },
      { heading: '大小（KB）', kind: 'count', width: 12, paper: 7 },
      { heading: 'SHA-256', kind: 'text', width: 66, paper: 24 },
    ],
    rows: [
      files.map((file) => [
        ...[file.mark, file.sessionNumber, file.unitName, file.room, FILE_KINDS[file.kind], file.name],
        ...[file.uploadedAt.getTime(), Math.ceil(file.bytes / 1_024), file.sha256],
      ]),
    ],
    empty: '没有上传签到表或现场照片',
  };
}

function pictures(pool: pg.Pool, files: Marked[]): Pictures {
  return {
    title: '签到表与现场照片附件',
    pictures: files.map(
      (file): Picture => ({
        caption: [file.mark, FILE_KINDS[file.kind], file.unitName, file.room].filter(Boolean).join(' · '),
        name: file.name,
        type: file.type,
        bytes: file.bytes,
        read: () => read.readFileContent(pool, file.id),
      }),
    ),
  };
}

function remarksOf(added: boolean, samePhone: number): string | null {
  const remarks = [
    ...(added ? ['不在花名册，现场登记'] : []),
    ...(samePhone > 1 ? [`同一手机签到 ${samePhone} 人`] : []),
  ];
  return remarks.length > 0 ? remarks.join('；') : null;
}
