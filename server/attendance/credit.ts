/*
 * How time is credited. The rule, as it stands on pages and in exports:
 *
 *   有效时长 = the union of a person's spans in a session over all devices, of the class and of its replay, less the gaps of missed
 *   presence checks (presence.ts).
 *
 * Nothing is summed over devices and nothing counts twice; the order in which spans arrive does not matter. recompute.ts is the whole
 * rule, from the entries of the chain.
 */

/** Half-open `[from, to)` on the session axis, epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** Spans that are ascending, disjoint, not touching and not empty, flattened: from, to, from, to … */
export type Coverage = readonly number[];

/** The union of `coverage` and `spans`. Empty and reversed spans add nothing. */
export function unite(coverage: Coverage, spans: readonly Span[]): number[] {
  const [span] = spans;
  if (span && spans.length === 1 && span.from >= (coverage.at(-2) ?? span.from)) return append(coverage, span);
  const all = [...pairs(coverage), ...spans].filter((span) => span.to > span.from).sort((a, b) => a.from - b.from);
  const united: number[] = [];
  for (const { from, to } of all) {
    const end = united.at(-1);
    if (end !== undefined && from <= end) united[united.length - 1] = Math.max(end, to);
    else united.push(from, to);
  }
  return united;
}

/** As {@link unite}, with a span that begins where the last one does or later, as nearly all do that people report. */
function append(coverage: Coverage, { from, to }: Span): number[] {
  const united = coverage.slice();
  const end = united.at(-1);
  if (to <= from) return united;
  if (end !== undefined && from <= end) united[united.length - 1] = Math.max(end, to);
  else united.push(from, to);
  return united;
}

/** `coverage` without the parts that lie in `gaps`. */
export function without(coverage: Coverage, gaps: readonly Span[]): number[] {
  const first = coverage[0] ?? 0;
  const last = coverage.at(-1) ?? 0;
  if (!gaps.some(({ from, to }) => from < last && to > first)) return coverage.slice();
  let rest = pairs(coverage);
  for (const gap of gaps) {
    if (gap.to <= gap.from) continue;
    rest = rest.flatMap(({ from, to }) =>
      gap.to <= from || gap.from >= to
        ? [{ from, to }]
        : [
            { from, to: Math.min(to, gap.from) },
            { from: Math.max(from, gap.to), to },
          ],
    );
  }
  return unite([], rest);
}

/** Milliseconds covered. */
export function lengthOf(coverage: Coverage): number {
  return pairs(coverage).reduce((sum, { from, to }) => sum + to - from, 0);
}

export function pairs(coverage: Coverage): Span[] {
  const spans: Span[] = [];
  for (let i = 0; i + 1 < coverage.length; i += 2) {
    spans.push({ from: coverage[i] as number, to: coverage[i + 1] as number });
  }
  return spans;
}
