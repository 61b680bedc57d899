/** As in contract/media.ts, whose schemas must not come to the phone. */
const NAME = 'anke_play';
const LIFE_SECONDS = 600;

/** Lets this browser read `/media/<prefix>/`. */
export function setPlaybackCookie(prefix: string, token: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain http and in old browsers
  document.cookie = `${NAME}=${token}; Path=/media/${prefix}/; Max-Age=${LIFE_SECONDS}; SameSite=Strict${secure}`;
}
