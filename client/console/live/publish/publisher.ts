import { ApiError, call } from '#client/api.ts';
import { uuid } from '#client/uuid.ts';
import type { PublishRefusal } from '#contract/publish.ts';
import { QUALITIES, type Quality } from './choices.ts';
import { FRAMES_PER_SECOND } from './mix.ts';
import { type OnAir, setOnAir } from './on-air.ts';
import { AUDIO_BITRATE, Recorder } from './recorder.ts';
import { Store } from './store.ts';
import { Studio } from './studio.ts';
import { recorderTypes } from './support.ts';
import { Uplink } from './uplink.ts';
import { lowered, UploadPace } from './upload-pace.ts';

export interface PublisherState {
  phase: 'off' | 'connecting' | 'on-air' | 'reconnecting';
  /** When publishing began, epoch ms. */
  since: number;
  /** Since the connection was lost. */
  attempt: number;
  /** More waits to be sent than should. */
  slow: boolean;
  /** Recorded with less than chosen, since the network carries no more. */
  reduced: boolean;
  /** What leaves this machine, bits per second. */
  bitrate: number;
  /** Why it is over; words of the server where it has some. */
  failure: PublishRefusal | { words: string } | 'recorder' | null;
}

const OFF = { phase: 'off', since: 0, attempt: 0, slow: false, reduced: false, bitrate: 0 } as const;

/** Connecting again is of no use after these. */
const FINAL: PublishRefusal[] = [
  'ended',
  'session-ended',
  'session-archived',
  'outside-stream',
  'replaced',
  'unsupported',
  'malformed',
];
/** Of refusals that may pass, in a row, of a page that was on air. */
const MOST_REFUSALS = 6;
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;
const JUDGE_MS = 500;
const RATE_WINDOW_MS = 5_000;

/**
 * Publishes from this page into one session: finds its way to the server again whenever it is lost, and sends no more than
 * the network carries. It outlives the page of the console on which it was begun.
 */
export class Publisher {
  readonly studio: Studio;
  readonly store = new Store<PublisherState>({ ...OFF, failure: null });
  /** By which the server knows this page over all its connections. */
  readonly id = uuid();
  readonly #of: OnAir;
  /** Of what this browser can record, the first that did not fail. */
  #types: string[] = [];
  #recorder: Recorder | null = null;
  /** Of the picture as it is recorded, bits per second. */
  #bitrate = 0;
  #uplink: Uplink | null = null;
  #connections = 0;
  /** When to connect again, as performance.now() counts. */
  #retryAt: number | null = null;
  #refusals = 0;
  #pace = new UploadPace();
  #judgedAt = 0;
  #taken: { at: number; bytes: number }[] = [];
  #wakeLock: WakeLockSentinel | null = null;

  /** @param wordsOnCard what viewers read while there is no picture */
  constructor(of: OnAir, wordsOnCard: () => string) {
    this.#of = of;
    this.studio = new Studio(wordsOnCard, () => this.#tick());
  }

  get sessionId(): string {
    return this.#of.sessionId;
  }

  /** Whether the server has it, or is to have it again. */
  get onAir(): boolean {
    return this.store.state.phase !== 'off';
  }

  /** Begins to publish what the studio shows. */
  start(): void {
    this.store.set({ phase: 'connecting', failure: null, attempt: 0, since: Date.now() });
    this.#refusals = 0;
    this.#types = recorderTypes();
    this.#recorder = null;
    this.#bitrate = QUALITIES[this.studio.store.state.quality].bitrate;
    setOnAir(this.#of);
    addEventListener('beforeunload', askBeforeLeaving);
    addEventListener('online', this.#backOnline);
    document.addEventListener('visibilitychange', this.#stayAwake);
    void this.#stayAwake();
    void this.#connect();
  }

  /** Ends publishing; the devices stay open. */
  stop(failure: PublisherState['failure'] = null): void {
    if (!this.onAir) return;
    this.#disconnect();
    this.store.set({ ...OFF, failure });
    setOnAir(null);
    removeEventListener('beforeunload', askBeforeLeaving);
    removeEventListener('online', this.#backOnline);
    document.removeEventListener('visibilitychange', this.#stayAwake);
    void this.#wakeLock?.release();
    this.#wakeLock = null;
  }

  /** Ends publishing and lets go of the devices. */
  close(): void {
    this.stop();
    this.studio.close();
    this.#recorder = null;
  }

  chooseQuality(quality: Quality): void {
    this.studio.chooseQuality(quality);
    if (this.store.state.phase === 'on-air') this.#record(QUALITIES[quality].bitrate);
    else this.#bitrate = QUALITIES[quality].bitrate;
  }

  async #connect(): Promise<void> {
    this.#retryAt = null;
    this.#connections += 1;
    const connection = this.#connections;
    const isOver = () => !this.onAir || connection !== this.#connections;
    let ticket: string;
    try {
      const given = { params: { sessionId: this.sessionId }, body: { publisherId: this.id } };
      ({ ticket } = await call('POST /sessions/:sessionId/publish-ticket', given));
    } catch (error) {
      if (isOver()) return;
      if (error instanceof ApiError && error.refused) this.stop({ words: error.message });
      else this.#retryLater();
      return;
    }
    if (isOver()) return;
    const uplink = new Uplink(
      { ticket, framesPerSecond: FRAMES_PER_SECOND },
      {
        onAccepted: () => this.#accepted(),
        onEnd: (refusal) => this.#ended(uplink, refusal),
      },
    );
    this.#uplink = uplink;
  }

  #accepted(): void {
    this.store.set({ phase: 'on-air', attempt: 0 });
    this.#refusals = 0;
    this.#pace = new UploadPace();
    this.#taken = [];
    this.#record(this.#bitrate);
  }

  #record(bitrate: number): void {
    const { stream } = this.studio;
    const [type] = this.#types;
    const uplink = this.#uplink;
    if (!stream || !type || !uplink) return;
    this.#recorder ??= new Recorder(stream, type, () => this.#recorderFailed());
    this.#bitrate = bitrate;
    this.#recorder.start(bitrate, (bytes) => uplink.send(bytes));
    this.store.set({ reduced: bitrate < QUALITIES[this.studio.store.state.quality].bitrate });
  }

  /** What a browser says that it records it may still not manage at this size: the next type may do. */
  #recorderFailed(): void {
    this.#types.shift();
    this.#recorder = null;
    if (this.#types.length > 0) this.#record(this.#bitrate);
    else this.stop('recorder');
  }

  /** Comes from the studio, whose clock runs on while the page is hidden and its own timers are slowed down. */
  #tick(): void {
    const now = performance.now();
    if (this.#retryAt !== null && now >= this.#retryAt) void this.#connect();
    const uplink = this.#uplink;
    if (!uplink || now - this.#judgedAt < JUDGE_MS) return;
    this.#judgedAt = now;
    uplink.checkSilence();
    if (this.store.state.phase === 'on-air') this.#keepPace(uplink, now);
  }

  #keepPace(uplink: Uplink, now: number): void {
    this.#measure(now, uplink.taken);
    const advice = this.#pace.judge(now, uplink.backlog, this.#bitrate + AUDIO_BITRATE);
    this.store.set({ slow: advice !== 'fine' });
    if (advice === 'lower') this.#record(lowered(this.#bitrate));
    if (advice === 'drop') {
      this.#bitrate = lowered(this.#bitrate);
      uplink.drop();
    }
  }

  #measure(now: number, bytes: number): void {
    this.#taken = [...this.#taken.filter(({ at }) => at > now - RATE_WINDOW_MS), { at: now, bytes }];
    const [first] = this.#taken;
    if (first && now > first.at) this.store.set({ bitrate: ((bytes - first.bytes) * 8_000) / (now - first.at) });
  }

  #ended(uplink: Uplink, refusal: PublishRefusal | null): void {
    if (this.#uplink !== uplink || !this.onAir) return;
    const wasOnAir = this.store.state.phase !== 'connecting';
    this.#disconnect();
    if (refusal !== null && refusal !== 'unavailable') {
      this.#refusals += 1;
      if (FINAL.includes(refusal) || !wasOnAir || this.#refusals > MOST_REFUSALS) {
        this.stop(refusal);
        return;
      }
    }
    this.#retryLater();
  }

  #retryLater(): void {
    const attempt = this.store.state.attempt + 1;
    this.store.set({ phase: 'reconnecting', attempt, slow: false, bitrate: 0 });
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
    this.#retryAt = performance.now() + wait * (0.75 + Math.random() / 2);
  }

  readonly #backOnline = (): void => {
    if (this.#retryAt !== null) void this.#connect();
  };

  #disconnect(): void {
    this.#retryAt = null;
    const uplink = this.#uplink;
    this.#uplink = null;
    void this.#recorder?.stop();
    uplink?.stop();
  }

  /** A machine that sleeps sends nothing. The lock ends whenever the page is hidden. */
  readonly #stayAwake = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    try {
      const lock = await navigator.wakeLock?.request('screen');
      if (this.onAir) this.#wakeLock = lock;
      else await lock?.release();
    } catch {
      // A low battery refuses it.
    }
  };
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
