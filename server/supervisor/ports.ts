import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The port can't be listened on. The message is for whoever started us. */
export class PortError extends Error {}

/**
 * Where free ports are looked for: below those that systems give to outgoing connections (Linux from 32768 on, others from 49152).
 * Such a connection may take a port in the moment in which it is free, and one that is made again and again to where nobody listens any
 * more may even be joined with itself, and keep the port from whoever is to come back there.
 */
const [LOWEST, HIGHEST] = [10_000, 32_000];
const TRIES = 20;

/** A port that was free a moment ago: `wanted`, or any. @throws when `wanted` is taken. */
export async function freePort(host = '127.0.0.1', wanted = 0): Promise<number> {
  return wanted === 0 ? anyPort((port) => tryPort(port, host)) : tryPort(wanted, host);
}

/** The same for UDP. */
export async function freeUdpPort(host: string, wanted = 0): Promise<number> {
  return wanted === 0 ? anyPort((port) => tryUdpPort(port, host)) : tryUdpPort(wanted, host);
}

async function anyPort(tryOne: (port: number) => Promise<number>): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await tryOne(randomInt(LOWEST, HIGHEST)).catch(() => null);
    if (found !== null) return found;
  }
  return tryOne(0);
}

async function tryUdpPort(wanted: number, host: string): Promise<number> {
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
      return await freePort(host, port);
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
