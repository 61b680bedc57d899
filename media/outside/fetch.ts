import type { OutsideProblem } from '#contract/outside.ts';

/** What was read, from where after all redirects. */
export interface Fetched {
  url: string;
  text: string;
  /** Whether browsers may read it from our pages. */
  shared: boolean;
}

const TIMEOUT_MS = 8_000;
/** A playlist of a whole day in segments of two seconds stays below. */
const MAX_BYTES = 4 * 1_024 * 1_024;
const MAX_REDIRECTS = 5;

export class OutsideError extends Error {
  readonly problem: OutsideProblem;

  constructor(problem: OutsideProblem, options?: ErrorOptions) {
    super(problem.code, options);
    this.problem = problem;
  }
}

/**
 * Reads a playlist as a page of `origin` (null: unknown) would, from whoever answers: not longer than eight seconds, not more than four megabytes, and
 * from web addresses alone.
 * @throws OutsideError `unreachable`, `status`, `redirects`, `too-large`
 */
export async function fetchPlaylist(url: string, origin: string | null, stop: AbortSignal): Promise<Fetched> {
  const reading = new AbortController();
  const leave = () => reading.abort();
  // A signal that is made of others can be collected with its timer while somebody waits for it (Node 20).
  const timer = setTimeout(leave, TIMEOUT_MS);
  stop.addEventListener('abort', leave);
  try {
    return await follow(url, origin, reading.signal);
  } catch (error) {
    if (error instanceof OutsideError) throw error;
    throw new OutsideError({ code: 'unreachable' }, { cause: error });
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', leave);
  }
}

async function follow(start: string, origin: string | null, signal: AbortSignal): Promise<Fetched> {
  let url = new URL(start);
  let shared = true;
  for (let hops = 0; ; hops += 1) {
    if (hops > MAX_REDIRECTS || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new OutsideError({ code: 'redirects' });
    }
    const answer = await fetch(url, { redirect: 'manual', signal, headers: { origin: origin ?? url.origin } });
    shared &&= isShared(answer, origin);
    const to = answer.headers.get('location');
    if (answer.status >= 300 && answer.status < 400 && to !== null) {
      await answer.body?.cancel();
      if (!URL.canParse(to, url.href)) throw new OutsideError({ code: 'redirects' });
      url = new URL(to, url);
      continue;
    }
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new OutsideError({ code: 'status', status: answer.status });
    }
    return { url: url.href, text: await textOf(answer), shared };
  }
}

/** As the Fetch standard checks it for a request without credentials. Where our pages are is not always known. */
function isShared(answer: Response, origin: string | null): boolean {
  const allowed = answer.headers.get('access-control-allow-origin');
  return allowed === '*' || allowed === origin || (origin === null && allowed !== null);
}

async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (size > MAX_BYTES) throw new OutsideError({ code: 'too-large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
