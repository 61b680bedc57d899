import http from 'node:http';
import express from 'express';
import helmet from 'helmet';
import { accountEndpoints } from '#contract/accounts.ts';
import { organisationEndpoints } from '#contract/organisations.ts';
import { authenticate } from './accounts/authenticate.ts';
import { refuseForeignOrigin } from './accounts/origin.ts';
import { accountRoutes } from './accounts/routes.ts';
import { createAccounts } from './accounts/service.ts';
import type { Clock } from './clock.ts';
import type { Config, Secrets } from './config.ts';
import { openDb } from './db.ts';
import { notFound } from './errors.ts';
import { mediaPassThrough, pages } from './front-door.ts';
import { type Locators, mount, problems, requestIds } from './http.ts';
import type { Logger } from './logger.ts';
import { organisationRoutes } from './organisations/routes.ts';
import { createOrganisations } from './organisations/service.ts';
import { createSealing } from './sealing.ts';
import type { Services } from './services.ts';
import { createSignals } from './signals.ts';

export interface AppOptions {
  config: Config;
  secrets: Secrets;
  clock: Clock;
  logger: Logger;
  /** Which worker this is, and the private ports of all of them (0: away), for long polling. */
  worker: { index: number; siblings: () => number[] };
}

export interface App {
  /** Public: pages, API, sockets, and the way through to media. */
  http: http.Server;
  /** For the other workers on this host. */
  privateHttp: http.Server;
  /** Tells the sockets to move, stores what is buffered, closes the database. */
  close(): Promise<void>;
}

/** Puts the product together. The only place where features meet. */
export async function createApp({ config, secrets, clock, logger }: AppOptions): Promise<App> {
  if (!config.databaseUrl) throw new Error('DATABASE_URL is not set; the supervisor sets it for its workers');
  const db = openDb(config.databaseUrl, logger);
  const sealing = createSealing(secrets['phone-hash'], secrets['phone-cipher']);
  const services: Services = { db, clock, logger, config, secrets, sealing, signals: createSignals() };

  const web = express();
  web.disable('x-powered-by');
  web.set('trust proxy', config.trustProxy);
  web.use(requestIds());
  web.use('/media', mediaPassThrough(config.mediaUrl, logger));
  web.use(securityHeaders(config.secureCookies));

  const api = express.Router();
  const organisations = createOrganisations(services);
  const accounts = createAccounts(services, organisations);
  const locators = {
    account: accounts.locateAccount,
    area: organisations.locateArea,
    unit: organisations.locateUnit,
    person: organisations.locatePerson,
  } as Locators;
  api.use(refuseForeignOrigin(config.publicUrl), authenticate(accounts));
  mount(api, accountEndpoints, accountRoutes(accounts, config.secureCookies), locators);
  mount(api, organisationEndpoints, organisationRoutes(organisations), locators);
  await accounts.offerSetUpCode();

  web.use('/api/v1', api);
  web.use('/api', () => {
    throw notFound();
  });
  web.get('/health/live', (_req, res) => {
    res.json({ live: true });
  });
  web.get('/health/ready', async (_req, res) => {
    await db.pool.query('select 1');
    res.json({ ready: true });
  });
  web.use(pages());
  web.use(problems(logger));

  const publicHttp = http.createServer(web);
  const privateHttp = http.createServer(web);
  return {
    http: publicHttp,
    privateHttp,
    async close() {
      await Promise.all([closed(publicHttp), closed(privateHttp)]);
      await db.close();
    },
  };
}

function securityHeaders(secure: boolean): express.RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // antd writes its styles at run time.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        frameAncestors: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
      },
    },
    // On plain http of a local network these either do nothing or lock people out.
    hsts: secure && { maxAge: 15_552_000 },
    crossOriginOpenerPolicy: secure && { policy: 'same-origin' },
    originAgentCluster: false,
  });
}

function closed(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
