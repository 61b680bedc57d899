/*
 * What the supervisor and its children say to each other over the IPC channel.
 */

/** A worker takes connections: on the shared port, and on its own one of 127.0.0.1 for what only it can answer. */
export interface Listening {
  type: 'listening';
  publicPort: number;
  privatePort: number;
}

/** To every worker whenever it changes: the private port of each worker by index, 0 while that worker is away. */
export interface Siblings {
  type: 'siblings';
  ports: number[];
}

/** The media process is ready; the supervisor tells its own parent the same, with the address. */
export interface Ready {
  type: 'ready';
  address?: string;
}

export type Message = Listening | Siblings | Ready;

export function isMessage<T extends Message['type']>(value: unknown, type: T): value is Extract<Message, { type: T }> {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}
