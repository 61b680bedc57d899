import type http from 'node:http';
import net from 'node:net';
import type { Connections } from '../connections.ts';
import type { Logger } from '../logger.ts';
import { isMessage, type Leaving, type Load } from './messages.ts';

/** Connections that wait for a worker to accept them; the kernel may allow fewer (net.core.somaxconn). */
const BACKLOG = 4_096;
/** How often the supervisor is told of a changed number of connections, ms. */
const TELL_MS = 100;

export interface Accepting {
  /** For good, and the supervisor is told. */
  stop(): void;
}

/**
 * In a worker: accepts connections of the shared port for `server` while the supervisor wants it to, and tells it how many
 * there are. To be called before the supervisor is told that the worker listens.
 */
export function acceptShared(server: http.Server, connections: Connections, logger: Logger): Accepting {
  let acceptor: net.Server | undefined;
  let told = '';
  let stopped = false;

  const tell = () => {
    const load: Load = { type: 'load', connections: connections.count(), accepting: acceptor?.listening ?? false };
    const text = JSON.stringify(load);
    if (text === told || stopped) return;
    told = text;
    send(load);
  };
  const begin = (handle: net.Server) => {
    // A server of its own, since closing the other one would close its idle connections too; http wants its sockets so.
    acceptor = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
    acceptor.on('error', (error) => {
      if (!acceptor?.listening) throw error;
      // Too many open files, or a connection that is gone again: the next one may be well.
      logger.warn({ err: error }, 'a connection was not accepted');
    });
    acceptor.listen(handle, BACKLOG, tell);
  };
  const end = () => {
    acceptor?.close();
    acceptor = undefined;
  };

  process.on('message', (message, handle) => {
    if (!isMessage(message, 'accept')) return;
    const port = handle as net.Server | undefined;
    if (stopped) port?.close();
    else if (message.accept && port) begin(port);
    else end();
    tell();
  });
  const telling = setInterval(tell, TELL_MS);
  telling.unref();

  return {
    stop() {
      end();
      stopped = true;
      clearInterval(telling);
      const leaving: Leaving = { type: 'leaving' };
      send(leaving);
    },
  };
}

/** The supervisor may be gone; then this process ends as well. */
function send(message: Load | Leaving): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
