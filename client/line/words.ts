/** Two figures are as exact as a line is: `12,345` is about 12,000. */
export function roughly(count: number): number {
  if (count < 20) return count;
  const unit = 10 ** (Math.floor(Math.log10(count)) - 1);
  return Math.round(count / unit) * unit;
}

/** Whole minutes from one on, rounded up: nobody waits longer than they were told. */
export function inMinutes(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / 60));
}
