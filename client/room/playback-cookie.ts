import { PLAYBACK_COOKIE, PLAYBACK_TTL_SECONDS } from '#contract/plain.ts';

/** Lets this browser read `/media/<prefix>/`. */
export function setPlaybackCookie(prefix: string, token: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain http and in old browsers
  document.cookie = `${PLAYBACK_COOKIE}=${token}; Path=/media/${prefix}/; Max-Age=${PLAYBACK_TTL_SECONDS}; SameSite=Strict${secure}`;
}
