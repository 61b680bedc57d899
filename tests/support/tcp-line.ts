import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

export interface TcpLine {
  port: number;
  /** Connections that were ended at once. */
  readonly refused: number;
  /** Nothing passes any more in either direction, and nobody is told: a cable that was pulled. */
  hang(): void;
  /** What was held passes. */
  goOn(): void;
  /** Ends every connection and, until `goOn`, each new one. */
  breakOff(): void;
  close(): Promise<void>;
}

/** A line from an address of this machine to a server on it, that can be disturbed. */
export async function tcpLine(to: number, address = '127.0.0.1'): Promise<TcpLine> {
  const sockets = new Set<net.Socket>();
  let refused = 0;
  let state: 'passes' | 'hangs' | 'broken' = 'passes';

  const server = net.createServer((outside) => {
    if (state === 'broken') {
      refused += 1;
      outside.destroy();
      return;
    }
    const inside = net.connect(to, '127.0.0.1');
    join(outside, inside);
    join(inside, outside);
    if (state === 'hangs') for (const socket of [outside, inside]) socket.pause();
  });
  function join(from: net.Socket, into: net.Socket): void {
    sockets.add(from);
    from.on('data', (bytes) => into.write(bytes));
    from.on('error', () => from.destroy());
    from.on('close', () => {
      sockets.delete(from);
      into.destroy();
    });
  }
  server.listen(0, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get refused() {
      return refused;
    },
    hang() {
      state = 'hangs';
      for (const socket of sockets) socket.pause();
    },
    goOn() {
      state = 'passes';
      for (const socket of sockets) socket.resume();
    },
    breakOff() {
      state = 'broken';
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
