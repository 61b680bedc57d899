import { ApiError, call, urlOf } from '#client/api.ts';
import { type RoomSocket, request } from '#client/socket.ts';
import type { Beat, BeatsStored } from '#contract/attendance.ts';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import { BeatQueue } from './beat-queue.ts';
import { beatStore, sendLeftovers } from './leftovers.ts';
import { type Sample, StretchTracker } from './stretches.ts';

/** With the socket away for longer, beats go by plain requests: some offices let only those through. */
const SOCKET_PATIENCE_MS = 20_000;
const LEFTOVERS_EVERY_MS = 60_000;
const NEW_TICKET_HELPS = new Set<string>(['bad-ticket', 'not-joined', 'not-signed-in']);

export interface BeatSenderOptions {
  ticket: string;
  connId: string;
  socket: RoomSocket;
  /** Whether the socket stands for this ticket: on one that joined with another, beats would be taken for that other's. */
  joined: () => boolean;
  onStored: (stored: BeatsStored) => void;
  /** The ticket is not accepted: a new one is needed. What is queued stays for the next page. */
  onRefused: () => void;
}

/** Makes beats of the player's samples and sees to it that the server gets them, also when the page is thrown away. */
export class BeatSender {
  readonly #options: BeatSenderOptions;
  readonly #queue: BeatQueue;
  #tracker = new StretchTracker();
  #state = { playing: false, stalled: false };
  #sending = false;
  #lastJoined = performance.now();
  #timers: ReturnType<typeof setInterval>[] = [];
  #first: ReturnType<typeof setTimeout>;

  constructor(options: BeatSenderOptions) {
    this.#options = options;
    this.#queue = new BeatQueue(options.ticket, beatStore(options.connId));
    // A class begins for everybody at once; the first beat's moment is drawn at random so that the others don't come in step.
    this.#first = setTimeout(() => {
      this.#beat();
      this.#timers.push(setInterval(() => this.#beat(), BEAT_INTERVAL_MS));
    }, Math.random() * BEAT_INTERVAL_MS);
    const leftovers = () => void sendLeftovers(options.connId);
    leftovers();
    this.#timers.push(setInterval(leftovers, LEFTOVERS_EVERY_MS));
    document.addEventListener('visibilitychange', this.#onVisibility);
    window.addEventListener('pagehide', this.#beacon);
  }

  sample(sample: Sample, state: { playing: boolean; stalled: boolean }): void {
    this.#state = state;
    this.#tracker.sample(sample);
  }

  /** Sends what is queued; called by itself every 15 s, and when the connection is back. */
  async flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#queue.size > 0) {
        const beats = this.#queue.next();
        const stored = await this.#deliver(beats);
        if (!stored) return;
        this.#queue.answered(beats, stored.accepted);
        this.#options.onStored(stored);
        if (stored.accepted.length < beats.length) return;
      }
    } catch (error) {
      if (error instanceof ApiError && NEW_TICKET_HELPS.has(error.code)) this.#options.onRefused();
    } finally {
      this.#sending = false;
    }
  }

  /** Hands over the rest and stops. */
  close(): void {
    clearTimeout(this.#first);
    for (const timer of this.#timers) clearInterval(timer);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    window.removeEventListener('pagehide', this.#beacon);
    this.#beacon();
  }

  #beat(): void {
    this.#collect();
    void this.flush();
  }

  #collect(): void {
    const stretches = this.#tracker.take();
    if (stretches.length > 0) this.#queue.add(stretches, performance.now(), this.#state);
  }

  /** null: no way to the server now; they stay queued. */
  async #deliver(beats: Beat[]): Promise<BeatsStored | null> {
    const { socket, ticket, joined } = this.#options;
    if (joined()) {
      this.#lastJoined = performance.now();
      return request(socket, 'beat:send', { beats });
    }
    if (performance.now() - this.#lastJoined < SOCKET_PATIENCE_MS) return null;
    return call('POST /beats', { body: { ticket, beats } });
  }

  #onVisibility = (): void => {
    if (document.visibilityState === 'hidden') this.#beacon();
    else void this.flush();
  };

  /** The page may end here without another word. What was handed to the beacon stays queued until an ack names it. */
  #beacon = (): void => {
    this.#collect();
    if (this.#queue.size === 0) return;
    const body = JSON.stringify({ ticket: this.#options.ticket, beats: this.#queue.next() });
    navigator.sendBeacon?.(urlOf('POST /beats'), body);
  };
}
