/** Numbers that follow from a seed (xorshift32). */
export interface Random {
  /** 0 ≤ it < 1. */
  next(): number;
  chance(share: number): boolean;
  of<T>(all: readonly T[]): T;
  /** A multiple of `unit` between two. */
  step(from: number, to: number, unit: number): number;
}

export function createRandom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 97) >>> 0 || 1;
  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  }
  return {
    next,
    chance: (share) => next() < share,
    of: (all) => all[Math.floor(next() * all.length)] as (typeof all)[number],
    step: (from, to, unit) => Math.floor((from + next() * Math.max(0, to - from)) / unit) * unit,
  };
}
