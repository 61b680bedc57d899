import type http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';

/** Puts `first` before the listeners there are; they see only what it did not take. */
export function intercept<A extends unknown[]>(
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

/** Passes a connection that is to become something else than HTTP on to another server, as it came. */
export function tunnel(
  req: http.IncomingMessage,
  socket: Duplex,
  head: Buffer,
  to: { host: string; port: number },
): void {
  const upstream = net.connect(to.port, to.host, () => {
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
}
