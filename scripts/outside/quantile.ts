/** The value below which the given share of them lies. @throws RangeError without values */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

export const median = (values: number[]): number => quantile(values, 0.5);
