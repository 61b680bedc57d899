/** Values of a metric in a scraped text whose labels are these among others, added up; undefined when there is none. */
export function metricIn(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    const [, found, inBraces = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found !== name || !wanted.every((label) => inBraces.split(',').includes(label))) continue;
    sum = (sum ?? 0) + Number(value);
  }
  return sum;
}
