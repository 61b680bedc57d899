import { useEffect } from 'react';
import { call } from '#client/api.ts';
import { PLAYBACK_TTL_SECONDS } from '#contract/plain.ts';
import { setPlaybackCookie } from './playback-cookie.ts';

/** A token given with a beat may be half its life old when the beats stop. */
const RENEW_MS = PLAYBACK_TTL_SECONDS * 400;

/** Who reports no beats asks for new tokens. @param prefix that they open; null: none is needed */
export function useRenewal(sessionId: string, prefix: string | null): void {
  useEffect(() => {
    if (prefix === null) return;
    const timer = setInterval(() => {
      call('POST /sessions/:sessionId/playback', { params: { sessionId } }).then(
        (fresh) => {
          if (fresh.prefix !== null && fresh.playbackToken) setPlaybackCookie(fresh.prefix, fresh.playbackToken);
        },
        () => undefined,
      );
    }, RENEW_MS);
    return () => clearInterval(timer);
  }, [sessionId, prefix]);
}
