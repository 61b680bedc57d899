import {
  type Api,
  api,
  type BodyInput,
  type EndpointKey,
  type Params,
  type QueryInput,
  type Result,
} from '#contract/api.ts';
import type { Problem } from '#contract/errors.ts';

/** What a call may be given; only what its endpoint declares. */
export type Request<K extends EndpointKey> = Given<'params', keyof Params<K> extends never ? undefined : Params<K>> &
  Given<'query', QueryInput<K>> &
  Given<'body', Api[K] extends { upload: string } ? Buffer : BodyInput<K>> & { headers?: Record<string, string> };

type Given<Name extends string, T> = [T] extends [undefined]
  ? { [N in Name]?: undefined }
  : Record<string, never> extends T
    ? { [N in Name]?: T }
    : { [N in Name]: T };

export interface Reply<T> {
  status: number;
  /** The answer; meaningless when there is a problem. */
  body: T;
  problem: Problem | null;
  headers: Headers;
}

/** Method and path of an endpoint. */
export function addressOf(key: EndpointKey, params: Record<string, string> = {}): { method: string; path: string } {
  const [method, template] = key.split(' ') as [string, string];
  const path = template.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? `:${name}`));
  return { method, path: `/api/v1${path}` };
}

/** A browser without pages: a cookie jar and the calls of the contract. */
export class HttpClient {
  readonly url: string;
  private readonly jar = new Map<string, { value: string; path: string }>();

  constructor(url: string) {
    this.url = url;
  }

  /** `call('POST /login', { body })`, with the header that our own pages send. */
  async call<K extends EndpointKey>(key: K, ...[given]: CallArguments<K>): Promise<Reply<Answer<K>>> {
    const { params, query, body, headers } = (given ?? {}) as LooseRequest;
    const { method, path } = addressOf(key, params);
    const search = new URLSearchParams(
      Object.entries(query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
    const upload = 'upload' in api[key];
    const response = await this.fetch(`${path}${search.size > 0 ? `?${search}` : ''}`, {
      method,
      headers: {
        'x-anke-client': 'test',
        ...(body !== undefined && { 'content-type': upload ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: upload ? new Uint8Array(body as Buffer) : JSON.stringify(body) }),
    });
    return replyOf(response) as Promise<Reply<Answer<K>>>;
  }

  /** Anything else: other paths, wrong bodies. Cookies go along and are kept. */
  async fetch(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const url = new URL(path, this.url);
    const cookie = this.cookieHeader(url.pathname);
    const response = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { ...(cookie && { cookie }), ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  /** As a browser would send it to this path; for sockets, too. */
  cookieHeader(path = '/'): string {
    return [...this.jar]
      .filter(([, cookie]) => cookie.path === '/' || path === cookie.path || path.startsWith(`${cookie.path}/`))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  cookie(name: string): string | undefined {
    return this.jar.get(name)?.value;
  }

  setCookie(name: string, value: string, path = '/'): void {
    this.jar.set(name, { value, path });
  }

  /** A second tab, a thief, or another host of the installation: the same cookies, from now on apart. */
  copy(url = this.url): HttpClient {
    const copy = new HttpClient(url);
    for (const [name, cookie] of this.jar) copy.jar.set(name, cookie);
    return copy;
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/; ?/);
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const attribute = (wanted: string) =>
      attributes.map((text) => text.split(/=(.*)/s)).find(([key]) => key?.toLowerCase() === wanted)?.[1];
    const expires = attribute('expires');
    const gone = expires !== undefined && Date.parse(expires) <= Date.now();
    if (gone) this.jar.delete(name);
    else this.jar.set(name, { value: decodeURIComponent(value), path: attribute('path') ?? '/' });
  }
}

type Answer<K extends EndpointKey> = Api[K] extends { download: true } ? Buffer : Result<K>;
type CallArguments<K extends EndpointKey> =
  Record<string, never> extends Request<K> ? [given?: Request<K>] : [given: Request<K>];
interface LooseRequest {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  headers?: Record<string, string>;
}

async function replyOf(response: Response): Promise<Reply<unknown>> {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  const content = Buffer.from(await response.arrayBuffer());
  if (type.startsWith('application/problem+json')) {
    return { status, headers, body: undefined, problem: JSON.parse(content.toString()) as Problem };
  }
  const isJson = type.startsWith('application/json');
  const body = isJson ? JSON.parse(content.toString()) : content.length > 0 ? content : undefined;
  return { status, headers, body, problem: null };
}
