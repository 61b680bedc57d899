import { stop } from './devices.ts';

export interface Size {
  width: number;
  height: number;
}

export const FRAMES_PER_SECOND = 30;

/** Of what a microphone says, dBFS, when it says nothing. */
const FLOOR_DB = -100;

/**
 * One picture and one sound, made of whatever devices there are at the moment: a recorder can't change its tracks. A
 * picture that is missing is a card with words, sound that is missing is silence; a shared screen that does not move is
 * drawn as often as one that does, since a player stalls without pictures.
 */
export class Mix {
  /** For a recorder, and for the preview. */
  readonly stream: MediaStream;
  readonly #canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  readonly #video = document.createElement('video');
  readonly #drawn: Pick<CanvasCaptureMediaStreamTrack, 'requestFrame'>;
  readonly #ticker: Worker;
  readonly #audio = new AudioContext();
  readonly #out: MediaStreamAudioDestinationNode;
  readonly #voice: GainNode;
  readonly #meter: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;
  #picture: MediaStream | null = null;
  #sources = new Map<MediaStream, MediaStreamAudioSourceNode>();
  #microphone: MediaStream | null = null;
  #screenSound: MediaStream | null = null;
  #words = '';

  /** @param onTick called with every picture, also while the page is hidden */
  constructor(size: Size, onTick: () => void) {
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('no canvas');
    this.#context = context;
    this.#video.muted = true;
    this.#video.playsInline = true;
    const picture = this.#canvas.captureStream(0);
    const track = picture.getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
    // Firefox has it on the stream.
    this.#drawn = 'requestFrame' in track ? track : (picture as unknown as CanvasCaptureMediaStreamTrack);

    this.#out = this.#audio.createMediaStreamDestination();
    this.#voice = this.#audio.createGain();
    this.#meter = this.#audio.createAnalyser();
    this.#meter.fftSize = 2_048;
    this.#samples = new Float32Array(this.#meter.fftSize);
    this.#voice.connect(this.#meter);
    this.#voice.connect(this.#out);
    // Something that sounds, though it is not heard: without it a destination without sources may send nothing.
    const silence = this.#audio.createConstantSource();
    silence.offset.value = 0;
    silence.connect(this.#out);
    silence.start();
    // Phones suspend it for a call.
    this.#audio.addEventListener('statechange', () => this.wake());
    this.wake();

    this.stream = new MediaStream([track, ...this.#out.stream.getAudioTracks()]);
    this.#ticker = new Worker(new URL('./ticker.ts', import.meta.url), { type: 'module' });
    this.#ticker.addEventListener('message', () => {
      this.#draw();
      onTick();
    });
    this.#ticker.postMessage(FRAMES_PER_SECOND);
  }

  /** Browsers let sound begin only once the person has pressed something. */
  wake(): void {
    if (this.#audio.state !== 'running' && this.#audio.state !== 'closed')
      void this.#audio.resume().catch(() => undefined);
  }

  get size(): Size {
    return { width: this.#canvas.width, height: this.#canvas.height };
  }

  /** Recorders that run must begin anew. */
  resize({ width, height }: Size): void {
    this.#canvas.width = width;
    this.#canvas.height = height;
  }

  /** Takes over the stream, and stops the one before. Null shows the words. */
  setPicture(stream: MediaStream | null): void {
    stop(this.#picture);
    this.#picture = stream;
    this.#video.srcObject = stream;
    if (stream) void this.#video.play().catch(() => undefined);
  }

  /** What stands on the card while there is no picture. */
  setWords(words: string): void {
    this.#words = words;
  }

  setMicrophone(stream: MediaStream | null): void {
    this.#disconnect(this.#microphone);
    this.#microphone = stream;
    this.#connect(stream, this.#voice);
  }

  /** Sound of a shared screen. It is not in the meter, which is for the voice. */
  setScreenSound(stream: MediaStream | null): void {
    this.#disconnect(this.#screenSound);
    this.#screenSound = stream;
    this.#connect(stream, this.#out);
  }

  setMuted(muted: boolean): void {
    this.#voice.gain.value = muted ? 0 : 1;
  }

  /** Peak of the voice over the last twentieth of a second, dBFS; -100 for silence. */
  level(): number {
    this.#meter.getFloatTimeDomainData(this.#samples);
    const peak = this.#samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    return peak === 0 ? FLOOR_DB : Math.max(FLOOR_DB, 20 * Math.log10(peak));
  }

  close(): void {
    this.#ticker.terminate();
    this.setPicture(null);
    this.setMicrophone(null);
    this.setScreenSound(null);
    stop(this.stream);
    void this.#audio.close();
  }

  #connect(stream: MediaStream | null, to: AudioNode): void {
    if (!stream || stream.getAudioTracks().length === 0) return;
    const source = this.#audio.createMediaStreamSource(stream);
    source.connect(to);
    this.#sources.set(stream, source);
  }

  #disconnect(stream: MediaStream | null): void {
    if (!stream) return;
    this.#sources.get(stream)?.disconnect();
    this.#sources.delete(stream);
    stop(stream);
  }

  #draw(): void {
    const { width, height } = this.#canvas;
    const { videoWidth, videoHeight } = this.#video;
    this.#context.fillStyle = '#0e151b';
    if (this.#picture && videoWidth > 0) {
      const scale = Math.min(width / videoWidth, height / videoHeight);
      const [across, down] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
      if (across < width || down < height) this.#context.fillRect(0, 0, width, height);
      this.#context.drawImage(this.#video, (width - across) >> 1, (height - down) >> 1, across, down);
    } else {
      this.#context.fillRect(0, 0, width, height);
      this.#context.fillStyle = '#e6edf3';
      this.#context.font = `${Math.round(height / 18)}px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
      this.#context.textAlign = 'center';
      this.#context.textBaseline = 'middle';
      this.#context.fillText(this.#words, width / 2, height / 2, width * 0.9);
    }
    this.#drawn.requestFrame();
  }
}
