/** Of a session that has not begun, or goes on, the ends are null. */
interface Held {
  plannedMinutes: number;
  completePercent: number;
  startedAt: Date | null;
  endedAt: Date | null;
}

/**
 * Credited milliseconds that make a session complete (达标): `completePercent` of its planned length, and, once it has ended, of the length that it
 * had where that is shorter: nobody is asked for more than there was. A class that ran over asks for no more than was planned.
 */
export function requiredMs({ plannedMinutes, completePercent, startedAt, endedAt }: Held): number {
  const planned = plannedMinutes * 60_000;
  const held = startedAt && endedAt ? Math.max(0, endedAt.getTime() - startedAt.getTime()) : planned;
  // Something, in any case: who was not there has completed nothing.
  return Math.max(1, Math.floor((Math.min(planned, held) * completePercent) / 100));
}
