import type { ChildProcess } from 'node:child_process';
import dns from 'node:dns/promises';
import net from 'node:net';
import type { Accept } from './messages.ts';

/**
 * A port that is bound here and listened on by workers alone: each accepts for itself, so no connection is ever on its way
 * from one process to another, where it would be lost with its receiver. While no worker is there, connections wait in the
 * kernel's queue.
 */
export class SharedPort {
  #handle: net.Server;

  /** @throws Error with the system's code when the address cannot be bound */
  static async bind(host: string, port: number): Promise<SharedPort> {
    const { address, family } = await dns.lookup(host);
    // Not in Node's documentation, but how node:cluster binds what its workers share: a net.Server cannot be bound without
    // accepting at once.
    const { _createServerHandle: bind } = net as unknown as { _createServerHandle: Bind };
    const handle = bind(address, port, family, undefined, 0);
    if (typeof handle === 'number') {
      throw Object.assign(new Error(`cannot bind ${host} port ${port}`), { errno: handle, syscall: 'bind' });
    }
    return new SharedPort(handle);
  }

  private constructor(handle: net.Server) {
    this.#handle = handle;
  }

  /** Gives a worker a copy to listen on. A worker that is gone by then takes nothing with it. */
  give(worker: ChildProcess): void {
    const message: Accept = { type: 'accept', accept: true };
    worker.send(message, this.#handle, () => undefined);
  }

  /** New connections are refused as soon as no worker listens any more; those that wait are cut. */
  close(): void {
    this.#handle.close();
  }
}

/** Gives a bound handle, or a negative error number. The handle passes where a net.Server does: sent, listened on, closed. */
type Bind = (address: string, port: number, addressType: number, fd: undefined, flags: number) => net.Server | number;
