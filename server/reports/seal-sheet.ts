import type { Correction } from '#contract/corrections.ts';
import type { Seal } from '../attendance/seals.ts';
import { qrRows } from '../qr.ts';
import { type Column, minutes, shanghaiTime } from './cells.ts';
import type { WorkbookWriter } from './workbook.ts';

/** What an export says of the record that it was made from. */
export interface SealedRecord extends Seal {
  /** Of the public page that knows this seal. */
  address: string;
  /** When it was read, epoch ms. */
  at: number;
}

/** In a CSV file the seal stands in the heading of a last column that is empty: no row is anything but data. */
export function sealColumn(sealed: readonly SealedRecord[]): Column<unknown> {
  const each = sealed.map(({ digest, address }) => `核验摘要 ${digest} 核验地址 ${address}`);
  return { heading: each.join(' '), width: 10, kind: 'text', value: () => null };
}

/** A sheet with the digest and, of cells, a code that leads to the public page. */
export async function writeSeal(workbook: WorkbookWriter, name: string, sealed: SealedRecord): Promise<void> {
  const { digest, links, entries, address, at } = sealed;
  await workbook.page(
    name,
    [18, 90],
    [
      { cells: [{ kind: 'text', value: '记录核验' }], look: 'title' },
      line('记录链摘要', digest),
      line('记录条数', `${entries} 条，${links} 批`),
      line('读取时间', `${shanghaiTime(at)}（北京时间）`),
      line('核验地址', address),
      line(
        '说明',
        '扫描“核验码”表中的二维码或打开核验地址，可查看本表所依据的考勤记录此后是否有新增；页面不显示个人信息',
      ),
    ],
  );
  await workbook.squares(`${name}码`, qrRows(address));
}

function line(name: string, value: string) {
  return { cells: [name, value].map((text) => ({ kind: 'text' as const, value: text })) };
}

export const CORRECTION_COLUMNS: Column<Correction>[] = [
  { heading: '写入时间', width: 20, kind: 'time', value: ({ at }) => Date.parse(at) },
  { heading: '单位名称', width: 34, kind: 'text', value: ({ unitName }) => unitName },
  { heading: '姓名', width: 12, kind: 'text', value: ({ personName }) => personName },
  { heading: '更正', width: 14, kind: 'text', value: ({ effect }) => EFFECTS[effect] },
  {
    heading: '增减（分钟）',
    width: 14,
    kind: 'minutes',
    value: ({ deltaMs }) => (deltaMs === null ? null : minutes(deltaMs / 1_000)),
  },
  { heading: '时段起', width: 20, kind: 'time', value: ({ from }) => from },
  { heading: '时段止', width: 20, kind: 'time', value: ({ to }) => to },
  { heading: '原因', width: 50, kind: 'text', value: ({ reason }) => reason },
  { heading: '经办人', width: 12, kind: 'text', value: ({ actorName }) => actorName },
  { heading: '依据文件', width: 24, kind: 'text', value: ({ evidence }) => evidence?.name ?? null },
  { heading: '依据文件 SHA-256', width: 66, kind: 'text', value: ({ evidence }) => evidence?.sha256 ?? null },
  { heading: '状态', width: 10, kind: 'text', value: ({ withdrawn }) => (withdrawn ? '已撤回' : '有效') },
  { heading: '更正编号', width: 38, kind: 'text', value: ({ id }) => id },
  { heading: '撤回的更正', width: 38, kind: 'text', value: ({ withdraws }) => withdraws },
];

const EFFECTS: Record<Correction['effect'], string> = {
  difference: '增减时长',
  present: '补记在场',
  absent: '扣除时段',
  withdrawal: '撤回更正',
};
