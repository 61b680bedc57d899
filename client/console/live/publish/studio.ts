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
import { Mix } from './mix.ts';
import { Store } from './store.ts';

export type PictureKind = 'camera' | 'screen';

export interface StudioState extends Choices {
  /** `opening`: the browser is asking the person. */
  devicesAre: 'closed' | 'opening' | 'open';
  kind: PictureKind;
  /** Why there is no picture; `ended`: the person ended sharing the screen. */
  picture: DeviceProblem | 'ended' | null;
  sound: DeviceProblem | null;
  devices: Devices;
  muted: boolean;
}

const CLOSED = { devicesAre: 'closed', picture: null, sound: null, muted: false } as const;

/** The devices that a person publishes with, and what becomes of them while they do. */
export class Studio {
  readonly store: Store<StudioState>;
  readonly #wordsOnCard: () => string;
  readonly #onTick: () => void;
  #mix: Mix | null = null;
  #shown: MediaStream | null = null;
  #heard: MediaStream | null = null;

  /**
   * @param wordsOnCard what viewers read while there is no picture
   * @param onTick called many times a second while devices are open, also on a hidden page
   */
  constructor(wordsOnCard: () => string, onTick: () => void) {
    this.#wordsOnCard = wordsOnCard;
    this.#onTick = onTick;
    const devices: Devices = { cameras: [], microphones: [] };
    this.store = new Store<StudioState>({ ...CLOSED, ...recallChoices(), kind: 'camera', devices });
  }

  /** Picture and sound as they are sent; null while no device is open. */
  get stream(): MediaStream | null {
    return this.#mix?.stream ?? null;
  }

  /** Of the voice, dBFS. */
  level(): number {
    return this.#mix?.level() ?? Number.NEGATIVE_INFINITY;
  }

  /** Asks for a picture and, the first time, for the microphone. Afterwards it replaces the picture. */
  async open(kind: PictureKind): Promise<void> {
    const first = this.#mix === null;
    this.#mix ??= new Mix(QUALITIES[this.store.state.quality], this.#onTick);
    this.#mix.wake();
    this.#mix.setWords(this.#wordsOnCard());
    if (first) {
      this.store.set({ devicesAre: 'opening' });
      navigator.mediaDevices.addEventListener('devicechange', this.#devicesChanged);
    }
    await this.#openPicture(kind);
    if (!first) return;
    await this.#openMicrophone(this.store.state.microphoneId);
    if (this.store.state.devicesAre === 'opening') this.store.set({ devicesAre: 'open' });
  }

  async chooseCamera(cameraId: string): Promise<void> {
    this.#choose({ cameraId });
    await this.#openPicture('camera');
  }

  /** Null: whichever the browser prefers. */
  async chooseMicrophone(microphoneId: string | null): Promise<void> {
    this.#choose({ microphoneId });
    await this.#openMicrophone(microphoneId);
  }

  chooseQuality(quality: Quality): void {
    this.#choose({ quality });
    const { width, height } = QUALITIES[quality];
    this.#mix?.resize({ width, height });
    if (this.store.state.kind !== 'camera') return;
    const wanted = { width: { ideal: width }, height: { ideal: height } };
    for (const track of this.#shown?.getVideoTracks() ?? []) void track.applyConstraints(wanted).catch(() => undefined);
  }

  setMuted(muted: boolean): void {
    this.#mix?.setMuted(muted);
    this.store.set({ muted });
  }

  close(): void {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
    this.#mix?.close();
    this.#mix = null;
    this.#shown = null;
    this.#heard = null;
    this.store.set(CLOSED);
  }

  async #openPicture(kind: PictureKind): Promise<void> {
    const { cameraId, quality } = this.store.state;
    try {
      const stream = kind === 'screen' ? await openScreen() : await openCamera(cameraId, QUALITIES[quality]);
      if (!this.#mix) return stop(stream);
      this.#mix.setPicture(stream);
      this.#mix.setScreenSound(kind === 'screen' ? stream : null);
      for (const track of stream.getVideoTracks()) {
        track.addEventListener('ended', () => this.#pictureEnded(stream, kind));
      }
      this.#shown = stream;
      this.store.set({ kind, picture: null });
      if (kind === 'camera') this.#choose({ cameraId: deviceOf(stream) });
      await this.#list();
    } catch (error) {
      const problem = problemOf(error);
      // Whoever only closed the browser's choice keeps the picture there was.
      if (this.#shown && kind === 'screen' && problem === 'refused') return;
      this.store.set({ picture: problem, ...(!this.#shown && { kind }) });
    }
  }

  async #openMicrophone(id: string | null): Promise<void> {
    try {
      const stream = await openMicrophone(id);
      if (!this.#mix) return stop(stream);
      this.#mix.setMicrophone(stream);
      for (const track of stream.getAudioTracks()) track.addEventListener('ended', () => this.#microphoneEnded(stream));
      this.#heard = stream;
      this.store.set({ sound: null });
      this.#choose({ microphoneId: deviceOf(stream) });
      await this.#list();
    } catch (error) {
      this.store.set({ sound: problemOf(error) });
    }
  }

  #pictureEnded(stream: MediaStream, kind: PictureKind): void {
    if (this.#shown !== stream) return;
    this.#shown = null;
    this.#mix?.setScreenSound(null);
    this.#mix?.setPicture(null);
    this.store.set({ picture: kind === 'screen' ? 'ended' : 'lost' });
  }

  #microphoneEnded(stream: MediaStream): void {
    if (this.#heard !== stream) return;
    this.#heard = null;
    this.#mix?.setMicrophone(null);
    this.store.set({ sound: 'lost' });
  }

  /** What was unplugged is taken again when it is back; the person need not find out how. */
  readonly #devicesChanged = async (): Promise<void> => {
    const { picture, sound, cameraId, microphoneId } = this.store.state;
    await this.#list();
    const has = (list: { id: string }[], id: string | null) => list.some((device) => device.id === id);
    const { cameras, microphones } = this.store.state.devices;
    if (picture === 'lost' && has(cameras, cameraId)) await this.#openPicture('camera');
    if (sound === 'lost' && has(microphones, microphoneId)) await this.#openMicrophone(microphoneId);
  };

  async #list(): Promise<void> {
    this.store.set({ devices: await listDevices() });
  }

  #choose(changes: Partial<Choices>): void {
    this.store.set(changes);
    rememberChoices(this.store.state);
  }
}
