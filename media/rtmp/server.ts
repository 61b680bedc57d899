import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { Places } from '../places.ts';
import { type ConnectionOptions, RtmpConnection, type Timeouts } from './connection.ts';

export interface RtmpOptions extends Omit<ConnectionOptions, 'timeouts'> {
  host: string;
  /** 0: any free one. */
  port: number;
  /** For RTMPS as well; null without. */
  secure?: Secure | null;
  timeouts?: Partial<Timeouts>;
  maxConnections?: number;
}

/** Where RTMPS is listened for, and as whom. */
export interface Secure {
  /** 0: any free one. */
  port: number;
  /** Files in PEM; the certificate with its chain. */
  certificate: string;
  key: string;
}

export interface RtmpServer {
  /** The ports. @throws when one is taken, or the certificate cannot be used. */
  listen(): Promise<{ port: number; securePort: number | null }>;
  /** Disconnects every publisher. */
  close(): Promise<void>;
  /** Open connections, publishing or not. */
  readonly connections: number;
}

const TIMEOUTS: Timeouts = { handshakeMs: 10_000, publishMs: 10_000, dataMs: 20_000 };

/** A certificate lives for weeks; whoever renews it need not restart anything. */
const LOOK_FOR_NEW_CERTIFICATE_MS = 60_000;

/** Takes RTMP publishers: `rtmp://host:port/live/<stream key>`, and the same by `rtmps:`. */
export function createRtmpServer(options: RtmpOptions): RtmpServer {
  const { logger, host, port, secure = null, maxConnections } = options;
  const connections = new Places<RtmpConnection>(maxConnections);
  const connectionOptions: ConnectionOptions = { ...options, timeouts: { ...TIMEOUTS, ...options.timeouts } };

  function accept(socket: net.Socket): void {
    const connection = new RtmpConnection(socket, connectionOptions);
    connections.take(connection);
    socket.on('close', () => connections.leave(connection));
  }

  const plain = net.createServer(accept);
  let hidden: tls.Server | null = null;
  const servers = () => (hidden ? [plain, hidden] : [plain]);

  function openSecure(to: Secure): tls.Server {
    const handshakeTimeout = connectionOptions.timeouts.handshakeMs;
    const server = tls.createServer({ ...read(to), handshakeTimeout }, accept);
    boundHandshakes(server, maxConnections);
    const renew = () => {
      try {
        server.setSecureContext(read(to));
        logger.info('RTMPS has a new certificate');
      } catch (error) {
        logger.error({ err: error }, 'the new RTMPS certificate cannot be used; the old one stays');
      }
    };
    // Either file may be written last.
    for (const file of [to.certificate, to.key]) {
      fs.watchFile(file, { interval: LOOK_FOR_NEW_CERTIFICATE_MS, persistent: false }, renew);
    }
    return server;
  }

  return {
    get connections() {
      return connections.size;
    },
    async listen() {
      if (secure) hidden = openSecure(secure);
      for (const server of servers()) server.on('error', (error) => logger.error({ err: error }, 'RTMP server'));
      return {
        port: await listen(plain, port, host),
        securePort: secure && hidden && (await listen(hidden, secure.port, host)),
      };
    },
    async close() {
      if (secure) for (const file of [secure.certificate, secure.key]) fs.unwatchFile(file);
      const closed = servers().map((server) => new Promise((resolve) => server.close(resolve)));
      connections.endAll('the server is closing');
      await Promise.all(closed);
    },
  };
}

/** Those who are still at TLS are no connection of ours yet, and give way to each other. */
function boundHandshakes(server: tls.Server, max?: number): void {
  const places = new Places<Handshake>(max);
  const byPeer = new Map<string, Handshake>();
  const over = (peer: string) => {
    const handshake = byPeer.get(peer);
    byPeer.delete(peer);
    if (handshake) places.leave(handshake);
  };
  server.on('connection', (socket: net.Socket) => {
    const peer = peerOf(socket);
    const handshake = { publishing: false, end: () => socket.destroy() };
    byPeer.set(peer, handshake);
    socket.on('close', () => byPeer.get(peer) === handshake && over(peer));
    places.take(handshake);
  });
  server.on('secureConnection', (socket) => over(peerOf(socket)));
}

interface Handshake {
  publishing: boolean;
  end(): void;
}

function peerOf({ remoteAddress, remotePort }: net.Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** @throws Error that names the file which cannot be read */
function read({ certificate, key }: Secure): { cert: Buffer; key: Buffer } {
  return { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) };
}

function listen(server: net.Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as net.AddressInfo).port);
    });
  });
}
