import { type Coverage, lengthOf, pairs, type Span, unite, without } from './credit.ts';

/*
 * What presence checks (在线确认) do to credited time. The rule, as it stands on pages and in exports:
 *
 *   A check that was missed takes away the time since the person was last surely there, up to their next sign of life.
 *   A check that is confirmed takes nothing away, also when the confirmation arrives late.
 *
 * Everything here follows from entries of the chain, in whatever order they came, and however often.
 */

/** The person was surely there at `at`, epoch ms on the session axis. `checkId`: by confirming this check. */
export interface Sign {
  at: number;
  checkId: string | null;
}

/** A check that was missed: asked at `at`, surely there before at `since`. */
export interface Miss {
  checkId: string;
  since: number;
  at: number;
}

/** A live span with the time, by the server's clock, at which it was reported. */
export interface Attended extends Span {
  receivedAt: number;
}

/** Where a gap ends that no sign of life has ended: the largest point of the axis. */
export const OPEN_END = 9_000_000_000_000;

/** Who watches the class as it runs reports what they saw well within this time; later, the past was watched, or it came late. */
const AS_IT_RUNS_MS = 60_000;

/** The stretches that are not credited because of missed checks, flattened. */
export function gapsOf(misses: readonly Miss[], signs: readonly Sign[]): number[] {
  const confirmed = new Set(signs.map((sign) => sign.checkId));
  return unite(
    [],
    misses
      .filter((miss) => !confirmed.has(miss.checkId))
      .map((miss) => ({
        from: signs.reduce((last, { at }) => (at < miss.at ? Math.max(last, at) : last), miss.since),
        to: signs.reduce((first, { at }) => (at >= miss.at ? Math.min(first, at) : first), OPEN_END),
      })),
  );
}

/** From where on nothing is credited now; null when no gap is open. */
export function missedFrom(gaps: Coverage): number | null {
  return gaps.at(-1) === OPEN_END ? (gaps.at(-2) ?? null) : null;
}

/**
 * Whether a span may count at all. Who goes back in the class while nobody knows whether they are there watches other stretches
 * of the axis than the gap; what they report then does not count either.
 */
export function mayCount(span: Attended, gaps: Coverage): boolean {
  return !ranLate(span) || !isWithin(span.receivedAt, gaps);
}

/** Whether a span was reported well after the class had shown it. */
export function ranLate({ from, to, receivedAt }: Attended): boolean {
  return to > from && receivedAt - to > AS_IT_RUNS_MS;
}

/** What was attended, before the gaps are taken out of it. */
export function attendedOf(spans: readonly Attended[], gaps: Coverage): number[] {
  return unite(
    [],
    spans.filter((span) => mayCount(span, gaps)),
  );
}

/** Milliseconds of `coverage` that are outside the gaps. */
export function creditedOf(coverage: Coverage, gaps: Coverage): number {
  return lengthOf(gaps.length === 0 ? coverage : without(coverage, pairs(gaps)));
}

/** A gap, and how much of what was attended lies in it; `to` is null while it goes on. */
export interface Lost {
  from: number;
  to: number | null;
  lostMs: number;
}

/** What each gap costs. */
export function lostTo(coverage: Coverage, gaps: Coverage): Lost[] {
  const all = lengthOf(coverage);
  return pairs(gaps).map((gap) => ({
    from: gap.from,
    to: gap.to === OPEN_END ? null : gap.to,
    lostMs: all - lengthOf(without(coverage, [gap])),
  }));
}

/** What counts of a replay: all but what was reported while nobody knew whether somebody was there. `gaps` by the server's clock. */
export function replayedOf(spans: readonly Attended[], gaps: Coverage): number[] {
  return unite(
    [],
    spans.filter(({ receivedAt }) => !isWithin(receivedAt, gaps)),
  );
}

/** Whether something that was reported at `receivedAt` is taken away. */
export function isWithin(receivedAt: number, gaps: Coverage): boolean {
  return pairs(gaps).some((gap) => gap.from < receivedAt && receivedAt <= gap.to);
}

/** What is credited to a person, ms: the class, its replay and the venue united; what of it only the replay, and then only the venue, has. */
export function creditOf({ coverage, gaps, replayed, venue }: Attendance) {
  const liveMs = creditedOf(coverage, gaps);
  if (replayed.length === 0 && venue.length === 0) return { creditedMs: liveMs, liveMs, replayMs: 0, venueMs: 0 };
  const played = unite(without(coverage, pairs(gaps)), pairs(replayed));
  const replayMs = lengthOf(played) - liveMs;
  const creditedMs = lengthOf(unite(played, pairs(venue)));
  return { creditedMs, liveMs, replayMs, venueMs: creditedMs - liveMs - replayMs };
}

/** What somebody attended, of the class, its replay or at the venue. */
export function attendedIn({ coverage, gaps, replayed, venue }: Attendance): Coverage {
  return unite(without(coverage, pairs(gaps)), [...pairs(replayed), ...pairs(venue)]);
}

/** What a person has of a session, by how it is known. `gaps` are taken out of `coverage` alone. */
export interface Attendance {
  coverage: Coverage;
  gaps: Coverage;
  replayed: Coverage;
  venue: Coverage;
}
