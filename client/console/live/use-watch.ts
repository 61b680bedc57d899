import { useEffect } from 'react';
import { call } from '#client/api.ts';
import { setPlaybackCookie } from '#client/room/playback-cookie.ts';
import type { Result } from '#contract/api.ts';
import { PLAYBACK_TTL_SECONDS } from '#contract/plain.ts';
import { useRead } from '../data.ts';

const RENEW_MS = (PLAYBACK_TTL_SECONDS * 1_000) / 2;

type Watch = Result<'POST /sessions/:sessionId/watch'>;

/** What this browser may play of a session, for as long as it is shown. @param every how often to ask whether there is anything, ms */
export function useWatch(sessionId: string, every: number | false): Omit<Watch, 'playbackToken'> {
  const watch = useRead('POST /sessions/:sessionId/watch', { params: { sessionId } }, { every });
  const prefix = watch.data?.prefix ?? null;
  const token = watch.data?.playbackToken ?? null;

  useEffect(() => {
    if (prefix !== null && token !== null) setPlaybackCookie(prefix, token);
  }, [prefix, token]);

  useEffect(() => {
    if (prefix === null) return;
    const renewal = setInterval(() => {
      call('POST /sessions/:sessionId/watch', { params: { sessionId } }).then(
        (fresh) => {
          if (fresh.prefix === prefix && fresh.playbackToken) setPlaybackCookie(prefix, fresh.playbackToken);
        },
        () => undefined,
      );
    }, RENEW_MS);
    return () => clearInterval(renewal);
  }, [sessionId, prefix]);

  return { prefix, outsideUrl: watch.data?.outsideUrl ?? null, kind: watch.data?.kind ?? null };
}
