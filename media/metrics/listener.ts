import { timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Registry } from 'prom-client';

/** Where a process that runs by itself serves its metrics. */
export interface MetricsAddress {
  host: string;
  port: number;
  /** Null on an address that this machine alone reaches. */
  token: string | null;
}

/** Addresses that this machine alone reaches. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** @throws Error where others could read and there is no token that they had to show */
export function metricsAddress(port: number | undefined, host: string, dataDir: string): MetricsAddress | null {
  if (port === undefined) return null;
  if (LOOPBACK.test(host)) return { host, port, token: null };
  const file = path.join(dataDir, 'secrets', 'metrics');
  if (!fs.existsSync(file))
    throw new Error(`${file} is missing, which METRICS_HOST=${host} needs: copy it from the app's data`);
  return { host, port, token: fs.readFileSync(file, 'utf8').trim() };
}

/** What is served: as text for Prometheus, and as JSON for the supervisor, which merges the processes of a host. */
export interface Exposition {
  text(): Promise<string>;
  json?(): Promise<unknown>;
}

/** A port for metrics alone, so that no viewer can reach them. */
export class MetricsListener {
  readonly #address: MetricsAddress;
  readonly #server: http.Server;

  constructor(address: MetricsAddress, exposition: Exposition) {
    this.#address = address;
    this.#server = http.createServer({ requestTimeout: 10_000 }, (req, res) => {
      const refuse = (status: number, headers = {}) => res.writeHead(status, headers).end();
      const json = req.url === '/metrics.json' ? exposition.json : undefined;
      if (!json && req.url !== '/metrics') return refuse(404);
      if (req.method !== 'GET') return refuse(405);
      if (address.token !== null && !isBearer(req.headers.authorization, address.token))
        return refuse(401, { 'www-authenticate': 'Bearer' });
      const body = json ? json().then((counted) => JSON.stringify(counted)) : exposition.text();
      const type = json ? 'application/json' : Registry.PROMETHEUS_CONTENT_TYPE;

      body.then(
        (text) => res.writeHead(200, { 'content-type': type }).end(text),
        () => refuse(503),
      );
    });
  }

  /** @throws when the port is taken */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#address.port, this.#address.host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function isBearer(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
