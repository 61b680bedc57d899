import type { Attended, Miss, Sign } from '#server/attendance/presence.ts';
import { createRecomputation } from '#server/attendance/recompute.ts';

const PERSON = 'somebody';

interface Record {
  spans?: readonly Attended[];
  misses?: readonly Miss[];
  signs?: readonly Sign[];
}

/** What the rule makes of somebody's entries, of the class and of its replay, ms. */
export function recomputed(live: Record, replay: Record = {}): number {
  const recomputation = createRecomputation(Number.MAX_SAFE_INTEGER);
  const add = (kind: string, from: number, to: number, receivedAt: number, checkId: string | null = null) =>
    recomputation.add({ personId: PERSON, kind, from, to, receivedAt, deltaMs: null, reason: null, checkId });
  for (const [{ spans = [], misses = [], signs = [] }, names] of [
    [live, { span: 'live', sign: 'sign', miss: 'missed' }],
    [replay, { span: 'replay', sign: 'replay_sign', miss: 'replay_missed' }],
  ] as const) {
    for (const { from, to, receivedAt } of spans) add(names.span, from, to, receivedAt);
    for (const { checkId, since, at } of misses) add(names.miss, since, at, at, checkId);
    for (const { at, checkId } of signs) add(names.sign, at, at, at, checkId);
  }
  return recomputation.creditedMs(PERSON);
}
