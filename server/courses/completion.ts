/** Credited milliseconds that make a session complete (达标): `completePercent` of its planned length. A minute has 600 ms for each percent. */
export function requiredMs(session: { plannedMinutes: number; completePercent: number }): number {
  return session.plannedMinutes * 600 * session.completePercent;
}
