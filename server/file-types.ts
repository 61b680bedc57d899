/** By what a file begins with, whatever it is called; null for a kind that is not kept as evidence. */
export function evidenceType(content: Buffer): 'application/pdf' | 'image/jpeg' | 'image/png' | null {
  const begins = (hex: string) => content.subarray(0, hex.length / 2).toString('hex') === hex;
  if (begins('25504446')) return 'application/pdf';
  if (begins('ffd8ff')) return 'image/jpeg';
  return begins('89504e470d0a1a0a') ? 'image/png' : null;
}
