import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The port can't be listened on. The message is for whoever started us. */
export class PortError extends Error {}

/** A port that was free a moment ago: `wanted`, or any. @throws when `wanted` is taken. */
export async function freePort(host = '127.0.0.1', wanted = 0): Promise<number> {
  return tryPort(wanted, host);
}

/** The same for UDP. */
export async function freeUdpPort(host: string, wanted = 0): Promise<number> {
  const socket = dgram.createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  socket.bind({ port: wanted, address: host, exclusive: true });
  try {
    await once(socket, 'listening');
    return socket.address().port;
  } finally {
    socket.close();
  }
}

/**
 * Makes sure that `port` can be listened on, and chooses one for 0. `variable` names it in the message.
 * @param patienceMs how long a process that is about to end may still hold it
 * @throws PortError
 */
export async function claimPort(variable: string, port: number, host: string, patienceMs: number): Promise<number> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await tryPort(port, host);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && Date.now() < end) {
        await delay(100);
        continue;
      }
      throw new PortError(explain(variable, port, host, code));
    }
  }
}

function explain(variable: string, port: number, host: string, code: string | undefined): string {
  if (code === 'EADDRINUSE') return `port ${port} is in use by another program: set ${variable} to a free one`;
  if (code === 'EACCES') return `port ${port} is reserved for root: set ${variable} to one above 1023`;
  return `cannot listen on ${host} port ${port} (${code}): check ${variable.replace('PORT', 'HOST')} and ${variable}`;
}

function tryPort(port: number, host: string): Promise<number> {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
