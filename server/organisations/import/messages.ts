import type { Language } from '#contract/errors.ts';
import type { ImportError } from '#contract/organisations.ts';

/** What can be wrong with a cell. `{name}` stands for a parameter. */
const problems = {
  'missing-column': { zh: '表中没有这一列', en: 'the sheet has no such column' },
  'no-rows': { zh: '表中没有数据', en: 'the sheet has no rows' },
  'too-many-rows': { zh: '超过 {limit} 行，请分开导入', en: 'more than {limit} rows; import them in parts' },
  'more-errors': { zh: '还有 {count} 处错误没有列出', en: '{count} more errors are not listed' },
  required: { zh: '必填', en: 'must be filled in' },
  'too-long': { zh: '超过 {limit} 个字', en: 'longer than {limit} characters' },
  'control-characters': { zh: '含有不可见字符', en: 'has invisible characters' },
  'bad-credit-code': { zh: '校验位不对，请核对最后一位', en: 'the check digit is wrong; see the last symbol' },
  'bad-credit-code-form': {
    zh: '应为 18 位数字或大写字母（不含 I、O、S、V、Z）',
    en: 'must be 18 digits or capital letters (without I, O, S, V, Z)',
  },
  'rounded-number': {
    zh: '数字过长，Excel 已改变末几位，请把该列设为文本后重填',
    en: 'too long for a number, Excel has changed its last digits; format the column as text and type it again',
  },
  'bad-phone': { zh: '应为 11 位手机号', en: 'must be a mobile number of 11 digits' },
  'unknown-choice': { zh: '没有这个选项，可填：{choices}', en: 'no such choice; one of: {choices}' },
  'unknown-area': { zh: '没有这个街道或功能区', en: 'no such street or zone' },
  'unknown-unit': {
    zh: '没有这个单位，或不在您的管理范围内',
    en: 'no such unit, or not one of yours',
  },
  'ambiguous-unit': { zh: '有多个同名单位，请填信用代码', en: 'several units have this name; give the credit code' },
  'unit-mismatch': { zh: '与信用代码不是同一单位', en: 'is not the unit of the credit code' },
  'repeated-in-sheet': { zh: '与第 {row} 行重复', en: 'repeats row {row}' },
  'name-taken': {
    zh: '该街道或功能区已有同名单位，且信用代码不同',
    en: 'another unit of this street or zone has this name',
  },
  'closed-unit': {
    zh: '属于已注销的单位“{name}”，在单位列表中恢复后才能导入',
    en: 'is that of the closed unit “{name}”, which must be reopened first',
  },
  'ambiguous-name': {
    zh: '本单位有多人同名，请填手机号',
    en: 'several people of this unit have this name; give the phone number',
  },
} as const;

export type ProblemCode = keyof typeof problems;

/** `column`: its heading in the sheet. */
export interface Problem {
  row: number;
  column: string;
  value: string;
  code: ProblemCode;
  params?: Record<string, string | number>;
}

/** More would help nobody, and a sheet of the wrong kind has one in every cell. */
const MAX_LISTED = 1_000;

export function inWords(found: Problem[], language: Language): ImportError[] {
  const listed = found.toSorted((a, b) => a.row - b.row).slice(0, MAX_LISTED);
  const rest = found.length - listed.length;
  const last = listed.at(-1);
  if (rest > 0 && last) {
    listed.push({ row: last.row, column: '', value: '', code: 'more-errors', params: { count: rest } });
  }
  return listed.map(({ params, ...problem }) => ({
    ...problem,
    value: problem.value.slice(0, 100),
    message: sentence({ ...problem, params: params ?? {} }, language),
  }));
}

function sentence({ row, column, code, params }: Required<Problem>, language: Language): string {
  const words = problems[code][language].replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''));
  if (column === '') return words;
  return language === 'zh' ? `第 ${row} 行“${column}”：${words}` : `Row ${row}, “${column}”: ${words}`;
}
