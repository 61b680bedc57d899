/**
 * Where to go after signing in: the `next` of the address when it is a path of ours, else null. Anything that a browser would
 * take for another site (`//host`, `/\host`, `https:…`) is dropped.
 */
export function ownPath(next: string | null): string | null {
  if (!next || !/^\/(?![/\\])/.test(next)) return null;
  try {
    const url = new URL(next, 'http://own.invalid');
    return url.origin === 'http://own.invalid' ? url.pathname + url.search + url.hash : null;
  } catch {
    return null;
  }
}
