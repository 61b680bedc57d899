import { execFileSync } from 'node:child_process';
import type ExcelJS from 'exceljs';
import jsQr from 'jsqr';

/* Codes are read as a phone would read them: from what is seen. */

/** What the code in a picture says; null without one. RGBA. */
function read(pixels: Uint8ClampedArray, width: number, height: number): string | null {
  return jsQr(pixels, width, height)?.data ?? null;
}

/** What the code on the last page of a PDF says, as poppler draws it. */
export function codeOnLastPage(pdf: Buffer): string | null {
  const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
  const only = ['-f', String(pages), '-l', String(pages)];
  return readPpm(execFileSync('pdftoppm', ['-r', '110', ...only, '-'], { input: pdf, maxBuffer: 64 * 1024 * 1024 }));
}

function readPpm(ppm: Buffer): string | null {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 64).toString('latin1'));
  if (!head) throw new Error('pdftoppm did not write P6');
  const [width, height, from] = [Number(head[1]), Number(head[2]), head[0].length];
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let n = 0; n < width * height; n += 1) {
    for (let part = 0; part < 3; part += 1) pixels[n * 4 + part] = ppm[from + n * 3 + part] ?? 255;
  }
  return read(pixels, width, height);
}

/** Of a sheet whose filled cells are the squares of a code. */
export function codeOfSheet(sheet: ExcelJS.Worksheet): string | null {
  const scale = 4;
  const squares = sheet.rowCount + 4;
  const side = squares * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  sheet.eachRow({ includeEmpty: true }, (row, y) =>
    row.eachCell({ includeEmpty: true }, (cell, x) => {
      if (cell.fill?.type !== 'pattern' || cell.fill.pattern !== 'solid') return;
      for (let n = 0; n < scale * scale; n += 1) {
        const at = ((y - 1) * scale + Math.floor(n / scale)) * side + (x - 1) * scale + (n % scale);
        pixels.fill(0, at * 4, at * 4 + 3);
      }
    }),
  );
  return read(pixels, side, side);
}
