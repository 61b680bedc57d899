import type { BodyInput, EndpointKey, PathParams, QueryInput, Result } from '#contract/api.ts';
import { type ErrorCode, type ErrorParams, errors, errorText, type Problem } from '#contract/errors.ts';
import { getLanguage } from './i18n.ts';
import { keepPlace, placeHeaders, stand } from './line/place.ts';
import { noteServerTime } from './server-clock.ts';

const BASE = '/api/v1';
const TIMEOUT_MS = 20_000;

type Input<K extends EndpointKey> = ([PathParams<K>] extends [never]
  ? { params?: undefined }
  : { params: Record<PathParams<K>, string> }) &
  (QueryInput<K> extends undefined ? { query?: undefined } : { query?: QueryInput<K> }) &
  (BodyInput<K> extends undefined ? { body?: undefined } : { body: BodyInput<K> }) & {
    /** For endpoints that take a file. */
    file?: Blob;
    signal?: AbortSignal;
  };
type Arguments<K extends EndpointKey> = Record<string, never> extends Input<K> ? [input?: Input<K>] : [input: Input<K>];
type Loose = { params?: Record<string, string>; query?: object; body?: unknown; file?: Blob; signal?: AbortSignal };

/** The server could not be reached, or did not answer in time. */
export type FailureCode = ErrorCode | 'offline';

/** A failed call. `message` is meant for people, in the page's language when it failed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: FailureCode;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly params: ErrorParams;
  readonly fields: { path: string; message: string }[];

  constructor(code: FailureCode, params: ErrorParams = {}, fields: { path: string; message: string }[] = []) {
    super(failureText(code, params));
    this.code = code;
    this.status = code === 'offline' ? 0 : errors[code].status;
    this.params = params;
    this.fields = fields;
  }

  /** The server said no for good (4xx): unlike a lost network, a server in trouble or too much haste, which may be better in a moment. */
  get refused(): boolean {
    return this.status >= 400 && this.status < 500 && this.code !== 'rate-limited';
  }
}

/** The words of a failure in the page's language. */
export function failureText(code: FailureCode, params: ErrorParams = {}): string {
  const language = getLanguage();
  if (code === 'offline') return language === 'zh' ? '连不上服务器，请检查网络后重试' : 'The server cannot be reached';
  return errorText(code, language, params);
}

/**
 * Makes a REST call. An access token that ran out is renewed once, unseen.
 * @throws ApiError
 */
export async function call<K extends EndpointKey>(key: K, ...[input]: Arguments<K>): Promise<Result<K>> {
  const answer = await send(key, (input ?? {}) as Loose);
  return (answer.status === 204 ? undefined : await answer.json()) as Result<K>;
}

/** Path and query of an endpoint, for links. */
export function urlOf(key: EndpointKey, params: Record<string, string> = {}, query: object = {}): string {
  const path = key
    .slice(key.indexOf(' ') + 1)
    .replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value));
  const text = search.toString();
  return `${BASE}${path}${text && `?${text}`}`;
}

/** Called when the server says that nobody is signed in any more: with `login-ended` and why, or with `not-signed-in`. */
export function onSignedOut(listener: (refusal: ApiError) => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

const signedOutListeners = new Set<(refusal: ApiError) => void>();
const NEVER_REFRESH: EndpointKey[] = ['POST /login', 'POST /login/refresh', 'POST /logout', 'POST /beats'];

async function send(key: EndpointKey, input: Loose): Promise<Response> {
  const first = await attemptInTurn(key, input);
  if (first.ok) return first;
  const problem = await problemOf(first);
  if (problem.code !== 'not-signed-in' || NEVER_REFRESH.includes(key)) throw problem;
  const refusal = await refresh();
  if (refusal) {
    for (const listener of signedOutListeners) listener(refusal);
    throw refusal;
  }
  const second = await attemptInTurn(key, input);
  if (second.ok) return second;
  throw await problemOf(second);
}

/** Asked again while its answer is on the page, which stays there then. */
const answered = new Set<EndpointKey>();
const IN_TROUBLE_RETRY_MS = 5_000;

/** Waits in line for as long as it takes, when the server is at its limit; what goes wrong meanwhile does not lose the place. */
async function attemptInTurn(key: EndpointKey, input: Loose): Promise<Response> {
  const request = Symbol(key);
  const isSeen = key.startsWith('GET ') && answered.has(key);
  let inLine = false;
  try {
    for (;;) {
      const answer = await attempt(key, input).catch((error: unknown) => {
        if (inLine && error instanceof ApiError) return null;
        throw error;
      });
      const isBusy = answer === null || answer.status >= 500;
      const problem = answer && isBusy ? await problemOf(answer.clone()) : null;
      if (problem?.code === 'in-line') {
        inLine = true;
        const { ahead, seconds } = problem.params;
        if (!isSeen) stand(request, { ahead: Number(ahead), seconds: Number(seconds) });
      } else if (answer && !(inLine && isBusy)) {
        if (answer.ok) answered.add(key);
        return answer;
      }
      await pause(Number(problem?.params.retryMs ?? IN_TROUBLE_RETRY_MS), input.signal);
    }
  } finally {
    stand(request, null);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

async function attempt(key: EndpointKey, { params, query, body, file, signal }: Loose): Promise<Response> {
  const timer = new AbortController();
  const cancel = () => timer.abort();
  const timeout = setTimeout(cancel, file ? TIMEOUT_MS * 6 : TIMEOUT_MS);
  signal?.addEventListener('abort', cancel);
  const headers: Record<string, string> = {
    'x-anke-client': 'web',
    'x-anke-language': getLanguage(),
    ...placeHeaders(),
  };
  if (file) headers['content-type'] = file.type || 'application/octet-stream';
  else if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const answer = await fetch(urlOf(key, params, query), {
      method: key.slice(0, key.indexOf(' ')),
      credentials: 'same-origin',
      headers,
      body: file ?? (body === undefined ? null : JSON.stringify(body)),
      signal: timer.signal,
    });
    noteServerTime(answer.headers.get('date'));
    keepPlace(answer);
    return answer;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('offline');
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', cancel);
  }
}

let refreshing: Promise<ApiError | null> | null = null;

/**
 * Renews the login. One renewal at a time for the whole page, whoever asks; other tabs may renew at the same time.
 * @returns the refusal; null: it is renewed
 * @throws ApiError `busy`, `offline`
 */
export function refresh(): Promise<ApiError | null> {
  refreshing ??= attempt('POST /login/refresh', {})
    .then((answer) => {
      // A busy server is no verdict on the login.
      if (answer.status >= 500) throw new ApiError('busy');
      return answer.ok ? null : problemOf(answer);
    })
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function problemOf(answer: Response): Promise<ApiError> {
  // A proxy in between may answer with a page of its own.
  const problem: Partial<Problem> = await answer.json().catch(() => ({}));
  if (!problem.code || !(problem.code in errors)) {
    if (answer.status >= 502 && answer.status <= 504) return new ApiError('offline');
    return new ApiError(answer.status === 404 ? 'not-found' : 'internal', { requestId: String(answer.status) });
  }
  return new ApiError(
    problem.code,
    { ...problem.params, ...(problem.requestId && { requestId: problem.requestId }) },
    problem.fields,
  );
}
