import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface CountingProxy {
  url: string;
  /** How often each address below the prefix was asked for, without its token. */
  counts: Map<string, number>;
  /** While true connections are cut. */
  away: boolean;
  close(): Promise<void>;
}

/** Stands before the media process and counts what an edge asks it. */
export async function startCountingProxy(originUrl: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(originUrl);
  // Kept for less long than the other end keeps it, so that none is used in the moment in which that ends it.
  const agent = new http.Agent({ keepAlive: true, timeout: 2_000 });
  const server = http.createServer((req, res) => {
    if (proxy.away) {
      req.socket.destroy();
      return;
    }
    const { url = '', method, headers } = req;
    const below = url.replace(/^\/media\/t\/[^/]+\/[^/]+\//, '');
    proxy.counts.set(below, (proxy.counts.get(below) ?? 0) + 1);
    const upstream = http.request({ hostname, port, path: url, method, headers, agent }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, res, () => undefined);
    });
    upstream.on('error', () => res.destroy());
    res.on('close', () => upstream.destroy());
    req.pipe(upstream);
  });
  const proxy: CountingProxy = {
    url: '',
    counts: new Map(),
    away: false,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
