import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '#client/api.ts';
import type { Result } from '#contract/api.ts';

export type Shown = Result<'GET /screens/:screenId'>;

/** Names appear within so long, and a code that is lost to a bad network is not missed. */
const REFRESH_MS = 4_000;
const TICK_MS = 250;

/** What the screen shows, and the code of this moment; `code` is null when the server was not heard for too long. */
export function useCode(screenId: string, enabled: boolean) {
  const shown = useQuery({
    queryKey: ['screen', screenId],
    queryFn: () => call('GET /screens/:screenId', { params: { screenId } }),
    refetchInterval: enabled ? REFRESH_MS : false,
  });
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const data = shown.data;
  const past = Math.max(0, now - shown.dataUpdatedAt);
  return { shown, ...(data ? codeAfter(data, past) : { code: null, leftMs: 0 }) };
}

/** Which code is to be shown `pastMs` after the answer came, and for how long. */
export function codeAfter(
  { code, next, msLeft, stepMs }: Pick<Shown, 'code' | 'next' | 'msLeft' | 'stepMs'>,
  pastMs: number,
) {
  if (pastMs < msLeft) return { code, leftMs: msLeft - pastMs };
  const left = msLeft + stepMs - pastMs;
  return left > 0 ? { code: next, leftMs: left } : { code: null, leftMs: 0 };
}
