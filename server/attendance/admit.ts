import type { Beat } from '#contract/attendance.ts';
import { type Coverage, lengthOf, pairs, type Span, unite, without } from './credit.ts';

/** A live picture may be played this much faster than real time, to catch up. */
export const ALLOWED_RATE = 1.1;
/** Slack for clocks and rounding when a claim is held against the server's own clock, ms. */
const TOLERANCE_MS = 2_000;
/** Viewers finish what they see this long after the end. */
const END_LAG_MS = 30_000;
/** After the end of the class beats are taken for this long: phones that were away come back and report. */
export const LATE_BEATS_MS = 10 * 60_000;

/** When a session credits: from its start, to its end (null: still running). Epoch ms. */
export interface Window {
  startedAt: number | null;
  endedAt: number | null;
}

/** The end of what a class that ended at `endedAt` credits, on the session axis. Epoch ms. */
export function lastCredited(endedAt: number): number {
  return endedAt + END_LAG_MS;
}

/** More than this, ms, a session credits to nobody. */
export function creditLimitMs(startedAt: Date, endedAt: Date): number {
  return lastCredited(endedAt.getTime()) - startedAt.getTime();
}

/** What the server knows of a connection before a beat. */
export interface ConnectionState {
  /** When its ticket was issued, by the server's clock. */
  openedAt: number;
  acceptedMs: number;
  coverage: Coverage;
}

/** What the server knows of a person in the session before a beat, over all their connections. */
export interface PersonState {
  /** When they first came in, by the server's clock; null when that was not noted. */
  joinedAt: number | null;
  coverage: Coverage;
}

/** May beats be stored at `now`? `not-open`: the class has not begun. `too-late`: it ended over ten minutes ago. */
export function acceptance(window: Window, now: number): 'open' | 'not-open' | 'too-late' {
  if (window.startedAt === null) return 'not-open';
  if (window.endedAt !== null && now > window.endedAt + LATE_BEATS_MS) return 'too-late';
  return 'open';
}

/**
 * What is accepted of a beat, given nobody's clock but ours: only what was playing, inside the session's window, not later
 * than now, not what this connection reported before, and over the whole connection never more than the time since its
 * ticket × the allowed rate. Of a claim that is cut in two by what was reported before, the longer piece counts.
 * An empty span (`from = to`) accepts nothing.
 */
export function admit(
  beat: Pick<Beat, 'mediaFrom' | 'mediaTo' | 'state'>,
  connection: ConnectionState,
  window: Window,
  receivedAt: number,
): Span {
  const nothing = { from: beat.mediaFrom, to: beat.mediaFrom };
  if (!beat.state.playing || beat.state.stalled || window.startedAt === null) return nothing;

  const lastTo = Math.min(
    receivedAt + TOLERANCE_MS,
    window.endedAt === null ? Number.POSITIVE_INFINITY : lastCredited(window.endedAt),
  );
  const claimed = { from: Math.max(beat.mediaFrom, window.startedAt), to: Math.min(beat.mediaTo, lastTo) };
  const fresh = pairs(without(unite([], [claimed]), pairs(connection.coverage)));
  const longest = fresh.reduce<Span>(
    (best, piece) => (piece.to - piece.from > best.to - best.from ? piece : best),
    nothing,
  );

  const passed = playedBy(window, receivedAt) - connection.openedAt;
  const budget = Math.floor(passed * ALLOWED_RATE + TOLERANCE_MS - connection.acceptedMs);
  const length = Math.max(0, Math.min(longest.to - longest.from, budget));
  return { from: longest.from, to: longest.from + length };
}

/**
 * What of a span that was admitted for a connection counts for the person: with the class open to be watched from its start, two
 * devices may play different stretches of it at once, and nobody watches two. Over all connections nothing new is taken beyond
 * the time since the person came in × the allowed rate; what is known already costs nothing.
 */
export function admitForPerson(
  span: Span,
  person: PersonState,
  connection: Pick<ConnectionState, 'openedAt'>,
  window: Window,
  receivedAt: number,
): Span {
  const joinedAt = Math.min(person.joinedAt ?? connection.openedAt, connection.openedAt);
  const since = Math.max(joinedAt, window.startedAt ?? joinedAt);
  const taken = lengthOf(person.coverage);
  let left = Math.max(0, Math.floor((playedBy(window, receivedAt) - since) * ALLOWED_RATE + TOLERANCE_MS) - taken);
  for (const piece of pairs(without(unite([], [span]), pairs(person.coverage)))) {
    if (piece.to - piece.from > left) return { from: span.from, to: piece.from + left };
    left -= piece.to - piece.from;
  }
  return span;
}

/** When what is reported at `receivedAt` was played at the latest: what is played when the class is over is a replay. */
function playedBy({ endedAt }: Window, receivedAt: number): number {
  return endedAt === null ? receivedAt : Math.min(receivedAt, lastCredited(endedAt));
}
