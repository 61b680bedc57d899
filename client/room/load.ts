/** Loads the room's page, and its player beside it. */
export function loadRoom(): Promise<typeof import('./room.tsx')> {
  // A room before or after class needs none.
  import('./player.ts').catch(() => undefined);
  return import('./room.tsx');
}

/** To be called as soon as somebody may want to enter. Without a network nothing is lost: entering loads it again. */
export function preloadRoom(): void {
  loadRoom().catch(() => undefined);
}
