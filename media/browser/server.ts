import type http from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MAX_PUBLISH_MESSAGE, PUBLISH_PATH } from '#contract/publish.ts';
import { Places } from '../places.ts';
import { BrowserConnection, type ConnectionOptions, type Timeouts } from './connection.ts';

export interface BrowserPublishersOptions extends Omit<ConnectionOptions, 'timeouts'> {
  timeouts?: Partial<Timeouts>;
}

export interface BrowserPublishers {
  /** Disconnects every page that publishes. */
  close(): void;
}

const TIMEOUTS: Timeouts = { helloMs: 10_000, dataMs: 20_000, pingMs: 5_000 };

/** Takes pages that publish, on the server's own port: the only WebSocket here. */
export function takeBrowserPublishers(server: http.Server, options: BrowserPublishersOptions): BrowserPublishers {
  const connections = new Places<BrowserConnection>();
  const connectionOptions: ConnectionOptions = { ...options, timeouts: { ...TIMEOUTS, ...options.timeouts } };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PUBLISH_MESSAGE, perMessageDeflate: false });

  server.on('upgrade', (req: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (req.url !== PUBLISH_PATH) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(req, socket, head, (webSocket) => {
      const connection = new BrowserConnection(webSocket, req.socket.remoteAddress ?? '', connectionOptions);
      connections.take(connection);
      webSocket.on('close', () => connections.leave(connection));
    });
  });

  return {
    close() {
      connections.endAll('the server is closing');
    },
  };
}
