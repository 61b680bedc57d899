/** Loads the page of the network check. */
export function loadCheck(): Promise<typeof import('./check.tsx')> {
  return import('./check.tsx');
}

/** To be called while the network is good: where it is needed the page could not be loaded any more. */
export function preloadCheck(): void {
  loadCheck().catch(() => undefined);
}
