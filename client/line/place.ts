import { useSyncExternalStore } from 'react';
import { PLACE_HEADER } from '#contract/plain.ts';
import { forget, recall, remember } from '../storage.ts';

/** Where somebody stands in the line of those who wait to come in. */
export interface Standing {
  /** People before them, about. */
  ahead: number;
  /** Until they are let in, about. */
  seconds: number;
}

const STORED = 'place';
/** Where nothing can be stored, the place lasts as long as the page. */
let held: string | null = recall(STORED);
const waiting = new Map<symbol, Standing>();
const listeners = new Set<() => void>();
let shown: Standing | null = null;

/** What a request carries of the place that is held, also by a page that was loaded anew. */
export function placeHeaders(): Record<string, string> {
  return held === null ? {} : { [PLACE_HEADER]: held };
}

export function keepPlace(answer: Response): void {
  const token = answer.headers.get(PLACE_HEADER);
  if (token === null) return;
  held = token;
  remember(STORED, token);
}

/** Of another person, or of nobody any more. */
export function forgetPlace(): void {
  held = null;
  forget(STORED);
}

/** @param standing null: it waits no more */
export function stand(request: symbol, standing: Standing | null): void {
  if (standing) waiting.set(request, standing);
  else waiting.delete(request);
  shown = [...waiting.values()].sort((a, b) => a.ahead - b.ahead)[0] ?? null;
  for (const listener of listeners) listener();
}

/** null: nobody waits. */
export function useStanding(): Standing | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
