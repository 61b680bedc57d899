/** `1:05:30`, `5:30` or `30` as ms; null for what is none. */
export function parsePosition(text: string): number | null {
  const parts = text.trim().replace(/：/g, ':').split(':');
  if (parts.length > 3 || !parts.every((part) => /^\d{1,3}$/.test(part))) return null;
  const numbers = parts.map(Number);
  // Only the first may be more than its clock has.
  if (numbers.slice(1).some((number) => number > 59)) return null;
  return numbers.reduce((sum, number) => sum * 60 + number, 0) * 1_000;
}
