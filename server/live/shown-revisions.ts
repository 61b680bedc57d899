/** The revision of each room that everybody who is in it on this worker has been shown, at least. */
export function createShownRevisions() {
  const revisions = new Map<string, number>();

  return {
    toOne(sessionId: string, revision: number): void {
      // Whoever was there before may have an older one.
      revisions.set(sessionId, Math.min(revision, revisions.get(sessionId) ?? revision));
    },
    toEverybody(sessionId: string, revision: number): void {
      revisions.set(sessionId, revision);
    },
    isBehind: (sessionId: string, revision: number): boolean => (revisions.get(sessionId) ?? -1) < revision,
    forget: (sessionId: string): void => void revisions.delete(sessionId),
  };
}
