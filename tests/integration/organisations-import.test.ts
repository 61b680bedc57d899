import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creditCheckSymbol } from '#contract/codes.ts';
import type { ImportResult, Person, Unit } from '#contract/organisations.ts';
import { type Features, startFeatures } from '#tests/support/feature-app.ts';

let app: Features;
let areaId: string;

beforeAll(async () => {
  app = await startFeatures();
  const area = await app.officer<{ id: string }>('POST', '/areas', { name: '城东街道', kind: 'street' });
  areaId = area.body.id;
});

afterAll(() => app?.close());

type Value = ExcelJS.CellValue;
const UNIT_HEADINGS = ['单位类型', '单位名称', '信用代码', '街道/功能区', '行业', '高危', '地址', '联系人', '联系电话'];
const PERSON_HEADINGS = ['单位名称', '信用代码', '姓名', '人员类别', '职务', '手机号'];

async function sheet(headings: string[], rows: Value[][], arrange?: (sheet: ExcelJS.Worksheet) => void) {
  const book = new ExcelJS.Workbook();
  const made = book.addWorksheet('数据');
  made.addRow(headings);
  for (const row of rows) made.addRow(row);
  arrange?.(made);
  return Buffer.from(await book.xlsx.writeBuffer());
}

function code(n: number): string {
  const first = `91320100${String(n).padStart(9, '0')}`;
  return first + creditCheckSymbol(first);
}

function wrongCode(n: number): string {
  return code(n).slice(0, 17) + (code(n).endsWith('0') ? '1' : '0');
}

function unitRow(n: number, name = `企业${n}`): Value[] {
  return ['企业', name, code(n), '城东街道', '机械制造', '否', null, '王五', 13800000000 + n];
}

async function unitCount(): Promise<number> {
  return app.db.prisma.unit.count();
}

describe('units', () => {
  test('a wrong check digit in row 17 is named, and nothing of the sheet is stored', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => unitRow(i));
    const bad = rows[15];
    if (bad) bad[2] = wrongCode(15);
    const file = await sheet(UNIT_HEADINGS, rows);
    const before = await unitCount();

    const checked = await app.officer<ImportResult>('POST', '/imports/units', file);
    expect(checked.status).toBe(200);
    expect(checked.body).toMatchObject({ rows: 30, created: 29, committed: false });
    expect(checked.body.errors).toEqual([
      {
        row: 17,
        column: '信用代码',
        value: wrongCode(15),
        code: 'bad-credit-code',
        message: '第 17 行“信用代码”：校验位不对，请核对最后一位',
      },
    ]);

    const committed = await app.officer('POST', '/imports/units?commit=1', file);
    expect(committed).toMatchObject({ status: 422, body: { code: 'import-errors', params: { count: 1 } } });
    expect(committed.body.fields).toEqual([
      { path: '17.信用代码', message: '第 17 行“信用代码”：校验位不对，请核对最后一位' },
    ]);
    expect(await unitCount()).toBe(before);
  });

  test('checking stores nothing; committing stores all; a second time changes nothing', async () => {
    const file = await sheet(UNIT_HEADINGS, [unitRow(101), unitRow(102)]);
    const before = await unitCount();
    expect((await app.officer('POST', '/imports/units', file)).body).toMatchObject({ created: 2, committed: false });
    expect(await unitCount()).toBe(before);
    expect((await app.officer('POST', '/imports/units?commit=1', file)).body).toMatchObject({
      created: 2,
      updated: 0,
      committed: true,
      errors: [],
    });
    const again = await app.officer('POST', '/imports/units?commit=1', file);
    expect(again.body).toMatchObject({ created: 0, updated: 0, unchanged: 2, committed: true });
    const changed = await sheet(UNIT_HEADINGS, [unitRow(101, '企业101 (新名)'), unitRow(102)]);
    const third = await app.officer('POST', '/imports/units?commit=1', changed);
    expect(third.body).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
    const { body } = await app.officer<{ items: Unit[] }>('GET', `/units?q=${code(101)}`);
    expect(body.items).toMatchObject([
      { name: '企业101 (新名)', creditCode: code(101), contactPhoneMasked: '138****0101', areaId },
    ]);
  });

  test('every wrong cell is reported, in the language of the page', async () => {
    const file = await sheet(UNIT_HEADINGS, [
      unitRow(201),
      ['商店', '', 123456789012345680, '城西街道', '养猫', '可能', null, null, 12345],
      unitRow(201, '另一家'),
      [null, '企业201', null, '城东街道', null, null, null, null, null],
    ]);
    const { body } = await app.officer<ImportResult>('POST', '/imports/units', file);
    expect(body.errors.map((error) => `${error.row} ${error.column} ${error.code}`)).toEqual([
      '3 单位类型 unknown-choice',
      '3 单位名称 required',
      '3 信用代码 rounded-number',
      '3 行业 unknown-choice',
      '3 高危 unknown-choice',
      '3 联系电话 bad-phone',
      '4 信用代码 repeated-in-sheet',
      '5 单位名称 repeated-in-sheet',
    ]);
    expect(body.errors.at(-1)?.message).toBe('第 5 行“单位名称”：与第 2 行重复');
  });

  test('a closed unit is named in the row that would make it again', async () => {
    const closed = [unitRow(221), ['企业', '无代码的企业', null, '城东街道', null, null, null, null, null]];
    await app.officer('POST', '/imports/units?commit=1', await sheet(UNIT_HEADINGS, closed));
    const { body: made } = await app.officer<{ items: Unit[] }>('GET', '/units?pageSize=500');
    const ids = ['企业221', '无代码的企业'].map((name) => made.items.find((unit) => unit.name === name)?.id);
    for (const id of ids) expect((await app.officer('POST', `/units/${id}/close`)).status).toBe(204);

    const file = await sheet(UNIT_HEADINGS, [unitRow(221, '换了名字'), ...closed.slice(1), unitRow(222, '企业221')]);
    const { body } = await app.officer<ImportResult>('POST', '/imports/units', file);
    expect(body.errors.map((error) => error.message)).toEqual([
      '第 2 行“信用代码”：属于已注销的单位“企业221”，在单位列表中恢复后才能导入',
      '第 3 行“单位名称”：属于已注销的单位“无代码的企业”，在单位列表中恢复后才能导入',
      '第 4 行“单位名称”：属于已注销的单位“企业221”，在单位列表中恢复后才能导入',
    ]);
    for (const id of ids) expect((await app.officer('POST', `/units/${id}/reopen`)).status).toBe(200);
    const again = await app.officer<ImportResult>('POST', '/imports/units', await sheet(UNIT_HEADINGS, closed));
    expect(again.body).toMatchObject({ unchanged: 2, errors: [] });
  });

  test('an unknown area is an error in its row', async () => {
    const row = unitRow(211);
    row[3] = '不存在街道';
    const { body } = await app.officer<ImportResult>('POST', '/imports/units', await sheet(UNIT_HEADINGS, [row]));
    expect(body.errors).toMatchObject([{ row: 2, code: 'unknown-area', value: '不存在街道' }]);
  });

  test('English headings, a title above, rich text, formulas, merged, hidden and blank rows are understood', async () => {
    const book = new ExcelJS.Workbook();
    book.addWorksheet('notes').addRow(['nothing here']);
    const made = book.addWorksheet('Units');
    made.addRow(['District units 2027']);
    made.addRow(['Name *', 'Credit code', 'Area', 'Contact phone']);
    made.addRow([{ richText: [{ text: '合并' }, { text: '企业一' }] }, code(301), '城东街道', '+86 138-0000-0301']);
    made.addRow([{ formula: 'A3&"二"', result: '合并企业二' }, code(302), null, null]);
    made.addRow([]);
    made.addRow(['合并企业三', code(303).toLowerCase(), '城东街道', null]);
    made.mergeCells('C3:C4');
    made.getRow(6).hidden = true;
    const file = Buffer.from(await book.xlsx.writeBuffer());
    const { body } = await app.officer<ImportResult>('POST', '/imports/units?commit=1', file);
    expect(body).toMatchObject({ rows: 3, created: 3, committed: true, errors: [] });
    const names = await app.db.prisma.unit.findMany({
      where: { name: { startsWith: '合并企业' } },
      select: { name: true },
    });
    expect(names.map((unit) => unit.name).sort()).toEqual(['合并企业一', '合并企业三', '合并企业二']);
  });

  test('the template can be filled in and imported', async () => {
    const template = await app.officer<Buffer>('GET', '/imports/units/template');
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(Uint8Array.from(template.body as unknown as Buffer).buffer);
    const made = book.getWorksheet('单位');
    if (!made) throw new Error('no sheet');
    expect(made.getCell('A2').dataValidation).toMatchObject({ type: 'list' });
    expect(book.getWorksheet('填写说明')).toBeDefined();
    unitRow(401).forEach((value, index) => {
      made.getCell(2, index + 1).value = value;
    });
    const file = Buffer.from(await book.xlsx.writeBuffer());
    expect((await app.officer('POST', '/imports/units', file)).body).toMatchObject({ rows: 1, created: 1, errors: [] });
  });

  test('a sheet without the columns says which are missing', async () => {
    const file = await sheet(['随便'], [['什么']]);
    const { body } = await app.officer<ImportResult>('POST', '/imports/units', file);
    expect(body.errors.map((error) => error.message)).toEqual([
      '第 1 行“单位名称”：表中没有这一列',
      '第 1 行“街道/功能区”：表中没有这一列',
    ]);
  });

  test.each([
    ['text', Buffer.from('单位名称,街道\n')],
    ['half a file', null],
  ])('%s instead of a workbook is refused', async (_, bytes) => {
    const whole = await sheet(UNIT_HEADINGS, [unitRow(1)]);
    const answer = await app.officer('POST', '/imports/units?commit=1', bytes ?? whole.subarray(0, whole.length / 2));
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-workbook' } });
  });

  test('two imports of the same sheet at once store it once', async () => {
    const file = await sheet(UNIT_HEADINGS, [unitRow(501), unitRow(502)]);
    const answers = await Promise.all([
      app.officer<ImportResult>('POST', '/imports/units?commit=1', file),
      app.officer<ImportResult>('POST', '/imports/units?commit=1', file),
    ]);
    expect(answers.map((answer) => answer.body.created).sort()).toEqual([0, 2]);
  });
});

describe('people', () => {
  let unit: Unit;
  let other: Unit;

  beforeAll(async () => {
    const make = async (name: string, n: number) =>
      (await app.officer<Unit>('POST', '/units', { kind: 'enterprise', name, creditCode: code(n), areaId })).body;
    unit = await make('花名册企业', 601);
    other = await make('别的企业', 602);
  });

  test('are found by unit and phone, and by name while no phone is stored', async () => {
    const first = await sheet(PERSON_HEADINGS, [
      ['花名册企业', null, '张三', '主要负责人', '总经理', '13900000001'],
      [null, code(601), '李四', '从业人员', null, null],
    ]);
    const imported = await app.officer('POST', '/imports/people?commit=1', first);
    expect(imported.body).toMatchObject({ rows: 2, created: 2, committed: true });
    const second = await sheet(PERSON_HEADINGS, [
      ['花名册企业', null, '张三丰', '主要负责人', null, 13900000001],
      ['花名册企业', null, '李四', '从业人员', null, 13900000002],
    ]);
    const again = await app.officer('POST', '/imports/people?commit=1', second);
    expect(again.body).toMatchObject({ created: 0, updated: 2 });
    const { body } = await app.officer<{ items: Person[] }>('GET', `/units/${unit.id}/people`);
    expect(body.items.map(({ name, position, phoneMasked }) => ({ name, position, phoneMasked }))).toEqual([
      { name: '张三丰', position: '总经理', phoneMasked: '139****0001' },
      { name: '李四', position: null, phoneMasked: '139****0002' },
    ]);
  });

  test('an enterprise imports people of its own; a row of another unit is an error', async () => {
    const enterprise = app.as([{ role: 'enterprise', unitId: unit.id }]);
    const file = await sheet(PERSON_HEADINGS, [
      [null, null, '自己人', '从业人员', null, null],
      ['别的企业', null, '外人', '从业人员', null, null],
    ]);
    const checked = await enterprise<ImportResult>('POST', '/imports/people', file);
    expect(checked.body.errors).toMatchObject([
      { row: 3, column: '单位名称', code: 'unknown-unit', value: '别的企业' },
    ]);
    expect((await enterprise('POST', '/imports/people?commit=1', file)).status).toBe(422);
    expect(await app.db.prisma.person.count({ where: { unitId: other.id } })).toBe(0);
    const own = await sheet(PERSON_HEADINGS, [[null, null, '自己人', '从业人员', null, null]]);
    expect((await enterprise('POST', '/imports/people?commit=1', own)).body).toMatchObject({ created: 1 });
    expect((await enterprise('POST', '/imports/units', own)).status).toBe(403);
  });

  test('a row of a closed unit says that it is closed, to those who may see the unit', async () => {
    const make = async (name: string, n: number, area = areaId) =>
      (await app.officer<Unit>('POST', '/units', { kind: 'enterprise', name, creditCode: code(n), areaId: area })).body;
    const west = await app.officer<{ id: string }>('POST', '/areas', { name: '城西街道', kind: 'street' });
    const gone = await make('关停企业', 603);
    const moved = await make('迁址企业', 604);
    const stays = await make('迁址企业', 605, west.body.id);
    for (const { id } of [gone, moved]) await app.officer('POST', `/units/${id}/close`);

    const file = await sheet(PERSON_HEADINGS, [
      ['关停企业', null, '甲', '从业人员', null, null],
      [null, code(603), '乙', '从业人员', null, null],
      ['关停企业', code(603), '丙', '从业人员', null, null],
      ['迁址企业', null, '丁', '从业人员', null, null],
    ]);
    const { body } = await app.officer<ImportResult>('POST', '/imports/people', file);
    expect(body.created).toBe(1);
    expect(body.errors.map((error) => [error.code, error.message])).toEqual(
      [
        '第 2 行“单位名称”：属于已注销的单位“关停企业”，在单位列表中恢复后才能导入',
        '第 3 行“信用代码”：属于已注销的单位“关停企业”，在单位列表中恢复后才能导入',
        '第 4 行“信用代码”：属于已注销的单位“关停企业”，在单位列表中恢复后才能导入',
      ].map((message) => ['closed-unit', message]),
    );
    expect((await app.officer('POST', '/imports/people?commit=1', file)).status).toBe(422);
    expect(await app.db.prisma.person.count({ where: { unitId: { in: [gone.id, moved.id, stays.id] } } })).toBe(0);

    const unnamed = await sheet(PERSON_HEADINGS, [[null, null, '戊', '从业人员', null, null]]);
    const own = app.as([{ role: 'enterprise', unitId: gone.id }]);
    const itself = await own<ImportResult>('POST', '/imports/people', unnamed);
    expect(itself.body.errors).toMatchObject([{ column: '单位名称', code: 'closed-unit' }]);
    const foreign = app.as([{ role: 'enterprise', unitId: other.id }]);
    const refused = await foreign<ImportResult>('POST', '/imports/people', file);
    expect(new Set(refused.body.errors.map((error) => error.code))).toEqual(new Set(['unknown-unit']));
  });

  test('being on the sheet confirms somebody who joined by the code', async () => {
    const joined = await app.join({ joinCode: unit.joinCode, name: '赵六', phone: '13900000006' });
    const file = await sheet(PERSON_HEADINGS, [['花名册企业', null, '赵六', '安全管理人员', null, '13900000006']]);
    expect((await app.officer('POST', '/imports/people?commit=1', file)).body).toMatchObject({ updated: 1 });
    const person = await app.db.prisma.person.findUnique({ where: { id: joined.personId } });
    expect(person).toMatchObject({ verification: 'verified', category: 'safety_manager' });
  });

  test('the same person twice in a sheet is an error', async () => {
    const file = await sheet(PERSON_HEADINGS, [
      ['花名册企业', null, '钱七', '从业人员', null, '13900000007'],
      ['花名册企业', null, '钱八', '从业人员', null, '13900000007'],
      ['花名册企业', null, '孙九', '从业人员', null, null],
      ['花名册企业', null, '孙九', '从业人员', null, '13900000009'],
    ]);
    const { body } = await app.officer<ImportResult>('POST', '/imports/people', file);
    expect(body.errors).toMatchObject([
      { row: 3, column: '手机号', code: 'repeated-in-sheet' },
      { row: 5, column: '姓名', code: 'repeated-in-sheet' },
    ]);
  });

  test('an import is on record, without anybody’s number', async () => {
    const entries = await app.db.prisma.auditEntry.findMany({ where: { action: 'import:people' } });
    expect(entries.length).toBeGreaterThan(0);
    expect(JSON.stringify(entries.map((entry) => entry.detail))).not.toMatch(/1[3-9]\d{9}/);
  });
});
