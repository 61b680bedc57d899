import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { z } from 'zod';
import type { Api, Body, EndpointKey, Params, Query, Result } from '#contract/api.ts';
import type { Endpoint, TargetKind } from '#contract/endpoint.ts';
import { errors, errorText, type Language, type Problem } from '#contract/errors.ts';
import { authorise, isAction, type Target, visibilityOf } from './accounts/policy.ts';
import { ANONYMOUS, type Principal, type Visibility } from './accounts/principal.ts';
import type { Actor } from './audit.ts';
import type { Clock } from './clock.ts';
import { AppError, isOverload, notFound } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createSeldom } from './seldom.ts';

/** What a handler gets: everything validated and authorised. */
export interface Call<K extends EndpointKey> {
  params: Params<K>;
  query: Query<K>;
  /** The JSON body, or the uploaded file. */
  body: Api[K] extends { upload: string } ? Buffer : Body<K>;
  principal: Principal;
  /** Units whose data this action may show to the caller. */
  visibility: Visibility;
  actor: Actor;
  language: Language;
  /** For cookies and addresses; everything else is above. */
  req: Request;
  res: Response;
}

/** A file as an answer. `name` may be Chinese. */
export interface FileAnswer {
  name: string;
  type: string;
  content: Readable | Buffer;
}

type Answer<K extends EndpointKey> = Api[K] extends { download: true }
  ? FileAnswer
  : Result<K> extends undefined
    ? // biome-ignore lint/suspicious/noConfusingVoidType: a handler without an answer returns nothing
      void
    : Result<K>;
export type Handler<K extends EndpointKey> = (call: Call<K>) => Promise<Answer<K>>;
/** One handler for each endpoint of a feature's table. */
export type Handlers<T> = { [K in keyof T & EndpointKey]: Handler<K> };

/** Finds where a thing belongs; null when there is none with this id. `asker` may do without what a crowd of learners does not need. */
export type Locate = (id: string, asker: Principal) => Promise<Target | null>;
export type Locators = Record<Exclude<TargetKind, 'none'>, Locate>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const JSON_LIMIT = '1mb';
const UPLOAD_LIMIT = '20mb';
/** Sent by our own pages; a form or image of another site can't set it without a preflight, which we never answer. */
export const CLIENT_HEADER = 'x-anke-client';

/**
 * Adds a feature's endpoints to the router.
 * @returns what each of them consists of
 * @throws Error at start when an endpoint has no handler, or its action no row in the policy table.
 */
export function mount<T extends Record<string, Endpoint>>(
  router: Router,
  table: T,
  handlers: Handlers<T>,
  locators: Locators,
): Record<keyof T, readonly RequestHandler[]> {
  const mounted: Record<string, readonly RequestHandler[]> = {};
  const byKey = handlers as unknown as Record<string, ((call: Call<EndpointKey>) => Promise<unknown>) | undefined>;
  for (const [key, endpoint] of Object.entries(table)) {
    const handler = byKey[key];
    if (!handler) throw new Error(`${key} has no handler`);
    const { action } = endpoint;
    if (!isAction(action)) throw new Error(`${key} names the action ${action}, which the policy table does not have`);
    const [method, path] = key.split(' ') as [string, string];
    const targetParam = targetParameter(key, endpoint.target);

    const body = endpoint.upload
      ? express.raw({ type: () => true, limit: UPLOAD_LIMIT })
      : // sendBeacon can send JSON only as text without asking first.
        express.json({ type: key === 'POST /beats' ? () => true : 'application/json', limit: JSON_LIMIT });

    const answering: RequestHandler = async (req, res) => {
      const principal = principalOf(req);
      if (method !== 'GET' && key !== 'POST /beats') refuseCrossSite(req);
      const params = req.params as Record<string, string>;
      for (const [name, value] of Object.entries(params)) {
        if (name.endsWith('Id') && !UUID.test(value)) throw notFound();
      }
      await authorise(principal, action, await locate(endpoint.target, targetParam, params, locators, principal));
      const call = {
        params,
        query: endpoint.query ? parse(endpoint.query, req.query) : undefined,
        body: endpoint.upload ? req.body : endpoint.body ? parse(endpoint.body, jsonBody(req)) : undefined,
        principal,
        visibility: visibilityOf(principal, action),
        actor: { accountId: principal.accountId, personId: principal.personId, requestId: requestIdOf(res) },
        // Few ask, and it takes reading a header.
        get language() {
          return languageOf(req);
        },
        req,
        res,
      } as Call<EndpointKey>;
      const answer = await handler(call);
      if (res.headersSent) return;
      if (endpoint.download) await sendFile(res, answer as FileAnswer);
      else if (endpoint.response) sendJson(res, answer);
      else res.status(204).end();
    };
    mounted[key] = [body, answering];
    router[method.toLowerCase() as 'get'](path, body, answering);
  }
  return mounted as Record<keyof T, readonly RequestHandler[]>;
}

/** Only what a page asks for again can be known to it already. */
function sendJson(res: Response, answer: unknown): void {
  if (res.req.method === 'GET') {
    res.json(answer);
    return;
  }
  const text = JSON.stringify(answer);
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

/** Gives every request an id, for the log and for the words "ref …" that a person may read out. */
export function requestIds(): express.RequestHandler {
  return (_req, res, next) => {
    res.locals.requestId = randomUUID();
    res.set('X-Request-Id', res.locals.requestId);
    next();
  };
}

/** Turns whatever was thrown into a problem document. */
export function problems(logger: Logger, metrics: Metrics, clock: Clock): ErrorRequestHandler {
  const seldom = createSeldom(clock);
  return (error, req, res, _next) => {
    const known = asAppError(error);
    metrics.httpRefusal(known.code);
    const requestId = requestIdOf(res);
    if (known.code === 'internal')
      logger.error({ err: error, requestId, method: req.method, path: req.route?.path }, 'request failed');
    else if (isOverload(error)) {
      const path = req.route?.path;
      const leftOut = seldom(String(path));
      if (leftOut !== null) logger.warn({ err: error, requestId, path, leftOut }, 'the database is overloaded');
    }
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const { status } = errors[known.code];
    if (known.params.seconds !== undefined) res.set('Retry-After', String(known.params.seconds));
    const problem: Problem = {
      type: 'about:blank',
      title: errorText(known.code, 'en', { ...known.params, requestId }),
      detail: errorText(known.code, languageOf(req), { ...known.params, requestId }),
      status,
      code: known.code,
      requestId,
      ...(Object.keys(known.params).length > 0 && { params: known.params }),
      ...(known.fields && { fields: known.fields }),
    };
    res.status(status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

/** Validates, or throws `bad-request` naming each field. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  if (fields.every((field) => field.message === 'bad-credit-code')) throw new AppError('bad-credit-code', {}, fields);
  throw new AppError('bad-request', { fields: fields.map((field) => field.path || '.').join(', ') }, fields);
}

/** Attached by the accounts' authenticate middleware. */
export function principalOf(req: Request): Principal {
  return (req as Request & { principal?: Principal }).principal ?? ANONYMOUS;
}

function requestIdOf(res: Response): string {
  return String(res.locals.requestId ?? '');
}

/** Chinese, unless the page says otherwise or the browser prefers English to Chinese. */
export function languageOf(req: Request): Language {
  const asked = req.get('x-anke-language') ?? req.acceptsLanguages('zh', 'en');
  return asked === 'en' ? 'en' : 'zh';
}

function targetParameter(key: string, target: TargetKind): string {
  if (target === 'none') return '';
  const name = `${target.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Id`;
  if (!key.includes(`:${name}`)) throw new Error(`${key} has the target ${target} but no :${name}`);
  return name;
}

async function locate(
  kind: TargetKind,
  param: string,
  params: Record<string, string>,
  locators: Locators,
  principal: Principal,
): Promise<Target | null> {
  if (kind === 'none') return null;
  // Before anything is looked up, so that a stranger can't tell which ids exist.
  if (principal.loginId === null) throw new AppError('not-signed-in');
  const target = await locators[kind](params[param] ?? '', principal);
  if (!target) throw notFound();
  return target;
}

function refuseCrossSite(req: Request): void {
  if (req.get(CLIENT_HEADER) === undefined) throw new AppError('cross-site');
}

function jsonBody(req: Request): unknown {
  if (req.body !== undefined) return req.body;
  if (Number(req.get('content-length') ?? 0) > 0) throw new AppError('unsupported-media-type');
  return {};
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { type, limit, status } = (error ?? {}) as { type?: string; limit?: number; status?: number };
  if (type === 'entity.parse.failed') return new AppError('bad-json');
  if (type === 'entity.too.large')
    return new AppError('body-too-large', { limit: `${Math.round((limit ?? 0) / 1024)} KB` });
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return new AppError('unsupported-media-type');
  if (type?.startsWith('request.') || type?.startsWith('entity.')) return new AppError('bad-request', { fields: type });
  if (error instanceof URIError || status === 404) return notFound();
  if (status !== undefined && status >= 400 && status < 500) return new AppError('bad-request', { fields: '.' });
  return new AppError(isOverload(error) ? 'busy' : 'internal');
}

async function sendFile(res: Response, file: FileAnswer): Promise<void> {
  res.attachment(file.name);
  res.type(file.type);
  res.set('Cache-Control', 'private, no-store');
  if (Buffer.isBuffer(file.content)) res.send(file.content);
  else await pipeline(file.content, res);
}
