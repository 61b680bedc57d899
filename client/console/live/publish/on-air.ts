import { useSyncExternalStore } from 'react';

/** Which session this page publishes into, wherever in the console the person is. */
export interface OnAir {
  sessionId: string;
  title: string;
}

let current: OnAir | null = null;
const listeners = new Set<() => void>();

export function setOnAir(onAir: OnAir | null): void {
  current = onAir;
  for (const listener of listeners) listener();
}

export function useOnAir(): OnAir | null {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
