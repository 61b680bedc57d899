import net from 'node:net';
import { type ConnectionOptions, serveConnection } from './connection.ts';

export interface RtmpOptions extends Omit<ConnectionOptions, 'handshakeTimeoutMs' | 'idleTimeoutMs'> {
  host: string;
  /** 0: any free one. */
  port: number;
  /** A publisher must have begun to publish by then; 10 s. */
  handshakeTimeoutMs?: number;
  /** A publisher that sends nothing for so long is gone; 20 s. */
  idleTimeoutMs?: number;
}

export interface RtmpServer {
  /** The port. @throws when it is taken. */
  listen(): Promise<number>;
  /** Disconnects every publisher. */
  close(): Promise<void>;
}

/** A district has a handful of classes at a time; more are somebody scanning. */
const MAX_CONNECTIONS = 200;

/** Takes RTMP publishers: `rtmp://host:port/live/<stream key>`. */
export function createRtmpServer(options: RtmpOptions): RtmpServer {
  const ends = new Set<(reason: string) => void>();
  const server = net.createServer({ allowHalfOpen: false }, (socket) => {
    const end = serveConnection(socket, {
      ...options,
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 20_000,
    });
    ends.add(end);
    socket.on('close', () => ends.delete(end));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('error', (error) => options.logger.error({ err: error }, 'RTMP server'));

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.host, () => {
          server.off('error', reject);
          resolve((server.address() as net.AddressInfo).port);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const end of ends) end('the server is closing');
      }),
  };
}
