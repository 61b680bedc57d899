/** How often the recorder gives what it has, ms: this much is added to the delay of the picture. */
const SLICE_MS = 100;
/** Bits per second. */
export const AUDIO_BITRATE = 64_000;
const KEY_FRAME_MS = 2_000;

/** Chromium knows these before the type library does. */
interface KeyFrameOptions extends MediaRecorderOptions {
  videoKeyFrameIntervalDuration: number;
}

/** Records a stream, one recording after the other. */
export class Recorder {
  readonly #stream: MediaStream;
  readonly #type: string;
  readonly #onFailed: () => void;
  #running: { recorder: MediaRecorder; ended: Promise<void> } | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** @param onFailed called when the browser gives up recording by itself */
  constructor(stream: MediaStream, type: string, onFailed: () => void) {
    this.#stream = stream;
    this.#type = type;
    this.#onFailed = onFailed;
  }

  /**
   * Begins a recording, and ends the one before, whose last bytes come first.
   * @param bitrate of the picture, bits per second
   */
  start(bitrate: number, onBytes: (bytes: ArrayBuffer) => void): void {
    const options: KeyFrameOptions = {
      mimeType: this.#type,
      videoBitsPerSecond: bitrate,
      audioBitsPerSecond: AUDIO_BITRATE,
      videoKeyFrameIntervalDuration: KEY_FRAME_MS,
    };
    const recorder = new MediaRecorder(this.#stream, options);
    let given = this.stop();
    recorder.addEventListener('dataavailable', ({ data }) => {
      const bytes = data.arrayBuffer();
      given = given.then(async () => onBytes(await bytes));
    });
    recorder.addEventListener('error', () => {
      if (this.#running?.recorder === recorder) this.#onFailed();
    });
    const ended = new Promise<void>((resolve) => {
      recorder.addEventListener('stop', () => resolve(given));
    });
    this.#running = { recorder, ended };
    recorder.start(SLICE_MS);
  }

  /** Resolves when the last bytes are given. */
  stop(): Promise<void> {
    if (this.#running) {
      const { recorder, ended } = this.#running;
      this.#running = null;
      this.#ended = ended;
      if (recorder.state !== 'inactive') recorder.stop();
    }
    return this.#ended;
  }
}
