import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server } from 'socket.io';

const PATH = '/socket.io/';

/**
 * Lets offices whose proxy blocks WebSocket in: each of their requests may reach any worker, but only the one that holds
 * the connection can answer. Its index is in the connection's id, and requests for it are passed on to its private port.
 * Call it after the io server is attached to `publicHttp`.
 */
export function shareLongPolling(
  io: Server,
  publicHttp: http.Server,
  privateHttp: http.Server,
  worker: { index: number; siblings: () => number[] },
): void {
  io.engine.generateId = () => `${worker.index}.${randomBytes(15).toString('base64url')}`;

  const ownerPort = (url: string | undefined): number | null => {
    if (!url?.startsWith(PATH)) return null;
    const index = /^(\d{1,4})\./.exec(new URL(url, 'http://worker').searchParams.get('sid') ?? '')?.[1];
    if (index === undefined || Number(index) === worker.index) return null;
    // 0 while that worker is away: then nobody knows the connection, and the client makes a new one.
    return worker.siblings()[Number(index)] || null;
  };

  intercept(publicHttp, 'request', (req: http.IncomingMessage, res: http.ServerResponse) => {
    const port = ownerPort(req.url);
    if (port === null) return false;
    const { method, url: path, headers } = req;
    const passed = http.request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => {
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
    const upstream = net.connect(port, '127.0.0.1', () => {
      const lines = req.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []));
      upstream.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    const cut = () => {
      socket.destroy();
      upstream.destroy();
    };
    upstream.on('error', cut).on('close', cut);
    socket.on('error', cut).on('close', cut);
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

/** Puts `first` before the listeners there are; they see only what it did not take. */
function intercept<A extends unknown[]>(
  server: http.Server,
  event: 'request' | 'upgrade',
  first: (...args: A) => boolean,
): void {
  const listeners = server.listeners(event) as ((...args: A) => void)[];
  server.removeAllListeners(event);
  server.on(event, (...args) => {
    if (first(...(args as unknown as A))) return;
    for (const listener of listeners) listener.apply(server, args as unknown as A);
  });
}
