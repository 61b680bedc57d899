import type { NetworkFigures } from '#contract/network.ts';

/** Figures of round trips, ms each; null: lost. */
export function roundTrips(times: readonly (number | null)[]): NetworkFigures['api'] {
  const back = times.filter((time) => time !== null);
  const sorted = [...back].sort((a, b) => a - b);
  const steps = back.slice(1).map((time, at) => Math.abs(time - (back[at] ?? time)));
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return {
    sent: times.length,
    lost: times.length - back.length,
    medianMs: back.length > 0 ? Math.round(median) : null,
    longestMs: back.length > 0 ? Math.round(sorted[sorted.length - 1] ?? 0) : null,
    jitterMs: steps.length > 0 ? Math.round(steps.reduce((sum, step) => sum + step, 0) / steps.length) : null,
  };
}
