import { STYLES, type Style, xmlText } from './cells.ts';

/* The parts of an .xlsx package around its sheets, after ECMA-376. */

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const HEADING_FILL = 'FFE8EEF7';

/** Name in the package and text of each part, for sheets of these names. */
export function partsOf(sheets: readonly string[]): [name: string, xml: string][] {
  const each = (of: (name: string, number: number) => string) => sheets.map((name, n) => of(name, n + 1)).join('');
  return [
    [
      '[Content_Types].xml',
      `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>${each((_, n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${TYPE}.worksheet+xml"/>`)}</Types>`,
    ],
    [
      '_rels/.rels',
      `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      'xl/workbook.xml',
      `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${each((name, n) => `<sheet name="${attribute(sheetName(name))}" sheetId="${n}" r:id="rId${n}"/>`)}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${each((_, n) => `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`)}<Relationship Id="rId${sheets.length + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ['xl/styles.xml', STYLE_SHEET],
  ];
}

/** What comes before the rows of a sheet. `widths` in characters of half width; `frozen`: rows that stay in sight. */
export function sheetHead(
  widths: readonly { width: number; style: number }[],
  options: { frozen?: number; grid?: boolean; rowHeight?: number } = {},
): string {
  const { frozen, grid = true, rowHeight } = options;
  const pane = frozen
    ? `<pane ySplit="${frozen}" topLeftCell="A${frozen + 1}" activePane="bottomLeft" state="frozen"/>`
    : '';
  const view = `<sheetView workbookViewId="0"${grid ? '' : ' showGridLines="0"'}>${pane}</sheetView>`;
  const height = `<sheetFormatPr defaultRowHeight="${rowHeight ?? 15}"${rowHeight ? ' customHeight="1"' : ''}/>`;
  const columns = widths
    .map(
      ({ width, style }, n) => `<col min="${n + 1}" max="${n + 1}" width="${width}" style="${style}" customWidth="1"/>`,
    )
    .join('');
  return `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews>${view}</sheetViews>${height}${columns && `<cols>${columns}</cols>`}<sheetData>`;
}

/** What comes after them. `filter`: a range, `A3:T3`. */
export function sheetTail(filter?: string): string {
  return `</sheetData>${filter ? `<autoFilter ref="${filter}"/>` : ''}</worksheet>`;
}

/** At most 31 characters, none of which Excel refuses. */
function sheetName(name: string): string {
  return name.replace(/[[\]:*?/\\]/g, '_').slice(0, 31);
}

function attribute(text: string): string {
  return xmlText(text).replace(/"/g, '&quot;');
}

const BOLD = 1;
const TITLE = 2;
const GREY = 2;
const BLACK = 3;
/** Number format, font and fill of each style. Formats below 164 are the format's own. */
const LOOKS: Record<Style, [format: number, font: number, fill: number]> = {
  plain: [0, 0, 0],
  text: [49, 0, 0],
  count: [3, 0, 0],
  percent: [164, 0, 0],
  minutes: [165, 0, 0],
  time: [166, 0, 0],
  title: [49, TITLE, 0],
  heading: [49, BOLD, GREY],
  dark: [0, 0, BLACK],
};

const font = (size: number, bold: boolean) => `<font>${bold ? '<b/>' : ''}<sz val="${size}"/><name val="等线"/></font>`;
const solid = (colour: string) =>
  `<fill><patternFill patternType="solid"><fgColor rgb="${colour}"/><bgColor indexed="64"/></patternFill></fill>`;

const STYLE_SHEET = `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="0.0%"/><numFmt numFmtId="165" formatCode="#,##0.0"/><numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="3">${font(11, false)}${font(11, true)}${font(14, true)}</fonts><fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>${solid(HEADING_FILL)}${solid('FF000000')}</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${STYLES.length}">${STYLES.map(
  (style) => {
    const [format, fontId, fill] = LOOKS[style];
    return `<xf numFmtId="${format}" fontId="${fontId}" fillId="${fill}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>`;
  },
).join('')}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;
