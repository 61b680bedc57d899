/** Loads the room's page and its player side by side. To be called as soon as somebody may want to enter. */
export async function loadRoom(): Promise<typeof import('./room.tsx')> {
  const [page] = await Promise.all([import('./room.tsx'), import('./player.ts')]);
  return page;
}
