import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server } from 'socket.io';
import type { Metrics } from '../metrics/metrics.ts';
import { intercept, tunnel } from '../upgrades.ts';

const PATH = '/socket.io/';

/**
 * Lets offices whose proxy blocks WebSocket in: each of their requests may reach any worker, but only the one that holds
 * the connection can answer. Its number is in the connection's id, and requests for it are passed on to its private port.
 * Call it after the io server is attached to `publicHttp`.
 */
export function shareLongPolling(
  io: Server,
  publicHttp: http.Server,
  privateHttp: http.Server,
  worker: { number: number; siblings: () => number[] },
  metrics: Metrics,
): void {
  io.engine.generateId = () => `${worker.number}.${randomBytes(15).toString('base64url')}`;

  const ownerPort = (url: string | undefined): number | null => {
    if (!url?.startsWith(PATH)) return null;
    const number = /^(\d{1,4})\./.exec(new URL(url, 'http://worker').searchParams.get('sid') ?? '')?.[1];
    if (number === undefined || Number(number) === worker.number) return null;
    // 0 while that worker is away: then nobody knows the connection, and the client makes a new one.
    return worker.siblings()[Number(number)] || null;
  };

  intercept(publicHttp, 'request', (req: http.IncomingMessage, res: http.ServerResponse) => {
    const port = ownerPort(req.url);
    if (port === null) return false;
    const { method, url: path, headers } = req;
    const passed = http.request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      metrics.longPollingPassed('answered');
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => {
      // Who leaves while waiting, as each of them does in the end, is no failure.
      if (!res.destroyed) metrics.longPollingPassed('failed');
      if (!res.headersSent) res.writeHead(503);
      res.end();
    });
    res.on('close', () => passed.destroy());
    req.pipe(passed);
    return true;
  });
  intercept(publicHttp, 'upgrade', (req: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    const port = ownerPort(req.url);
    if (port === null) return false;
    tunnel(req, socket, head, { host: '127.0.0.1', port });
    return true;
  });

  intercept(privateHttp, 'request', (req: http.IncomingMessage, res: http.ServerResponse) => {
    if (!req.url?.startsWith(PATH)) return false;
    io.engine.handleRequest(req as Parameters<typeof io.engine.handleRequest>[0], res);
    return true;
  });
  privateHttp.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith(PATH)) {
      socket.destroy();
      return;
    }
    io.engine.handleUpgrade(req as Parameters<typeof io.engine.handleUpgrade>[0], socket, head);
  });
}
