import type PDFDocument from 'pdfkit';
import { type Face, type Faces, loadFaces } from './faces.ts';
import { type Line, type Setting, setLines } from './lines.ts';

export type Doc = InstanceType<typeof PDFDocument>;

/** Colours of the house (client/ui/tokens). */
export const INK = '#14202B';
export const MUTED = '#5B6B7A';
export const LINE = '#E3E8ED';
export const BRAND = '#0B6E6E';
export const BRAND_SOFT = '#E3F1F0';
export const RED = '#D64545';

export interface Placing extends Setting {
  x: number;
  /** Of the first line's top, pt from the page's. */
  y: number;
  colour?: string;
  align?: 'left' | 'center' | 'right';
  /** Between two baselines, in em. */
  leading?: number;
}

/** A document whose type is ours. Its text goes by {@link createType}, which knows every sign. */
export async function newDocument(options: {
  title: string;
  size?: 'A4';
  layout?: 'portrait' | 'landscape';
  bufferPages?: boolean;
}): Promise<{ doc: Doc; faces: Faces }> {
  const [{ default: PdfDocument }, faces] = await Promise.all([import('pdfkit'), loadFaces()]);
  const doc = new PdfDocument({
    size: 'A4',
    layout: options.layout ?? 'portrait',
    margin: 0,
    bufferPages: options.bufferPages ?? false,
    // No typeface of the format's own is opened.
    font: null as unknown as string,
    lang: 'zh-CN',
    info: { Title: options.title },
  });
  for (const face of Object.keys(faces) as Face[]) doc.registerFont(face, faces[face] as unknown as string);
  return { doc, faces };
}

/** Writes lines of text on a document's pages. */
export function createType({ doc, faces }: { doc: Doc; faces: Faces }) {
  const missing = new Set<string>();

  const leadingOf = ({ size, leading = 1.5 }: Placing | (Setting & { leading?: number })) => size * leading;

  function draw(line: Line, x: number, baseline: number, size: number, colour: string): void {
    doc.fillColor(colour).fontSize(size);
    for (const run of line.runs) {
      doc.font(run.face).text(run.text, x + run.x, baseline, { lineBreak: false, baseline: 'alphabetic' });
    }
  }

  return {
    /** Signs that no face has, as they came: a paper says which they are. */
    missing,
    /** Writes text; the y below it. */
    write(text: string, placing: Placing): number {
      const { x, y, size, width, align = 'left', colour = INK } = placing;
      const leading = leadingOf(placing);
      const lines = setLines(faces, text, placing, missing);
      lines.forEach((line, n) => {
        const spare = width === undefined || align === 'left' ? 0 : width - line.width;
        const shift = align === 'center' ? spare / 2 : spare;
        draw(line, x + shift, y + n * leading + leading / 2 + size * 0.36, size, colour);
      });
      return y + lines.length * leading;
    },
    /** How high text will be, pt. */
    height: (text: string, setting: Setting & { leading?: number }): number =>
      setLines(faces, text, setting).length * leadingOf(setting),
    width: (text: string, setting: Setting): number => setLines(faces, text, setting)[0]?.width ?? 0,
  };
}

/** Draws a code of squares; `size` pt in all, without the quiet zone. */
export function drawSquares(doc: Doc, rows: boolean[][], x: number, y: number, size: number): void {
  const side = size / rows.length;
  doc.fillColor('#000000');
  rows.forEach((squares, row) => {
    for (let column = 0; column < squares.length; column += 1) {
      if (!squares[column]) continue;
      let end = column;
      while (squares[end + 1]) end += 1;
      // A hair more than the square, so that no reader sees a line between two.
      doc.rect(x + column * side, y + row * side, (end - column + 1) * side + 0.05, side + 0.05);
      column = end;
    }
  });
  doc.fill();
}
