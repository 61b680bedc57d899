import type { Beat } from '#contract/attendance.ts';
import { ALLOWED_RATE } from './admit.ts';
import { type Coverage, lengthOf, pairs, type Span, unite, without } from './credit.ts';

/*
 * What is accepted of somebody who watches the replay of a class (补课). The rule, as it stands on pages:
 *
 *   It counts up to the course's deadline, each moment of the class once, together with what was seen live.
 *   Nobody gets further than where they were: what is played beyond that is not accepted.
 *   Over all devices nothing new is accepted beyond the time that has passed, × the allowed rate.
 *
 * Presence checks are in replay-checks.ts, what they take away in presence.ts.
 */

/** A picture that goes on a moment later than the last one ended has skipped nothing, ms. */
const SKIP_MS = 5_000;

/** What of a class can be replayed for credit. Epoch ms; `first` and `last` on the session axis. */
export interface ReplayWindow {
  first: number;
  last: number;
  /** Up to here, by the server's clock, what is watched counts. */
  until: number;
  /** How much of the axis between `first` and `last` has no picture. */
  holesMs: number;
}

/**
 * Who of a person's connections is credited. Only one is at a time; another one that reports takes its place, and begins where
 * the one before was last heard of.
 */
export interface Seat {
  connId: string;
  /** Epoch ms by the server's clock, like all of it. */
  since: number;
  /** Accepted since then. */
  spentMs: number;
  heardAt: number;
}

export interface ReplayClaim {
  connId: string;
  /** When its ticket was issued. */
  openedAt: number;
  receivedAt: number;
  beat: Pick<Beat, 'mediaFrom' | 'mediaTo' | 'state'>;
}

export interface ReplayStanding {
  /** What counts already, live or in the replay. */
  known: Coverage;
  /** The furthest point that was watched; null for somebody who has seen nothing. */
  furthest: number | null;
  seat: Seat | null;
}

export interface Replayed {
  /** From the first to the last moment that is new; empty (`from = to`) when nothing is accepted. */
  span: Span;
  /** How much of it is new. */
  freshMs: number;
  /** As it is after this. */
  seat: Seat | null;
}

/** Whether what a connection reports is of the replay: it came when the class was over. Its ticket counts whole seconds. */
export function isReplay(openedAt: number, endedAt: number | null): boolean {
  return endedAt !== null && openedAt >= Math.floor(endedAt / 1_000) * 1_000;
}

/** How far beyond what was watched a picture may go on, ms: the axis may have holes. */
export function skipOf(window: ReplayWindow): number {
  return SKIP_MS + window.holesMs;
}

/** How far on the axis somebody may go. */
export function reachOf(window: ReplayWindow, furthest: number | null): number {
  return Math.max(window.first, furthest ?? window.first);
}

/** What is accepted of a beat. */
export function admitReplay(claim: ReplayClaim, standing: ReplayStanding, window: ReplayWindow): Replayed {
  const { beat, receivedAt } = claim;
  const nothing = { span: { from: beat.mediaFrom, to: beat.mediaFrom }, freshMs: 0, seat: standing.seat };
  if (!beat.state.playing || beat.state.stalled) return nothing;

  const furthestFrom = reachOf(window, standing.furthest) + skipOf(window);
  if (beat.mediaFrom > furthestFrom) return nothing;
  const claimed = { from: Math.max(beat.mediaFrom, window.first), to: Math.min(beat.mediaTo, window.last) };
  const fresh = without(unite([], [claimed]), pairs(standing.known));

  const seat = seatOf(claim, standing.seat);
  const now = Math.min(receivedAt, window.until);
  const cut = upTo(fresh, Math.max(0, Math.floor((now - seat.since) * ALLOWED_RATE) - seat.spentMs));
  const freshMs = lengthOf(cut);
  if (freshMs === 0) return nothing;
  const span = { from: cut[0] as number, to: cut.at(-1) as number };
  return { span, freshMs, seat: { ...seat, spentMs: seat.spentMs + freshMs, heardAt: receivedAt } };
}

/** Time is spent once: a connection that takes over has none of what passed before the other was last heard of. */
function seatOf({ connId, openedAt, receivedAt }: ReplayClaim, seat: Seat | null): Seat {
  if (seat?.connId === connId) return seat;
  return { connId, since: Math.max(openedAt, seat?.heardAt ?? openedAt), spentMs: 0, heardAt: receivedAt };
}

/** The first `ms` milliseconds of `coverage`. */
function upTo(coverage: Coverage, ms: number): number[] {
  let left = ms;
  const taken: Span[] = [];
  for (const { from, to } of pairs(coverage)) {
    const length = Math.min(left, to - from);
    if (length <= 0) break;
    taken.push({ from, to: from + length });
    left -= length;
  }
  return unite([], taken);
}

/** Shorter stretches that are missing, as each stall leaves one, are not gone back to, ms. */
const WORTH_MS = 5_000;

/** The first place in the class that is still missing and may be watched; null when nothing is missing. */
export function nextMissing(window: ReplayWindow, { known, furthest }: Omit<ReplayStanding, 'seat'>): number | null {
  const missing = without(unite([], [{ from: window.first, to: window.last }]), pairs(known));
  const first = pairs(missing).find(({ from, to }) => to - from >= WORTH_MS);
  return first && first.from <= reachOf(window, furthest) + skipOf(window) ? first.from : null;
}
