import { repeated } from '../repeated.ts';
import type { Services } from '../services.ts';
import type { Playouts } from './playouts.ts';

/** A start that was moved reaches media within so long; a video never begins at a time that was given up before that. */
const LOOK_EVERY_MS = 5_000;

/** Keeps media in step with what is planned. Every worker looks; saying it twice is harmless. */
export function watchPlayouts({ logger }: Pick<Services, 'logger'>, playouts: Playouts): { stop(): void } {
  return repeated(LOOK_EVERY_MS, () => playouts.reconcile(), { logger, failed: 'could not look for planned videos' });
}
