import { io, type Socket } from 'socket.io-client';
import type { Ack } from '#contract/errors.ts';
import type { AckData, ClientEventName, ClientEvents, ServerEvents } from '#contract/events.ts';
import { firstRangeMs } from '#contract/plain.ts';
import { ApiError } from './api.ts';

export type RoomSocket = Socket<ServerEvents, ClientEvents>;

const ACK_TIMEOUT_MS = 10_000;
const LAST_RANGE_MS = 15_000;

/**
 * Opens a connection of its own. It reconnects for ever, at moments drawn at random from a growing range (full jitter), so that a
 * crowd that lost its server does not come back in step. Close it with `disconnect()`.
 */
export function openSocket(): RoomSocket {
  const socket: RoomSocket = io({
    forceNew: true,
    // Offices that block WebSocket get long polling.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    timeout: 15_000,
    ...reconnection,
  });
  spreadReconnects(socket);
  let failures = 0;
  socket.on('connect', () => {
    failures = 0;
  });
  socket.on('connect_error', () => {
    failures += 1;
    // A proxy may swallow WebSocket instead of refusing it: then only polling gets through.
    if (failures === 2) socket.io.opts.transports = ['polling', 'websocket'];
  });
  socket.on('disconnect', (reason) => {
    // The client does not come back by itself when the server said goodbye.
    if (reason === 'io server disconnect') setTimeout(() => socket.connect(), Math.random() * 3_000);
  });
  socket.on('server:draining', ({ withinMs }) => {
    setTimeout(() => {
      if (socket.connected) socket.disconnect().connect();
    }, Math.random() * withinMs);
  });
  return socket;
}

/** Socket.IO draws from 0 to twice the delay, which it doubles each time. */
export const reconnection = { reconnectionDelay: firstRangeMs(0) / 2, randomizationFactor: 1 };

/** So many devices are in the room, and come back together if they have to. */
export function expectDevices(socket: Pick<Socket, 'io'>, devices: number): void {
  socket.io.reconnectionDelay(firstRangeMs(devices) / 2);
}

/**
 * Draws the longest wait anew before each attempt. Socket.IO cuts what it has drawn off at a fixed one, which after some attempts would bring
 * most of a crowd back at that very moment.
 */
export function spreadReconnects(socket: Pick<Socket, 'io' | 'on'>): void {
  const draw = () => socket.io.reconnectionDelayMax(Math.random() * LAST_RANGE_MS);
  draw();
  // Both come before the next wait is drawn.
  socket.on('connect_error', draw);
  socket.on('disconnect', draw);
}

/**
 * Sends a request and waits for its ack. Nothing is queued while the connection is down: whoever needs delivery keeps it and
 * sends it again.
 * @throws ApiError `offline` without connection or without an ack in time, or with the code that the server gave.
 */
export function request<E extends ClientEventName>(
  socket: RoomSocket,
  event: E,
  payload: Parameters<ClientEvents[E]>[0],
): Promise<AckData[E]> {
  if (!socket.connected) return Promise.reject(new ApiError('offline'));
  return new Promise((resolve, reject) => {
    const answered = (timedOut: Error | null, answer: Ack<AckData[E]>) => {
      if (timedOut) reject(new ApiError('offline'));
      else if (answer.ok) resolve(answer.data);
      else reject(new ApiError(answer.error.code, answer.error.params));
    };
    // The event map is a union here, which the typed emit can't follow; this function's signature is the check.
    (socket.timeout(ACK_TIMEOUT_MS) as unknown as { emit: (...args: unknown[]) => void }).emit(
      event,
      payload,
      answered,
    );
  });
}
