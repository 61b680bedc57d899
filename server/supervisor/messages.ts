/*
 * What the supervisor and its children say to each other over the IPC channel.
 */

/** A worker is ready for connections of the shared port, and takes them on its own one of 127.0.0.1 for what only it can answer. */
export interface Listening {
  type: 'listening';
  privatePort: number;
  /** It may hold so many connections. */
  capacity: number;
}

/** To a worker: accepts connections of the shared port from now on, which comes with the message, or does not. */
export interface Accept {
  type: 'accept';
  accept: boolean;
}

/** A worker has so many connections now. */
export interface Load {
  type: 'load';
  connections: number;
  /** It accepts more. */
  accepting: boolean;
}

/** A worker has been told to end: it accepts nothing any more and lets its connections go. */
export interface Leaving {
  type: 'leaving';
}

/** To a worker: another has taken its place; lets its people go to the others little by little, then ends. */
export interface Leave {
  type: 'leave';
}

/** A worker that was told to leave has no sockets of rooms any more. What else it has under way may take its time. */
export interface Moved {
  type: 'moved';
}

/** To every worker whenever it changes: the private port of each worker by its number, 0 while there is none with it. */
export interface Siblings {
  type: 'siblings';
  ports: number[];
}

/** The media process is ready; the supervisor tells its own parent the same, with the address. */
export interface Ready {
  type: 'ready';
  address?: string;
}

export type Message = Listening | Accept | Load | Leaving | Leave | Moved | Siblings | Ready;

export function isMessage<T extends Message['type']>(value: unknown, type: T): value is Extract<Message, { type: T }> {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}
