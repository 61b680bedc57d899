import { useQuery } from '@tanstack/react-query';
import { call } from '#client/api.ts';
import { useCodeOfNow } from '#client/rotating-code.ts';
import type { Result } from '#contract/api.ts';

export type Shown = Result<'GET /screens/:screenId'>;

/** Names appear within so long, and a code that is lost to a bad network is not missed. */
const REFRESH_MS = 4_000;

/** What the screen shows, and the code of this moment; `code` is null when the server was not heard for too long. */
export function useCode(screenId: string, enabled: boolean) {
  const shown = useQuery({
    queryKey: ['screen', screenId],
    queryFn: () => call('GET /screens/:screenId', { params: { screenId } }),
    refetchInterval: enabled ? REFRESH_MS : false,
  });
  return { shown, ...useCodeOfNow(shown.data, shown.dataUpdatedAt) };
}
