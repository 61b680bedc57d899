import { PassThrough } from 'node:stream';
import { BRAND, BRAND_SOFT, createType, type Doc, drawSquares, LINE, MUTED, newDocument } from '../pdf/sheet.ts';
import { qrRows } from '../qr.ts';
import { type CellKind, type CellValue, shanghaiTime } from '../reports/cells.ts';
import type { Archive, ArchiveSeal, Facts, Picture, Pictures, Table, TableColumn } from './model.ts';
import { attachedName, chosen, isDrawable } from './pictures.ts';

const PAGE = { width: 841.89, height: 595.28 };
const SIDE = 40;
const TOP = 46;
const BOTTOM = PAGE.height - 40;
const INNER = PAGE.width - 2 * SIDE;
/** Longer tables are left to the workbook: nobody leafs through hundreds of pages. */
const ROWS_ON_PAPER = 3_000;
const CELL = { size: 8, leading: 1.45 };
const PADDING = 4;
const GUTTER = 12;
/** Of a picture, and of the two lines below it. */
const FRAME = { width: (INNER - GUTTER) / 2, height: 216 };
const CAPTION = 26;

/** An archive as PDF, A4 across; its pages are given on as they are full. */
export function archivePaper(archive: Archive): PassThrough {
  const out = new PassThrough();
  draw(archive, out).catch((error: Error) => out.destroy(error));
  return out;
}

async function draw(archive: Archive, out: PassThrough): Promise<void> {
  const { doc, faces } = await newDocument({ title: `${archive.kind}：${archive.title}`, layout: 'landscape' });
  doc.pipe(out);
  const sheet = createSheet(doc, createType({ doc, faces }), archive);
  sheet.head();
  for (const section of archive.sections) {
    if ('facts' in section) sheet.facts(section);
    else if ('pictures' in section) await sheet.pictures(section);
    else await sheet.table(section);
  }
  sheet.seals(archive.seals);
  sheet.rare();
  sheet.foot();
  doc.end();
}

/** Writes from the top down, and goes on to the next page where it is full. */
function createSheet(doc: Doc, type: ReturnType<typeof createType>, { kind, title, note }: Archive) {
  let y = TOP;
  let page = 1;

  function foot(): void {
    const at = { x: SIDE, y: BOTTOM + 12, size: 7.5, colour: MUTED, width: INNER };
    type.write(`${kind}：${title}`, at);
    type.write(`第 ${page} 页`, { ...at, align: 'right' });
  }

  function turn(): void {
    foot();
    doc.addPage();
    page += 1;
    y = TOP;
  }

  function room(height: number): void {
    if (y + height > BOTTOM) turn();
  }

  /** `below`: what it must not be parted from, pt. */
  function heading(text: string, below = 36): void {
    room(34 + below);
    y = type.write(text, { x: SIDE, y: y + 10, size: 12, weight: 'bold' }) + 4;
  }

  function head(): void {
    doc.rect(0, 0, PAGE.width, 6).fill(BRAND);
    y = type.write(kind, { x: SIDE, y: 26, size: 10, colour: BRAND, weight: 'bold', width: INNER });
    y = type.write(title, { x: SIDE, y, size: 19, weight: 'bold', leading: 1.4, width: INNER });
    y = type.write(note, { x: SIDE, y, size: 9, colour: MUTED, width: INNER }) + 4;
  }

  /** Two columns of names and values. */
  function facts(section: Facts): void {
    heading(section.title);
    const half = INNER / 2;
    const value = { size: 9, leading: 1.55, width: half - 96 };
    for (let n = 0; n < section.facts.length; n += 2) {
      const pair = section.facts.slice(n, n + 2);
      const height = Math.max(...pair.map(([, text]) => type.height(text, value))) + 4;
      room(height);
      pair.forEach(([name, text], side) => {
        const x = SIDE + side * half;
        type.write(name, { x, y, size: 9, leading: 1.55, colour: MUTED });
        type.write(text, { ...value, x: x + 84, y });
      });
      y += height;
      doc
        .lineWidth(0.4)
        .moveTo(SIDE, y - 2)
        .lineTo(SIDE + INNER, y - 2)
        .stroke(LINE);
    }
    y += 4;
  }

  async function table(section: Table): Promise<void> {
    // Nor the titles of its columns from the first row.
    heading(section.title, 96);
    const shown = section.columns.flatMap((column, at) => (column.paper ? [{ ...column, at }] : []));
    const parts = shown.reduce((sum, { paper = 0 }) => sum + paper, 0);
    const columns = shown.map((column) => ({ ...column, room: ((column.paper ?? 0) / parts) * INNER }));

    const row = (texts: string[], weight: 'regular' | 'bold'): void => {
      const setting = (column: (typeof columns)[number]) => ({ ...CELL, weight, width: column.room - 2 * PADDING });
      // The unit of a heading that is too long stands on a line of its own.
      const parts = columns.map((column, n) => {
        const text = texts[n] ?? '';
        const whole = weight === 'regular' || type.width(text, { ...CELL, weight }) <= setting(column).width;
        return whole ? [text] : text.split(/(?=（)/u);
      });
      const heights = columns.map((column, n) =>
        (parts[n] ?? []).reduce((sum, part) => sum + type.height(part, setting(column)), 0),
      );
      const height = Math.max(...heights) + 2 * PADDING - 2;
      if (y + height > BOTTOM) {
        turn();
        if (weight === 'regular') titles();
      }
      if (weight === 'bold') doc.rect(SIDE, y, INNER, height).fill(BRAND_SOFT);
      let x = SIDE;
      columns.forEach((column, n) => {
        const align = column.kind === 'text' || column.kind === 'time' ? 'left' : 'right';
        let below = y + PADDING - 1;
        for (const part of parts[n] ?? []) {
          below = type.write(part, { ...setting(column), x: x + PADDING, y: below, align });
        }
        x += column.room;
      });
      y += height;
      doc
        .lineWidth(0.4)
        .moveTo(SIDE, y)
        .lineTo(SIDE + INNER, y)
        .stroke(LINE);
    };
    const titles = () =>
      row(
        columns.map(({ heading: text }) => text),
        'bold',
      );

    titles();
    let count = 0;
    for await (const some of section.rows) {
      for (const values of some) {
        count += 1;
        if (count <= ROWS_ON_PAPER)
          row(
            columns.map((column) => textOf(column, values[column.at] ?? null)),
            'regular',
          );
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const left = count - ROWS_ON_PAPER;
    if (count === 0) remark(section.empty);
    if (left > 0) remark(`共 ${count} 行，此处列出前 ${ROWS_ON_PAPER} 行；全部见同一档案的 Excel 文件。`);
    y += 4;
  }

  /** Two beside each other; documents are attached to the file. */
  async function pictures(section: Pictures): Promise<void> {
    const { held, left } = chosen(section.pictures);
    if (held.length === 0) return;
    heading(section.title);
    let side = 0;
    for (const picture of held) {
      const content = await picture.read();
      if (content && isDrawable(picture.type, content) && drawn(picture, content, side)) {
        side = (side + 1) % 2;
        if (side === 0) y += FRAME.height + CAPTION + GUTTER;
        continue;
      }
      if (side === 1) y += FRAME.height + CAPTION + GUTTER;
      side = 0;
      if (content) doc.file(content, { name: attachedName(picture), type: picture.type });
      remark(`${picture.caption}：${picture.name}${content ? '，见本文件所附的附件' : '，已不在平台上'}`);
    }
    if (side === 1) y += FRAME.height + CAPTION + GUTTER;
    if (left > 0) remark(`其余 ${left} 份没有附入，可在平台的观看点页面打开；各文件的 SHA-256 见上表。`);
    y += 4;
  }

  function drawn(picture: Picture, content: Buffer, side: number): boolean {
    try {
      if (side === 0) room(FRAME.height + CAPTION);
      const x = SIDE + side * (FRAME.width + GUTTER);
      const fit: [number, number] = [FRAME.width - 8, FRAME.height - 8];
      doc.image(content, x + 4, y + 4, { fit, align: 'center', valign: 'center' });
      doc.lineWidth(0.4).rect(x, y, FRAME.width, FRAME.height).stroke(LINE);
      const caption = { x, size: 8, leading: 1.4, width: FRAME.width, colour: MUTED };
      type.write(picture.caption, { ...caption, y: y + FRAME.height + 3 });
      return true;
    } catch {
      // What only calls itself a picture is attached as it came.
      return false;
    }
  }

  function remark(text: string): void {
    room(20);
    y = type.write(text, { x: SIDE + PADDING, y: y + 3, size: 8.5, colour: MUTED, width: INNER - 2 * PADDING });
  }

  /** A code for each session's record, beside its digest. */
  function seals(all: readonly ArchiveSeal[]): void {
    if (all.length === 0) return;
    // Its heading does not stand alone at the foot of a page.
    room(150);
    heading('核验');
    remark('扫码或打开地址，可查看本档案所依据的考勤记录此后是否有新增；页面不显示个人信息。');
    const size = 58;
    for (const seal of all) {
      room(size + 18);
      y += 8;
      drawSquares(doc, qrRows(seal.address), SIDE + PADDING, y, size);
      const beside = { x: SIDE + PADDING + size + 14, size: 8.5, leading: 1.55, width: INNER - size - 30 };
      let below = type.write(seal.name, { ...beside, y, weight: 'bold' });
      below = type.write(`记录链摘要（SHA-256） ${seal.digest}`, { ...beside, y: below });
      below = type.write(`${seal.entries} 条记录，${seal.links} 批；读取时间 ${shanghaiTime(seal.at)}（北京时间）`, {
        ...beside,
        y: below,
      });
      type.write(seal.address, { ...beside, y: below, colour: MUTED });
      y += size + 6;
    }
  }

  function rare(): void {
    if (type.missing.size === 0) return;
    const points = [...type.missing].map((sign) => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}`);
    remark(`〓 代表无法显示的字：${points.join('、')}`);
  }

  return { head, facts, table, pictures, seals, rare, foot };
}

function textOf({ kind }: { kind: CellKind } & TableColumn, value: CellValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (kind === 'percent') return `${(value * 100).toFixed(1)}%`;
  if (kind === 'time') return shanghaiTime(value).slice(0, 16);
  return kind === 'minutes' ? value.toFixed(1) : String(value);
}
