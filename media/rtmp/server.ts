import net from 'node:net';
import { type ConnectionOptions, RtmpConnection, type Timeouts } from './connection.ts';

export interface RtmpOptions extends Omit<ConnectionOptions, 'timeouts'> {
  host: string;
  /** 0: any free one. */
  port: number;
  timeouts?: Partial<Timeouts>;
  maxConnections?: number;
}

export interface RtmpServer {
  /** The port. @throws when it is taken. */
  listen(): Promise<number>;
  /** Disconnects every publisher. */
  close(): Promise<void>;
  /** Open connections, publishing or not. */
  readonly connections: number;
}

const TIMEOUTS: Timeouts = { handshakeMs: 10_000, publishMs: 10_000, dataMs: 20_000 };

/** A district has a handful of classes at a time. */
const MAX_CONNECTIONS = 64;

/** Takes RTMP publishers: `rtmp://host:port/live/<stream key>`. */
export function createRtmpServer(options: RtmpOptions): RtmpServer {
  const { logger, maxConnections = MAX_CONNECTIONS } = options;
  const connections = new Set<RtmpConnection>();
  const connectionOptions: ConnectionOptions = { ...options, timeouts: { ...TIMEOUTS, ...options.timeouts } };

  const server = net.createServer((socket) => {
    const connection = new RtmpConnection(socket, connectionOptions);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
    if (connections.size > maxConnections) makeRoom(connection);
  });
  server.on('error', (error) => logger.error({ err: error }, 'RTMP server'));

  /** Idle connections, however many, must not keep a publisher out: the oldest gives way, unless all are publishing. */
  function makeRoom(newest: RtmpConnection): void {
    const oldest = [...connections].find((connection) => !connection.publishing) ?? newest;
    connections.delete(oldest);
    oldest.end('too many connections');
  }

  return {
    get connections() {
      return connections.size;
    },
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
        for (const connection of connections) connection.end('the server is closing');
      }),
  };
}
