/** Loads the room's page, and its player beside it. To be called as soon as somebody may want to enter. */
export function loadRoom(): Promise<typeof import('./room.tsx')> {
  // A room before or after class needs none.
  import('./player.ts').catch(() => undefined);
  return import('./room.tsx');
}
