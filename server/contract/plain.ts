/*
 * Names, figures and lists that both ends must agree on, apart from the schemas: the learner's pages carry this file, and
 * must not carry zod.
 */

/** How often a page sends beats. */
export const BEAT_INTERVAL_MS = 15_000;

/** Carries the playback token, at path `/media/<prefix>/`. */
export const PLAYBACK_COOKIE = 'anke_play';
export const PLAYBACK_TTL_SECONDS = 600;

/** A live class whose publisher has been away for so long is over. */
export const END_AFTER_LOST_MS = 15 * 60_000;

/** Chapters of one session. */
export const MAX_MARKS = 60;

/** Carries a signed place in the line of those who wait to come in, both ways. */
export const PLACE_HEADER = 'x-anke-place';

/** Reports of network checks are deleted after so long. */
export const NETWORK_REPORTS_KEPT_DAYS = 30;

export const UNIT_KINDS = ['bureau', 'government', 'enterprise'] as const;

export const PERSON_CATEGORIES = [
  'deputy_leader',
  'official',
  'principal',
  'safety_manager',
  'worker',
  'special_operator',
] as const;

/** Who looks after a unit's safety, and may open a shared screen for it. */
export const CONVENOR_CATEGORIES: readonly (typeof PERSON_CATEGORIES)[number][] = [
  'deputy_leader',
  'official',
  'principal',
  'safety_manager',
];

/** The first five are those for which the regulation asks for more class hours. */
export const INDUSTRIES = [
  'coal',
  'non_coal_mine',
  'hazardous_chemicals',
  'fireworks',
  'metal_smelting',
  'construction',
  'machinery',
  'light_industry',
  'textiles',
  'building_materials',
  'food',
  'warehousing_transport',
  'commerce',
  'catering_hotel',
  'gas',
  'education_health',
  'other',
] as const;

/** How many ids a query names at most: with the commas escaped, the request line stays within the 8 KiB that proxies take. */
export const IDS_PER_QUERY = 200;

/** Of a small room, and of the largest. */
const FIRST_RANGE_MS = 4_000;
const LONGEST_FIRST_RANGE_MS = 10_000;
/** Of a whole room; of the people of one worker, who come back to the others, a part of it. */
const BACK_A_SECOND = 4_000;

/**
 * The range within which a page whose connection broke draws the moment of its first attempt, ms; each later one is twice as long. Whoever loses their worker in a large room comes back to
 * others that are as full: all at once they would wait for each other, and the last of them for the kernel's growing pauses.
 */
export function firstRangeMs(devices: number): number {
  return Math.min(LONGEST_FIRST_RANGE_MS, Math.max(FIRST_RANGE_MS, (devices / BACK_A_SECOND) * 1_000));
}
