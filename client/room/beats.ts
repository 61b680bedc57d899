import { ApiError, call, urlOf } from '#client/api.ts';
import { type RoomSocket, request } from '#client/socket.ts';
import type { Beat, BeatsStored } from '#contract/attendance.ts';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import { BeatQueue } from './beat-queue.ts';
import { beatStore, keepSendingLeftovers } from './leftovers.ts';
import { answerRollCall } from './roll-call.ts';
import { type Sample, StretchTracker } from './stretches.ts';

/** With the socket away for longer, beats go by plain requests: some offices let only those through. */
const SOCKET_PATIENCE_MS = 20_000;
/** How much of what was played a page that is killed may take with it. */
const KEEP_MS = 2_000;
const NEW_TICKET_HELPS = new Set<string>(['bad-ticket', 'not-joined', 'not-signed-in']);
/** Answers that say no to the beats themselves; others, some of them a proxy's, are no verdict on them. */
const NEVER_TAKEN = new Set<string>(['bad-request', 'session-not-open', 'too-late']);

export interface BeatSenderOptions {
  ticket: string;
  connId: string;
  socket: RoomSocket;
  /** Whether the socket stands for this ticket: on one that joined with another, beats would be taken for that other's. */
  joined: () => boolean;
  /** What the player shows this moment; null without one. */
  look: () => Sample | null;
  onStored: (stored: BeatsStored) => void;
  /** The ticket is not accepted: a new one is needed. What is queued stays for the next page. */
  onRefused: () => void;
  /** Beats could not be sent (true), or are with the server again (false). */
  onUnsent: (unsent: boolean) => void;
}

/** Makes beats of the player's samples and sees to it that the server gets them, also when the page is thrown away. */
export class BeatSender {
  readonly #options: BeatSenderOptions;
  readonly #queue: BeatQueue;
  #tracker = new StretchTracker();
  #sending = false;
  #lastJoined = performance.now();
  /** The socket looks connected and does not answer: a network that vanished is noticed by its pings only after 45 s. */
  #socketSilent = false;
  #stopAnswering: () => void;
  #stopLeftovers: () => void;
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
    this.#timers.push(setInterval(() => this.#collect(), KEEP_MS));
    this.#stopAnswering = answerRollCall(options.connId);
    this.#stopLeftovers = keepSendingLeftovers(options.connId);
    document.addEventListener('visibilitychange', this.#onVisibility);
    window.addEventListener('pagehide', this.#beacon);
    options.socket.on('connect', this.#onHeard);
    options.socket.io.on('ping', this.#onHeard);
    this.sample();
  }

  /** To be called when playing starts, stops or jumps, and every moment between. */
  sample(): void {
    const sample = this.#options.look();
    if (sample) this.#tracker.sample(sample);
  }

  /** Sends what is queued; called by itself every 15 s, and when the connection is back. */
  async flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    let beats: Beat[] = [];
    try {
      while (this.#queue.size > 0) {
        const way = this.#way();
        if (!way) {
          this.#options.onUnsent(true);
          return;
        }
        beats = this.#queue.next();
        const stored = await this.#deliver(way, beats);
        this.#queue.answered(beats, stored.accepted);
        this.#options.onStored(stored);
        this.#options.onUnsent(false);
        if (stored.accepted.length < beats.length) return;
      }
    } catch (error) {
      this.#failed(beats, error instanceof ApiError ? error : new ApiError('offline'));
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
    this.#options.socket.off('connect', this.#onHeard);
    this.#options.socket.io.off('ping', this.#onHeard);
    this.#stopAnswering();
    this.#stopLeftovers();
    this.#beacon();
  }

  #beat(): void {
    this.#collect();
    void this.flush();
  }

  #collect(): void {
    this.sample();
    const stretches = this.#tracker.take();
    if (stretches.length > 0) this.#queue.add(stretches, performance.now());
  }

  /** null: none for now; they stay queued. */
  #way(): 'socket' | 'request' | null {
    if (this.#options.joined() && !this.#socketSilent) {
      this.#lastJoined = performance.now();
      return 'socket';
    }
    return this.#socketSilent || performance.now() - this.#lastJoined > SOCKET_PATIENCE_MS ? 'request' : null;
  }

  async #deliver(way: 'socket' | 'request', beats: Beat[]): Promise<BeatsStored> {
    const { socket, ticket } = this.#options;
    if (way === 'request') return call('POST /beats', { body: { ticket, beats } });
    try {
      return await request(socket, 'beat:send', { beats });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'offline') this.#socketSilent = true;
      throw error;
    }
  }

  #failed(beats: Beat[], { code }: ApiError): void {
    if (NEW_TICKET_HELPS.has(code)) this.#options.onRefused();
    else if (NEVER_TAKEN.has(code)) this.#queue.answered(beats, []);
    else this.#options.onUnsent(true);
  }

  #onHeard = (): void => {
    this.#socketSilent = false;
  };

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
