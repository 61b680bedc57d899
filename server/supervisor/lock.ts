import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export interface Lock {
  release(): Promise<void>;
}

/** Somebody else holds the lock. */
export class LockedError extends Error {
  /** The holder, if it answered. */
  readonly pid: number | undefined;

  constructor(folder: string, pid: number | undefined) {
    super(`${folder} is in use by another process${pid === undefined ? '' : ` (pid ${pid})`}`);
    this.pid = pid;
  }
}

/**
 * Makes us the only user of a folder on this machine. The lock is a listening socket, which the kernel closes with the
 * process: a kill -9 leaves nothing behind that would have to be told from a living holder.
 * @throws LockedError
 */
export async function holdLock(folder: string): Promise<Lock> {
  const address = socketOf(fs.realpathSync(folder));
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(String(process.pid));
  });
  try {
    await listen(server, address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const holder = await ask(address);
    // Only where sockets are files (macOS): nobody listens on it any more.
    if (holder !== 'nobody' || address.startsWith('\0')) {
      throw new LockedError(folder, holder === 'nobody' ? undefined : holder);
    }
    fs.rmSync(address, { force: true });
    await listen(server, address);
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Process id of who holds a folder's lock; undefined: nobody, or one that does not answer. */
export async function holderOf(folder: string): Promise<number | undefined> {
  if (!fs.existsSync(folder)) return undefined;
  const holder = await ask(socketOf(fs.realpathSync(folder)));
  return holder === 'nobody' ? undefined : holder;
}

/** Linux has socket names outside the file system: nothing to clean up, and no limit on the folder's length. */
function socketOf(folder: string): string {
  const name = `anke-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : path.join(os.tmpdir(), `${name}.sock`);
}

function listen(server: net.Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: a cluster's worker would otherwise ask its primary to listen, which already does.
    server.listen({ path: address, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function ask(address: string): Promise<number | undefined | 'nobody'> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(address);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve('nobody');
    });
    socket.on('close', () => resolve(/^\d+$/.test(answer) ? Number(answer) : undefined));
  });
}
