import { randomUUID } from 'node:crypto';
import type { Admission } from '#contract/live.ts';
import type { PresenceConfirmation, PresenceStored } from '#contract/presence.ts';
import type { TestApp } from './app.ts';
import type { HttpClient } from './http-client.ts';
import { admission, beat } from './room-entry.ts';
import { RoomSocket } from './room-socket.ts';

/** Somebody who watches the class as it runs: their page without the picture. */
export class PresenceLearner {
  readonly client: HttpClient;
  readonly admission: Admission;
  readonly socket: RoomSocket;
  readonly #app: TestApp;
  #seq = 0;
  /** Where their picture is; epoch ms. */
  #played: number;

  private constructor(app: TestApp, client: HttpClient, entered: Admission, socket: RoomSocket) {
    this.#app = app;
    this.client = client;
    this.admission = entered;
    this.socket = socket;
    this.#played = app.clock();
  }

  static async enter(app: TestApp, client: HttpClient, sessionId: string): Promise<PresenceLearner> {
    const entered = await admission(client, sessionId, randomUUID());
    return new PresenceLearner(app, client, entered, await RoomSocket.enter(app.url, entered.ticket));
  }

  get personId(): string {
    return this.admission.personId;
  }

  /** Reports what was played since the last time, up to now. */
  async report() {
    const from = this.#played;
    this.#played = this.#app.clock();
    return this.played(from, this.#played);
  }

  /** Reports a stretch of the session axis, epoch ms. */
  played(from: number, to: number) {
    this.#seq += 1;
    return this.socket.request('beat:send', { beats: [beat(this.#seq, from, (to - from) / 1_000)] });
  }

  confirm(checkId: string | null, pressedAgoMs = 0): Promise<PresenceStored> {
    return this.socket.request('presence:confirm', { checkId, pressedAgoMs });
  }

  refusal(given: Partial<PresenceConfirmation>) {
    return this.socket.refusal('presence:confirm', given);
  }
}
