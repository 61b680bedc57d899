import { ApiError, call } from '#client/api.ts';
import { uuid } from '#client/uuid.ts';
import type { PublishRefusal } from '#contract/publish.ts';
import { type Choices, QUALITIES, type Quality, recallChoices, rememberChoices } from './choices.ts';
import {
  type DeviceProblem,
  type Devices,
  deviceOf,
  listDevices,
  openCamera,
  openMicrophone,
  openScreen,
  problemOf,
  stop,
} from './devices.ts';
import { FRAMES_PER_SECOND, Mix } from './mix.ts';
import { type OnAir, setOnAir } from './on-air.ts';
import { Recorder } from './recorder.ts';
import { recorderType } from './support.ts';
import { Uplink } from './uplink.ts';
import { lowered, UploadPace } from './upload-pace.ts';

export type PictureKind = 'camera' | 'screen';

export interface PublisherState extends Choices {
  /** `closed`: no device is open. `open`: seen here alone. */
  phase: 'closed' | 'opening' | 'open' | 'connecting' | 'on-air' | 'reconnecting';
  kind: PictureKind;
  /** Why there is no picture; `ended`: the person ended sharing the screen. */
  picture: DeviceProblem | 'ended' | null;
  sound: DeviceProblem | null;
  devices: Devices;
  muted: boolean;
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

const CLOSED = {
  phase: 'closed',
  picture: null,
  sound: null,
  muted: false,
  since: 0,
  attempt: 0,
  slow: false,
  reduced: false,
  bitrate: 0,
  failure: null,
} as const satisfies Partial<PublisherState>;

/** Connecting again is of no use after these. */
const FINAL: PublishRefusal[] = ['ended', 'session-ended', 'session-archived', 'replaced', 'unsupported', 'malformed'];
/** Of refusals that may pass, in a row, of a page that was on air. */
const MOST_REFUSALS = 6;
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;
const PACE_MS = 500;
const AUDIO_BITRATE = 64_000;

/**
 * Publishes from this page: devices, one mix of them, and its way to the server, which is found again whenever it is lost.
 * It outlives the page of the console on which it was begun.
 */
export class Publisher {
  readonly #of: OnAir;
  readonly #publisherId = uuid();
  readonly #listeners = new Set<() => void>();
  readonly #wordsOnCard: () => string;
  #state: PublisherState;
  #mix: Mix | null = null;
  #shown: MediaStream | null = null;
  #heard: MediaStream | null = null;
  #recorder: Recorder | null = null;
  #uplink: Uplink | null = null;
  #pace = new UploadPace();
  #paceTimer: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #recorded = 0;
  #refusals = 0;
  #measured: { at: number; bytes: number }[] = [];
  #wakeLock: WakeLockSentinel | null = null;

  /** @param wordsOnCard what viewers read while there is no picture */
  constructor(of: OnAir, wordsOnCard: () => string) {
    this.#of = of;
    this.#wordsOnCard = wordsOnCard;
    this.#state = { ...CLOSED, ...recallChoices(), kind: 'camera', devices: { cameras: [], microphones: [] } };
  }

  get sessionId(): string {
    return this.#of.sessionId;
  }

  get state(): PublisherState {
    return this.#state;
  }

  /** Whether the server has it, or is to have it again. */
  get onAir(): boolean {
    return ['connecting', 'on-air', 'reconnecting'].includes(this.#state.phase);
  }

  /** What is sent, for the preview. */
  get stream(): MediaStream | null {
    return this.#mix?.stream ?? null;
  }

  level(): number {
    return this.#mix?.level() ?? -100;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks for a picture and, the first time, for the microphone. On air it replaces the picture. */
  async open(kind: PictureKind): Promise<void> {
    const first = this.#mix === null;
    this.#mix ??= new Mix(QUALITIES[this.#state.quality]);
    this.#mix.wake();
    this.#mix.setWords(this.#wordsOnCard());
    if (first) {
      this.#set({ phase: 'opening', failure: null });
      navigator.mediaDevices.addEventListener('devicechange', this.#devicesChanged);
    }
    await this.#openPicture(kind);
    if (first) {
      await this.#openMicrophone(this.#state.microphoneId);
      if (this.#state.phase === 'opening') this.#set({ phase: 'open' });
    }
  }

  async chooseCamera(cameraId: string): Promise<void> {
    this.#choose({ cameraId });
    await this.#openPicture('camera');
  }

  async chooseMicrophone(microphoneId: string | null): Promise<void> {
    this.#choose({ microphoneId });
    await this.#openMicrophone(microphoneId);
  }

  chooseQuality(quality: Quality): void {
    this.#choose({ quality });
    const { width, height, bitrate } = QUALITIES[quality];
    this.#mix?.resize({ width, height });
    if (this.#state.kind === 'camera') {
      const wanted = { width: { ideal: width }, height: { ideal: height } };
      for (const track of this.#shown?.getVideoTracks() ?? [])
        void track.applyConstraints(wanted).catch(() => undefined);
    }
    if (this.#state.phase === 'on-air') this.#record(bitrate);
  }

  setMuted(muted: boolean): void {
    this.#mix?.setMuted(muted);
    this.#set({ muted });
  }

  /** Begins to publish. */
  start(): void {
    this.#set({ phase: 'connecting', failure: null, attempt: 0, since: Date.now() });
    this.#refusals = 0;
    this.#recorded = QUALITIES[this.#state.quality].bitrate;
    setOnAir(this.#of);
    addEventListener('beforeunload', askBeforeLeaving);
    addEventListener('online', this.#backOnline);
    document.addEventListener('visibilitychange', this.#stayAwake);
    this.#stayAwake();
    void this.#connect();
  }

  /** Ends publishing; the devices stay open. */
  stop(failure: PublisherState['failure'] = null): void {
    if (!this.onAir) return;
    this.#letGo();
    this.#set({ phase: 'open', failure, slow: false, reduced: false, bitrate: 0 });
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
    navigator.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
    this.#mix?.close();
    this.#mix = null;
    this.#shown = null;
    this.#heard = null;
    this.#recorder = null;
    this.#set({ ...CLOSED, failure: this.#state.failure });
  }

  async #openPicture(kind: PictureKind): Promise<void> {
    try {
      const stream =
        kind === 'screen' ? await openScreen() : await openCamera(this.#state.cameraId, QUALITIES[this.#state.quality]);
      if (!this.#mix) return stop(stream);
      this.#mix.setPicture(stream);
      this.#mix.setScreenSound(kind === 'screen' ? stream : null);
      for (const track of stream.getVideoTracks()) {
        track.addEventListener('ended', () => this.#pictureEnded(stream, kind));
      }
      this.#shown = stream;
      this.#set({ kind, picture: null });
      if (kind === 'camera') this.#choose({ cameraId: deviceOf(stream) });
      await this.#list();
    } catch (error) {
      const problem = problemOf(error);
      // Whoever only closed the browser's choice keeps the picture there was.
      if (this.#shown && kind === 'screen' && problem === 'refused') return;
      this.#set(this.#shown ? { picture: problem } : { kind, picture: problem });
    }
  }

  #pictureEnded(stream: MediaStream, kind: PictureKind): void {
    if (this.#shown !== stream) return;
    this.#shown = null;
    this.#mix?.setScreenSound(null);
    this.#mix?.setPicture(null);
    this.#set({ picture: kind === 'screen' ? 'ended' : 'lost' });
  }

  async #openMicrophone(id: string | null): Promise<void> {
    try {
      const stream = await openMicrophone(id);
      if (!this.#mix) return stop(stream);
      this.#mix.setMicrophone(stream);
      for (const track of stream.getAudioTracks()) track.addEventListener('ended', () => this.#microphoneEnded(stream));
      this.#heard = stream;
      this.#set({ sound: null });
      this.#choose({ microphoneId: deviceOf(stream) });
      await this.#list();
    } catch (error) {
      this.#set({ sound: problemOf(error) });
    }
  }

  #microphoneEnded(stream: MediaStream): void {
    if (this.#heard !== stream) return;
    this.#heard = null;
    this.#mix?.setMicrophone(null);
    this.#set({ sound: 'lost' });
  }

  /** What was unplugged is taken again when it is back; the person need not find out how. */
  readonly #devicesChanged = async (): Promise<void> => {
    const before = this.#state;
    await this.#list();
    const has = (list: { id: string }[], id: string | null) => list.some((device) => device.id === id);
    const { cameras, microphones } = this.#state.devices;
    if (before.picture === 'lost' && has(cameras, before.cameraId)) await this.#openPicture('camera');
    if (before.sound === 'lost' && has(microphones, before.microphoneId)) {
      await this.#openMicrophone(before.microphoneId);
    }
  };

  async #list(): Promise<void> {
    this.#set({ devices: await listDevices() });
  }

  #choose(changes: Partial<Choices>): void {
    this.#set(changes);
    rememberChoices(this.#state);
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    let ticket: string;
    try {
      const given = { params: { sessionId: this.sessionId }, body: { publisherId: this.#publisherId } };
      ({ ticket } = await call('POST /sessions/:sessionId/publish-ticket', given));
    } catch (error) {
      if (!this.onAir) return;
      if (error instanceof ApiError && error.refused) this.stop({ words: error.message });
      else this.#retryLater();
      return;
    }
    if (!this.onAir) return;
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
    this.#set({ phase: 'on-air', attempt: 0 });
    this.#refusals = 0;
    this.#pace = new UploadPace();
    this.#measured = [];
    this.#record(this.#recorded);
    clearInterval(this.#paceTimer);
    this.#paceTimer = setInterval(() => this.#keepPace(), PACE_MS);
  }

  #record(bitrate: number): void {
    const { stream } = this;
    const type = recorderType();
    const uplink = this.#uplink;
    if (!stream || !type || !uplink) return;
    this.#recorder ??= new Recorder(stream, type, () => this.stop('recorder'));
    this.#recorded = bitrate;
    this.#recorder.start(bitrate, (bytes) => uplink.send(bytes));
    this.#set({ reduced: bitrate < QUALITIES[this.#state.quality].bitrate });
  }

  #keepPace(): void {
    const uplink = this.#uplink;
    if (!uplink) return;
    const now = performance.now();
    this.#measure(now, uplink.taken);
    const advice = this.#pace.judge(now, uplink.backlog, this.#recorded + AUDIO_BITRATE);
    if (advice !== 'drop') this.#set({ slow: advice !== 'fine' });
    if (advice === 'lower') this.#record(lowered(this.#recorded));
    if (advice === 'drop') {
      this.#recorded = lowered(this.#recorded);
      uplink.drop();
    }
  }

  #measure(now: number, bytes: number): void {
    this.#measured = [...this.#measured.filter(({ at }) => at > now - 5_000), { at: now, bytes }];
    const [first] = this.#measured;
    if (first && now > first.at) this.#set({ bitrate: ((bytes - first.bytes) * 8_000) / (now - first.at) });
  }

  #ended(uplink: Uplink, refusal: PublishRefusal | null): void {
    if (this.#uplink !== uplink || !this.onAir) return;
    const wasOnAir = this.#state.phase !== 'connecting';
    this.#letGo();
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
    const attempt = this.#state.attempt + 1;
    this.#set({ phase: 'reconnecting', attempt, slow: false, bitrate: 0 });
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
    this.#retry = setTimeout(() => void this.#connect(), wait * (0.75 + Math.random() / 2));
  }

  readonly #backOnline = (): void => {
    if (this.#state.phase === 'reconnecting' && this.#uplink === null) void this.#connect();
  };

  /** Of the connection. */
  #letGo(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#paceTimer);
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

  #set(changes: Partial<PublisherState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
