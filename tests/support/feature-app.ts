import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Grant } from '#contract/accounts.ts';
import { courseEndpoints } from '#contract/courses.ts';
import type { Problem } from '#contract/errors.ts';
import { organisationEndpoints } from '#contract/organisations.ts';
import { ANONYMOUS, type Principal } from '#server/accounts/principal.ts';
import { SYSTEM } from '#server/audit.ts';
import { type Config, loadConfig, type Secrets } from '#server/config.ts';
import { courseRoutes } from '#server/courses/routes.ts';
import { createCourses } from '#server/courses/service.ts';
import { openDb, transaction } from '#server/db.ts';
import { AppError } from '#server/errors.ts';
import { type Locators, mount, problems, requestIds } from '#server/http.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import type { Joining } from '#server/organisations/arrivals.ts';
import { organisationRoutes } from '#server/organisations/routes.ts';
import { createOrganisations } from '#server/organisations/service.ts';
import { createSealing } from '#server/sealing.ts';
import type { Services } from '#server/services.ts';
import { createSignals } from '#server/signals.ts';
import { createTestDatabase } from './database.ts';

export type Features = Awaited<ReturnType<typeof startFeatures>>;

/** Answer of a call: its status, and the JSON body as the caller expects it. */
export interface Answer<T> {
  status: number;
  body: T;
}

/** Organisations and courses over real HTTP and a real database. Who calls is said by the test, not by a login. */
export async function startFeatures() {
  const database = await createTestDatabase();
  const logger = createLogger('fatal', 'test');
  const db = openDb(database.url, logger);
  const secrets = new Proxy({} as Secrets, {
    get: (made, name) => secret(made as Record<string, string>, String(name)),
  });
  const time = { now: Date.parse('2027-02-01T01:00:00Z') };
  const config: Config = loadConfig({ DATABASE_URL: database.url, RTMP_PORT: '1935', SRT_PORT: '9000' });
  const services: Services = {
    db,
    clock: () => time.now,
    logger,
    config,
    secrets,
    sealing: createSealing(secrets['phone-hash'], secrets['phone-cipher']),
    signals: createSignals(),
    metrics: createMetrics(0),
  };
  const organisations = createOrganisations(services);
  const credit = new Map<string, number>();
  const courses = createCourses(services, {
    creditsOf: async () => credit,
    paperResultsOf: async () => new Map(),
    publishedPapers: async () => new Set(),
    replayable: async () => new Set(),
    unknownPlaces: organisations.unknownPlaces,
  });
  const principals = new Map<string, Principal>();
  const server = http.createServer(
    web({
      organisations,
      courses,
      config,
      logger,
      metrics: services.metrics,
      clock: services.clock,
      secret: secrets.hooks,
      principals,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Calls as somebody who holds these grants, or as a person. */
  function as(grants: Partial<Grant>[], who: Partial<Principal> = {}) {
    const id = randomUUID();
    const full = grants.map((grant) => ({ areaId: null, industry: null, unitId: null, ...grant }) as Grant);
    principals.set(id, { ...ANONYMOUS, loginId: id, accountId: randomUUID(), ...who, grants: full });
    return async <T = unknown>(method: string, path: string, body?: unknown): Promise<Answer<T & Partial<Problem>>> => {
      const file = Buffer.isBuffer(body);
      const response = await fetch(url + path, {
        method,
        headers: {
          'x-test-principal': id,
          'x-anke-client': 'test',
          ...(body !== undefined && { 'content-type': file ? 'application/octet-stream' : 'application/json' }),
        },
        ...(body !== undefined && { body: file ? new Uint8Array(body) : JSON.stringify(body) }),
      });
      const type = response.headers.get('content-type') ?? '';
      const answer = type.includes('json') ? await response.json() : Buffer.from(await response.arrayBuffer());
      return { status: response.status, body: answer as T & Partial<Problem> };
    };
  }

  /** Joins one person by their unit's code, as a sign-in does. */
  const join = (joining: Omit<Joining, 'actor'>) =>
    transaction(db.pool, async (client) => {
      const [joined] = await organisations.joinPeople(client, [{ ...joining, actor: SYSTEM }]);
      if (joined === undefined || typeof joined === 'string') throw new AppError(joined ?? 'internal');
      return joined;
    });

  return {
    organisations,
    join,
    courses,
    services,
    db,
    time,
    credit,
    as,
    officer: as([{ role: 'bureau' }]),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await db.close();
      await database.drop();
    },
  };
}

function web(parts: {
  organisations: ReturnType<typeof createOrganisations>;
  courses: ReturnType<typeof createCourses>;
  config: Config;
  logger: Services['logger'];
  metrics: Services['metrics'];
  clock: Services['clock'];
  secret: string;
  principals: Map<string, Principal>;
}) {
  const { organisations, courses, config, logger, metrics, clock, secret, principals } = parts;
  const app = express();
  app.use(requestIds());
  app.use((req, _res, next) => {
    Object.assign(req, { principal: principals.get(req.get('x-test-principal') ?? '') ?? ANONYMOUS });
    next();
  });
  const locators = {
    area: organisations.locateArea,
    unit: organisations.locateUnit,
    person: organisations.locatePerson,
    course: courses.locateCourse,
    session: courses.locateSession,
  } as unknown as Locators;
  mount(app, organisationEndpoints, organisationRoutes(organisations), locators);
  mount(app, courseEndpoints, courseRoutes(courses, config, secret), locators);
  app.use(problems(logger, metrics, clock));
  return app;
}

function secret(made: Record<string, string>, name: string): string {
  made[name] ??= randomBytes(32).toString('hex');
  return made[name];
}
