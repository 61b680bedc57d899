import type { Result } from '#contract/api.ts';

type Playout = NonNullable<Result<'GET /sessions/:sessionId/playout'>['playout']>;

/** Both ends are reported in the same moment. */
const SAME_MOMENT_MS = 10_000;

/** What a prepared video has to do with a picture that is away (`over`: it came to its end, or was stopped), or does not move. */
export function standingOf(
  playout: Pick<Playout, 'state' | 'outcome' | 'endedAt'> | null,
  publisherLostAt: string | null,
): 'over' | 'held' | null {
  if (playout?.state === 'held') return 'held';
  const asTold = playout?.outcome === 'finished' || playout?.outcome === 'stopped';
  if (!asTold || playout.endedAt === null || publisherLostAt === null) return null;
  return Math.abs(Date.parse(playout.endedAt) - Date.parse(publisherLostAt)) < SAME_MOMENT_MS ? 'over' : null;
}
