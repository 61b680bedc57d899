import type { ChainedEntry } from './chain.ts';
import { type CorrectionFact, corrected } from './corrections.ts';
import { pairs, unite, without } from './credit.ts';
import { type Attended, gapsOf, type Miss, mayCount, ranLate, replayedOf, type Sign } from './presence.ts';
import { isSignOfLife } from './screen-credit.ts';

/** What a person's entries say. */
interface Facts {
  /** Of what was reported as the class ran, which counts in any case. */
  coverage: number[];
  /** Whether these count depends on the gaps. */
  late: Attended[];
  /** At the venue, which no presence check takes anything of. */
  venue: number[];
  misses: Miss[];
  signs: Sign[];
  replay: { spans: Attended[]; misses: Miss[]; signs: Sign[] };
  corrections: CorrectionFact[];
}

function noFacts(): Facts {
  const replay = { spans: [], misses: [], signs: [] };
  return { coverage: [], late: [], venue: [], misses: [], signs: [], replay, corrections: [] };
}

type Entry = Pick<
  ChainedEntry,
  'personId' | 'kind' | 'from' | 'to' | 'receivedAt' | 'deltaMs' | 'reason' | 'checkId' | 'correction'
>;

/**
 * Credited time of everybody in a session, from their entries one after the other: what the rule makes of them. `limitMs`: the
 * most that corrections may make of it.
 */
export function createRecomputation(limitMs: number) {
  const people = new Map<string, Facts>();

  return {
    add({ personId, kind, from, to, receivedAt, deltaMs, reason, checkId = null, correction }: Entry): void {
      const known = people.get(personId) ?? noFacts();
      if (!people.has(personId)) people.set(personId, known);
      if (correction) {
        const { id, withdraws } = correction;
        known.corrections.push({ id, effect: correction.effect, deltaMs, from, to, withdraws });
      } else if (kind === 'sign') known.signs.push({ at: from, checkId });
      else if (isSignOfLife(kind, reason)) known.signs.push({ at: from, checkId: null });
      else if (kind === 'missed') known.misses.push({ checkId: checkId ?? '', since: from, at: to });
      else if (kind === 'replay') known.replay.spans.push({ from, to, receivedAt });
      else if (kind === 'replay_sign') known.replay.signs.push({ at: from, checkId });
      else if (kind === 'replay_missed') known.replay.misses.push({ checkId: checkId ?? '', since: from, at: to });
      else if (kind === 'venue') known.venue = unite(known.venue, [{ from, to }]);
      else if (ranLate({ from, to, receivedAt })) known.late.push({ from, to, receivedAt });
      else cover(known, from, to);
    },

    /** Milliseconds. 0 for somebody without entries. */
    creditedMs(personId: string): number {
      const known = people.get(personId);
      if (!known) return 0;
      const gaps = gapsOf(known.misses, known.signs);
      const counted = known.late.filter((span) => mayCount(span, gaps));
      const live = without(unite(known.coverage, counted), pairs(gaps));
      const { spans, misses, signs } = known.replay;
      const replayed = replayedOf(spans, gapsOf(misses, signs));
      const attended = unite(live, [...pairs(replayed), ...pairs(known.venue)]);
      return corrected(attended, known.corrections, limitMs);
    },

    /** Everybody who has entries. */
    people: (): Iterable<string> => people.keys(),
  };
}

function cover(known: Facts, from: number, to: number): void {
  const { coverage } = known;
  const end = coverage.length - 1;
  // Nearly every entry goes on where the one before ended.
  if (end > 0 && from >= (coverage[end - 1] as number) && from <= (coverage[end] as number)) {
    coverage[end] = Math.max(coverage[end] as number, to);
  } else {
    known.coverage = unite(coverage, [{ from, to }]);
  }
}
