import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { Beat } from '#contract/attendance.ts';
import type { Ack } from '#contract/errors.ts';
import type { AckData, ClientEventName, ClientEvents, ServerEvents } from '#contract/events.ts';
import { done, type RosterEntry } from './class.ts';
import type { Picture } from './class-picture.ts';
import { HttpClient } from './http-client.ts';

/** The distance from the live edge that players keep. */
const HOLD_BACK_MS = 1_000;
const SAMPLE_MS = 250;
const ACK_TIMEOUT_MS = 8_000;
/** A picture that did not move for so long has stopped; what comes after it is a new stretch. */
const STALL_MS = 1_500;

interface Stretch {
  from: number;
  to: number;
}

/**
 * A learner without a browser: joins by the unit's code, follows the picture in real time and reports what was there to
 * be seen. What is not acked is kept and sent again after a reconnect, with the same number and content.
 */
export class Learner {
  readonly person: RosterEntry;
  readonly connId: string;
  /** Every beat that the server has acked, by its number. */
  readonly acked = new Map<number, Beat>();
  creditedMs = 0;
  /** How often the socket's room was entered. */
  joins = 0;
  readonly #ticket: string;
  readonly #picture: Picture;
  readonly #socket: Socket<ServerEvents, ClientEvents>;
  readonly #timers: NodeJS.Timeout[] = [];
  #waiting: Beat[] = [];
  #stretches: Stretch[] = [];
  #position: number | null = null;
  #movedAt = 0;
  #seq = 0;
  #joined = false;
  #sending = false;

  /** Joins and enters; the socket goes on by itself. */
  static async enter(
    url: string,
    person: RosterEntry,
    { sessionId, picture, beatMs }: { sessionId: string; picture: Picture; beatMs: number },
  ): Promise<Learner> {
    const client = new HttpClient(url);
    const { joinCode, name, phone } = person;
    done('join', await client.call('POST /join/unit/:joinCode', { params: { joinCode }, body: { name, phone } }));
    const params = { sessionId };
    const body = { deviceId: randomUUID() };
    const admission = done('ticket', await client.call('POST /sessions/:sessionId/ticket', { params, body }));
    return new Learner(url, person, admission, picture, beatMs);
  }

  private constructor(
    url: string,
    person: RosterEntry,
    { ticket, connId }: { ticket: string; connId: string },
    picture: Picture,
    beatMs: number,
  ) {
    this.person = person;
    this.connId = connId;
    this.#ticket = ticket;
    this.#picture = picture;
    this.#socket = io(url, {
      forceNew: true,
      transports: ['websocket'],
      timeout: 5_000,
      reconnectionDelay: 200,
      reconnectionDelayMax: 1_000,
    });
    this.#socket.on('connect', () => void this.#join());
    this.#socket.on('disconnect', (reason) => {
      this.#joined = false;
      if (reason === 'io server disconnect') this.#socket.connect();
    });
    this.#timers.push(
      setInterval(() => this.#sample(), SAMPLE_MS),
      setInterval(() => this.#beat(), beatMs),
    );
  }

  /** Beats that are not acked yet. */
  get unacked(): number {
    return this.#waiting.length;
  }

  get joined(): boolean {
    return this.#joined;
  }

  /** What the acked beats come to: the union of their stretches after `startedAt`, ms. */
  playedMs(startedAt: number): number {
    let total = 0;
    let reached = startedAt;
    for (const { mediaFrom, mediaTo } of [...this.acked.values()].sort((a, b) => a.mediaFrom - b.mediaFrom)) {
      total += Math.max(0, mediaTo - Math.max(mediaFrom, reached));
      reached = Math.max(reached, mediaTo);
    }
    return total;
  }

  /** Stops watching and reports the rest; it is acked when `unacked` is 0. */
  stopWatching(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#beat();
    this.#timers.push(setInterval(() => void this.#flush(), 300));
  }

  /** Answers a question of the class. @throws Error with the server's code */
  async answer(liveQuestionId: string, choice: number[]): Promise<void> {
    await this.#request('quiz:answer', { liveQuestionId, choice });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#socket.disconnect();
  }

  async #join(): Promise<void> {
    try {
      await this.#request('room:join', { ticket: this.#ticket });
      this.#joined = true;
      this.joins += 1;
      void this.#flush();
    } catch {
      // As a page does: it enters again a little later. A socket that was cut in between does so by itself.
      const again = setTimeout(() => this.#socket.connected && !this.#joined && void this.#join(), 500);
      this.#timers.push(again);
    }
  }

  #sample(): void {
    const state = this.#picture.state;
    if (!state) return;
    const now = performance.now();
    const shown = state.edge - HOLD_BACK_MS;
    if (this.#position !== null && shown <= this.#position) return;
    const wall = now - this.#movedAt;
    const contiguous =
      this.#position !== null && wall < STALL_MS && shown - this.#position <= wall * 1.1 + SAMPLE_MS * 2;
    if (contiguous && this.#position !== null) {
      const last = this.#stretches[this.#stretches.length - 1];
      if (last && last.to === this.#position) last.to = shown;
      else this.#stretches.push({ from: this.#position, to: shown });
    }
    this.#position = shown;
    this.#movedAt = now;
  }

  #beat(): void {
    for (const { from, to } of this.#stretches) {
      this.#seq += 1;
      const state = { playing: true, hidden: false, stalled: false };
      this.#waiting.push({ seq: this.#seq, mediaFrom: from, mediaTo: to, monotonicMs: performance.now(), state });
    }
    this.#stretches = [];
    void this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#sending || !this.#joined || this.#waiting.length === 0) return;
    this.#sending = true;
    try {
      const { accepted, creditedMs } = await this.#request('beat:send', { beats: this.#waiting.slice(0, 50) });
      this.creditedMs = creditedMs;
      const stored = new Set(accepted);
      for (const beat of this.#waiting) if (stored.has(beat.seq)) this.acked.set(beat.seq, beat);
      this.#waiting = this.#waiting.filter((beat) => !stored.has(beat.seq));
    } catch {
      // Kept, and sent again.
    } finally {
      this.#sending = false;
    }
  }

  /** @throws Error without an ack in time, or with the code that the server gave */
  #request<E extends ClientEventName>(event: E, payload: Parameters<ClientEvents[E]>[0]): Promise<AckData[E]> {
    return new Promise((resolve, reject) => {
      const answered = (late: Error | null, answer: Ack<AckData[E]>) => {
        if (late) reject(late);
        else if (answer.ok) resolve(answer.data);
        else reject(new Error(`${event}: ${answer.error.code}`));
      };
      // The event map is a union here, which the typed emit can't follow; this function's signature is the check.
      const socket = this.#socket.timeout(ACK_TIMEOUT_MS) as unknown as { emit: (...args: unknown[]) => void };
      socket.emit(event, payload, answered);
    });
  }
}
