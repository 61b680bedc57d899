import type { Server, Socket } from 'socket.io';
import type { ClientEvents, ServerEvents } from '#contract/events.ts';
import type { Allowance } from './socket-limits.ts';
import type { Ticket } from './ticket.ts';
import type { Counts } from './viewers.ts';

/** What workers tell each other: ids and counts alone, so that it is small, and true however late it comes. */
export interface BusEvents {
  'room-changed': (sessionId: string) => void;
  viewers: (workerId: string, counts: Counts) => void;
  'logins-revoked': (loginIds: string[]) => void;
}

export interface SocketState {
  /** Epoch ms. */
  openedAt: number;
  allowance: Allowance;
  /** Of the request that opened it: a console is known by its login. */
  cookie: string | undefined;
  ticket?: Ticket;
  /** The session that is watched from a console. */
  watched?: string;
  playbackGivenAt?: number;
  /** In viewers.ts. */
  counted?: boolean;
}

export type Io = Server<ClientEvents, ServerEvents, BusEvents, SocketState>;
export type RoomSocket = Socket<ClientEvents, ServerEvents, BusEvents, SocketState>;

/** What is kept of the request that opened a connection is a good part of what a viewer costs, and nobody asks for it again. */
export function forgetRequest(socket: RoomSocket): void {
  Object.assign(socket.conn, { request: null });
  Object.assign(socket, { handshake: null });
}

export function waitingMessages({ conn }: RoomSocket): number {
  return (conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
}

/** At once, since a goodbye would only wait behind what is not taken. */
export function cut({ conn }: RoomSocket): void {
  const { transport } = conn as unknown as { transport: { socket?: { terminate(): void } } };
  if (transport.socket) transport.socket.terminate();
  else conn.close(true);
}
