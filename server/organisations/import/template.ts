import ExcelJS from 'exceljs';
import { CATEGORIES, INDUSTRIES, UNIT_KINDS, YES_NO } from '../labels.ts';
import { PERSON_COLUMNS, UNIT_COLUMNS } from './columns.ts';
import { type Column, MAX_ROWS } from './workbook.ts';

/** Rows that get a drop-down list; more can be filled in without one. */
const ROWS_WITH_LISTS = 5_000;
const HEADING_FILL = 'FFE8EEF7';

export function unitsTemplate(areas: string[]): Promise<Buffer> {
  return template('单位', UNIT_COLUMNS, {
    kind: { choices: words(UNIT_KINDS), hint: '留空为企业' },
    name: { hint: '与营业执照一致' },
    creditCode: { hint: '18 位统一社会信用代码；已有的单位按它识别', text: true },
    area: { choices: areas, hint: '须与系统中的名称一致' },
    industry: { choices: words(INDUSTRIES), hint: '机关单位不填' },
    highRisk: { choices: words(YES_NO), hint: '留空为否' },
    contactPhone: { hint: '11 位手机号', text: true },
  });
}

export function peopleTemplate(): Promise<Buffer> {
  return template('人员', PERSON_COLUMNS, {
    unit: { hint: '单位名称、信用代码至少填一项；企业管理员可都不填' },
    creditCode: { hint: '单位的信用代码；有同名单位时必填', text: true },
    name: { hint: '' },
    category: { choices: words(CATEGORIES), hint: '' },
    phone: { hint: '11 位手机号；同一单位内按它识别本人', text: true },
  });
}

interface ColumnNote {
  hint: string;
  choices?: string[];
  /** Formatted as text, so that Excel doesn't make a rounded number of it. */
  text?: boolean;
}

async function template<K extends string>(
  name: string,
  columns: readonly Column<K>[],
  notes: Partial<Record<K, ColumnNote>>,
): Promise<Buffer> {
  const workbook = new ExcelJS.Workbook();
  const sheet = workbook.addWorksheet(name, { views: [{ state: 'frozen', ySplit: 1 }] });
  const explanation = workbook.addWorksheet('填写说明');
  const lists = workbook.addWorksheet('选项', { state: 'hidden' });

  for (const [index, column] of columns.entries()) {
    const number = index + 1;
    const note = notes[column.key];
    const heading = sheet.getCell(1, number);
    heading.value = column.headings[0] + (column.required ? ' *' : '');
    heading.font = { bold: true };
    heading.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: HEADING_FILL } };
    sheet.getColumn(number).width = 20;
    if (note?.text) sheet.getColumn(number).numFmt = '@';
    if (!note?.choices?.length) continue;
    // A list typed into the rule itself may be no longer than 255 characters.
    lists.getColumn(number).values = note.choices;
    const letter = lists.getColumn(number).letter;
    const range = `选项!$${letter}$1:$${letter}$${note.choices.length}`;
    for (let row = 2; row <= ROWS_WITH_LISTS; row++) {
      sheet.getCell(row, number).dataValidation = {
        type: 'list',
        allowBlank: true,
        formulae: [range],
        showErrorMessage: true,
        errorTitle: '没有这个选项',
        error: '请从下拉列表中选择',
      };
    }
  }

  explanation.columns = [{ width: 20 }, { width: 10 }, { width: 60 }];
  explanation.addRow(['列', '必填', '说明']).font = { bold: true };
  for (const column of columns) {
    const note = notes[column.key];
    const choices = note?.choices?.length ? `可填：${note.choices.join('、')}` : '';
    const hint = [note?.hint, choices].filter(Boolean).join('；');
    explanation.addRow([column.headings[0], column.required ? '是' : '', hint]);
  }
  explanation.addRow([]);
  explanation.addRow([`每次最多 ${MAX_ROWS} 行。任何一行有错，整张表都不会导入。`]);
  explanation.addRow(['再次导入时，已有的记录会更新；留空的格子保留原有内容。']);
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

function words(labels: Record<string, { zh: string }>): string[] {
  return Object.values(labels).map((label) => label.zh);
}
