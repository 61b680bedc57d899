const DAY_MS = 24 * 3_600_000;
/** Asia/Shanghai, which has had no summer time since 1991. */
const BEIJING_MS = 8 * 3_600_000;

/**
 * Up to when the replay of a class counts (补课): to the end of the day, in Beijing, that lies `days` after its end. Epoch ms; null when it
 * does not count, or the class is not over.
 */
export function replayUntil(session: { endedAt: number | null; replayDays: number }): number | null {
  const { endedAt, replayDays } = session;
  if (endedAt === null || replayDays === 0) return null;
  const lastDay = Math.floor((endedAt + BEIJING_MS) / DAY_MS) + replayDays;
  return (lastDay + 1) * DAY_MS - BEIJING_MS - 1;
}
