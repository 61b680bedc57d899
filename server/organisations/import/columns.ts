import { isCreditCode, isMobile, normaliseCode, normalisePhone } from '#contract/codes.ts';
import type { Industry, PersonCategory, UnitKind } from '#contract/organisations.ts';
import { CATEGORIES, INDUSTRIES, keyOf, UNIT_KINDS, YES_NO } from '../labels.ts';
import type { Problem, ProblemCode } from './messages.ts';
import type { Column, Row, Table } from './workbook.ts';

/*
 * What a row must look like by itself. Pure: whether the area or unit exists, and what is stored already, is not asked
 * here. An empty cell of an optional column is undefined: it leaves what is stored as it is.
 */

export type UnitKey =
  | 'kind'
  | 'name'
  | 'creditCode'
  | 'area'
  | 'industry'
  | 'highRisk'
  | 'address'
  | 'contactName'
  | 'contactPhone';

export const UNIT_COLUMNS: readonly Column<UnitKey>[] = [
  { key: 'kind', headings: ['单位类型', '类型', 'kind', 'unit kind'], required: false },
  { key: 'name', headings: ['单位名称', '企业名称', '名称', 'name', 'unit name'], required: true },
  { key: 'creditCode', headings: ['信用代码', '统一社会信用代码', 'credit code', 'uscc'], required: false },
  { key: 'area', headings: ['街道/功能区', '所属街道', '街道', '功能区', '所属区域', 'area'], required: true },
  { key: 'industry', headings: ['行业', '所属行业', 'industry'], required: false },
  { key: 'highRisk', headings: ['高危', '是否高危', 'high risk'], required: false },
  { key: 'address', headings: ['地址', 'address'], required: false },
  { key: 'contactName', headings: ['联系人', 'contact', 'contact name'], required: false },
  { key: 'contactPhone', headings: ['联系电话', '联系人手机', '联系手机', 'contact phone'], required: false },
];

export type PersonKey = 'unit' | 'creditCode' | 'name' | 'category' | 'position' | 'phone';

export const PERSON_COLUMNS: readonly Column<PersonKey>[] = [
  { key: 'unit', headings: ['单位名称', '单位', '企业名称', '所属单位', 'unit', 'unit name'], required: false },
  { key: 'creditCode', headings: ['信用代码', '统一社会信用代码', 'credit code', 'uscc'], required: false },
  { key: 'name', headings: ['姓名', 'name'], required: true },
  { key: 'category', headings: ['人员类别', '类别', 'category'], required: true },
  { key: 'position', headings: ['职务', '岗位', 'position'], required: false },
  { key: 'phone', headings: ['手机号', '手机', '手机号码', '电话', 'phone', 'mobile'], required: false },
];

export interface UnitRow {
  row: number;
  kind: UnitKind | undefined;
  name: string;
  creditCode: string | undefined;
  area: string;
  industry: Industry | undefined;
  highRisk: boolean | undefined;
  address: string | undefined;
  contactName: string | undefined;
  contactPhone: string | undefined;
}

export interface PersonRow {
  row: number;
  unit: string | undefined;
  creditCode: string | undefined;
  name: string;
  category: PersonCategory;
  position: string | undefined;
  phone: string | undefined;
}

/** Null when something is wrong, which is then in `problems`. */
export function checkUnitRow(row: Row<UnitKey>, table: Table<UnitKey>, problems: Problem[]): UnitRow | null {
  const cells = reader(row, table, UNIT_COLUMNS, problems);
  const checked = {
    row: row.row,
    kind: cells.choice('kind', UNIT_KINDS),
    name: cells.text('name', 80, 'required'),
    creditCode: cells.creditCode('creditCode'),
    area: cells.text('area', 80, 'required'),
    industry: cells.choice('industry', INDUSTRIES),
    highRisk: cells.yesNo('highRisk'),
    address: cells.text('address', 200),
    contactName: cells.text('contactName', 80),
    contactPhone: cells.phone('contactPhone'),
  };
  const { name, area } = checked;
  return cells.failed() || name === undefined || area === undefined ? null : { ...checked, name, area };
}

/** Null when something is wrong, which is then in `problems`. */
export function checkPersonRow(row: Row<PersonKey>, table: Table<PersonKey>, problems: Problem[]): PersonRow | null {
  const cells = reader(row, table, PERSON_COLUMNS, problems);
  const checked = {
    row: row.row,
    unit: cells.text('unit', 80),
    creditCode: cells.creditCode('creditCode'),
    name: cells.text('name', 80, 'required'),
    category: cells.choice('category', CATEGORIES, 'required'),
    position: cells.text('position', 60),
    phone: cells.phone('phone'),
  };
  const { name, category } = checked;
  return cells.failed() || name === undefined || category === undefined ? null : { ...checked, name, category };
}

/** A problem in a cell of this row, under the heading that the sheet gives its column. */
export function problemAt<K extends string>(
  row: Row<K> | { row: number },
  key: K,
  columns: readonly Column<K>[],
  table: Table<K>,
  code: ProblemCode,
  value: string,
  params?: Problem['params'],
): Problem {
  const column = table.headings[key] ?? columns.find((candidate) => candidate.key === key)?.headings[0] ?? key;
  return { row: row.row, column, value, code, ...(params && { params }) };
}

function reader<K extends string>(row: Row<K>, table: Table<K>, columns: readonly Column<K>[], problems: Problem[]) {
  const before = problems.length;

  function report(key: K, code: ProblemCode, params?: Problem['params']): undefined {
    problems.push(problemAt(row, key, columns, table, code, row.cells[key]?.text ?? '', params));
  }

  function given(key: K, required?: 'required'): string | undefined {
    const text = row.cells[key]?.text ?? '';
    if (text === '') return required && report(key, 'required');
    return text;
  }

  function text(key: K, limit: number, required?: 'required'): string | undefined {
    const value = given(key, required);
    if (value === undefined) return undefined;
    if (/\p{Cc}/u.test(value)) return report(key, 'control-characters');
    return value.length > limit ? report(key, 'too-long', { limit }) : value;
  }

  function choice<C extends string>(
    key: K,
    words: Record<C, { zh: string; en: string }>,
    required?: 'required',
  ): C | undefined {
    const value = given(key, required);
    if (value === undefined) return undefined;
    const choices = Object.values<{ zh: string }>(words).map((word) => word.zh);
    return keyOf(words, value) ?? report(key, 'unknown-choice', { choices: choices.join('、') });
  }

  function yesNo(key: K): boolean | undefined {
    const answer = choice(key, YES_NO);
    return answer && answer === 'yes';
  }

  function creditCode(key: K): string | undefined {
    const value = given(key);
    if (value === undefined) return undefined;
    if (row.cells[key]?.rounded) return report(key, 'rounded-number');
    const code = normaliseCode(value);
    if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code)) return report(key, 'bad-credit-code-form');
    return isCreditCode(code) ? code : report(key, 'bad-credit-code');
  }

  function phone(key: K): string | undefined {
    const value = given(key);
    if (value === undefined) return undefined;
    const plain = normalisePhone(value);
    return isMobile(plain) ? plain : report(key, 'bad-phone');
  }

  return { text, choice, yesNo, creditCode, phone, failed: () => problems.length > before };
}
