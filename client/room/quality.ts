import { recall, remember } from '#client/storage.ts';

/** What a viewer chose: the rung that the network carries, the sound alone, or one rung by its height in lines. */
export type Quality = 'auto' | 'sound' | number;

/** What there is to choose from. */
export interface Ladder {
  /** Heights of the rungs, lines, the highest first; empty where the system chooses among them itself. */
  rungs: readonly number[];
  /** Whether the sound can be had without the picture. */
  sound: boolean;
}

export const NO_LADDER: Ladder = { rungs: [], sound: false };

/** A variant of a multivariant playlist, as far as choosing needs it. */
export interface Variant {
  width?: number | undefined;
  height?: number | undefined;
  videoCodec?: string | undefined;
  audioCodec?: string | undefined;
}

const STORED = 'quality';

/** A picture held upright has as many lines as its width: what is called 720p is the shorter side. */
export function linesOf({ width = 0, height = 0 }: Pick<Variant, 'width' | 'height'>): number {
  return Math.min(width, height);
}

/** The sound alone is told by a variant that names a codec for it and none for a picture. */
export function ladderOf(variants: readonly Variant[]): Ladder {
  const pictures = variants.filter((variant) => variant.videoCodec || linesOf(variant) > 0);
  const rungs = [...new Set(pictures.map(linesOf))].filter((lines) => lines > 0).sort((a, b) => b - a);
  const alone = variants.some(({ audioCodec, videoCodec, height }) => audioCodec && !videoCodec && !height);
  return { rungs, sound: alone && pictures.length > 0 };
}

/** What is nearest to a choice among what there is: a rung that is missing gives way to the next lower one. */
export function nearest(chosen: Quality, { rungs, sound }: Ladder): Quality {
  if (chosen === 'sound') return sound ? 'sound' : 'auto';
  if (chosen === 'auto' || rungs.length < 2) return 'auto';
  return rungs.find((lines) => lines <= chosen) ?? rungs[rungs.length - 1] ?? 'auto';
}

/** All that may be chosen, in the order of a menu; nothing where there is but one way to watch. */
export function choices({ rungs, sound }: Ladder): Quality[] {
  const all: Quality[] = ['auto', ...(rungs.length > 1 ? rungs : []), ...(sound ? (['sound'] as const) : [])];
  return all.length > 1 ? all : [];
}

/** What was chosen on this device the last time. */
export function recallQuality(): Quality {
  return parseQuality(recall(STORED));
}

export function rememberQuality(chosen: Quality): void {
  remember(STORED, String(chosen));
}

export function parseQuality(stored: string | null): Quality {
  if (stored === 'sound') return stored;
  return stored !== null && /^\d{2,4}$/.test(stored) ? Number(stored) : 'auto';
}
