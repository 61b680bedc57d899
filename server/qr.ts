import { create } from 'qrcode';

/** Rows of a QR code, true where it is dark. */
export function qrRows(text: string): boolean[][] {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const { size, data } = modules;
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) => data[row * size + column] === 1),
  );
}
