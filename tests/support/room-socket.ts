import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import type { Ack, ErrorCode } from '#contract/errors.ts';
import type { AckData, ClientEventName, ClientEvents, ServerEvents } from '#contract/events.ts';

interface SocketSetting {
  transports?: ('websocket' | 'polling')[];
  cookie?: string;
}

/** A page's socket without the page: sends what a test says, and keeps what it hears. It does not come back by itself. */
export class RoomSocket {
  readonly socket: Socket<ServerEvents, ClientEvents>;
  readonly #heard: { event: string; payload: unknown }[] = [];

  private constructor(socket: Socket<ServerEvents, ClientEvents>) {
    this.socket = socket;
    socket.onAny((event: string, payload: unknown) => this.#heard.push({ event, payload }));
  }

  static async connect(url: string, { transports = ['websocket'], cookie }: SocketSetting = {}): Promise<RoomSocket> {
    const extraHeaders = cookie === undefined ? {} : { extraHeaders: { cookie } };
    const socket = io(url, { forceNew: true, reconnection: false, transports, ...extraHeaders });
    const made = new RoomSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return made;
  }

  /** Connects and enters the room. @throws Error with the server's code */
  static async enter(url: string, ticket: string, setting: SocketSetting = {}): Promise<RoomSocket> {
    const room = await RoomSocket.connect(url, setting);
    await room.request('room:join', { ticket });
    return room;
  }

  /** @throws Error with the server's code */
  async request<E extends ClientEventName>(event: E, payload: Parameters<ClientEvents[E]>[0]): Promise<AckData[E]> {
    const answer = await this.ask(event, payload);
    if (!answer.ok) throw new Error(`${event}: ${answer.error.code}`);
    return answer.data;
  }

  /** What is wrong with it; null when nothing is. */
  async refusal(event: ClientEventName, payload: unknown): Promise<ErrorCode | null> {
    const answer = await this.ask(event, payload);
    return answer.ok ? null : answer.error.code;
  }

  /** What was heard of an event, in order. */
  heard<E extends keyof ServerEvents>(event: E): Parameters<ServerEvents[E]>[0][] {
    return this.#heard.filter((each) => each.event === event).map((each) => each.payload as never);
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  async close(): Promise<void> {
    if (!this.socket.connected) return;
    const gone = once(this.socket as never, 'disconnect');
    this.socket.disconnect();
    await gone;
  }

  /** The whole ack. Takes any payload, as the server has to. */
  ask<E extends ClientEventName>(event: E, payload: unknown): Promise<Ack<AckData[E]>> {
    return (this.socket as unknown as Socket).timeout(45_000).emitWithAck(event, payload);
  }
}
