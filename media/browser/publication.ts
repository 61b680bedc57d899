import type { SourceFormat } from '#contract/media.ts';
import type { Clock } from '../clock.ts';
import { MatroskaReader, type Track } from '../matroska/reader.ts';
import { AUDIO_TRACK, type AudioFormat, matroskaFrame, matroskaHeaders, VIDEO_TRACK } from '../matroska/writer.ts';
import { Publication, type PublicationOptions, type RunInput } from '../publication.ts';
import { SoundFiller } from '../sound.ts';
import { OpusSound, opusDuration, SILENCE } from './opus.ts';

/** The page sends what is not taken here; it must be told in words. */
export class UnsupportedFormat extends Error {}

const VIDEO_CODECS = new Map([
  ['V_MPEG4/ISO/AVC', 'h264'],
  ['V_VP8', 'vp8'],
  ['V_VP9', 'vp9'],
]);
const OPUS = 'A_OPUS';

/** 4096 x 2304, as ffmpeg is allowed to decode. */
const MAX_PIXELS = 9_437_184;

/**
 * What a browser's MediaRecorder sends: WebM with H.264, VP8 or VP9 and Opus, one recording after the other. They are
 * handed on as one stream without end, each frame in a cluster of its own.
 */
export class BrowserPublication extends Publication {
  readonly via = 'browser';
  readonly container = 'matroska';

  readonly #clock: Clock;
  readonly #framesPerSecond: number;
  readonly #reader = new MatroskaReader();
  #video: (Track & { width: number; height: number }) | null = null;
  #audio: Track | null = null;
  /** From this recording's clock to that of the publication, ms; null until its first frame. */
  #offset: number | null = null;
  /** Where the publication's clock stands, and when that was. */
  #last: { timestamp: number; at: number } | null = null;

  constructor(options: PublicationOptions & { framesPerSecond: number }) {
    super(options);
    this.#clock = options.clock;
    this.#framesPerSecond = options.framesPerSecond;
  }

  /**
   * For the connection: the recorder's bytes, cut anywhere.
   * @throws MatroskaError, UnsupportedFormat
   */
  take(bytes: Buffer): void {
    for (const item of this.#reader.push(bytes)) {
      if (item.kind === 'tracks') this.#beginRecording(item.tracks);
      else this.#takeFrame(item.track, item.timestamp, item.key, item.bytes);
    }
  }

  headers(): Buffer {
    return this.#headers(this.#audio ? formatOf(this.#audio) : null);
  }

  begin(): RunInput {
    const sound = new SoundFiller(new OpusSound(this.#audio !== null));
    return { headers: this.#headers(this.#audio ? formatOf(this.#audio) : SILENCE), sound, soundRefused: false };
  }

  get ready(): boolean {
    return this.#video !== null;
  }

  /** A recorder says what there is before the first frame. */
  get awaitsAudio(): boolean {
    return false;
  }

  source(): SourceFormat {
    return {
      videoCodec: (this.#video && VIDEO_CODECS.get(this.#video.codec)) ?? null,
      audioCodec: this.#audio ? 'opus' : null,
      width: this.#video?.width ?? null,
      height: this.#video?.height ?? null,
      framesPerSecond: this.#framesPerSecond,
    };
  }

  #headers(audio: AudioFormat | null): Buffer {
    return this.#video ? matroskaHeaders(this.#video, audio) : Buffer.alloc(0);
  }

  #beginRecording(tracks: Track[]): void {
    const video = tracks.find(({ kind }) => kind === 'video');
    const audio = tracks.find(({ kind }) => kind === 'audio') ?? null;
    if (!video || !VIDEO_CODECS.has(video.codec) || video.encoded)
      throw new UnsupportedFormat(video ? `video ${video.codec}` : 'no video');
    if (audio && (audio.codec !== OPUS || audio.encoded)) throw new UnsupportedFormat(`audio ${audio.codec}`);
    const { width, height } = video;
    if (!width || !height || width * height > MAX_PIXELS) throw new UnsupportedFormat(`${width}×${height}`);
    this.#video = { ...video, width, height };
    this.#audio = audio;
    this.#offset = null;
  }

  #takeFrame(track: number, recorded: number, key: boolean, frame: Buffer): void {
    const now = this.#clock();
    this.#offset ??= this.#last
      ? Math.round(this.#last.timestamp + Math.max(0, now - this.#last.at)) - recorded
      : -recorded;
    const timestamp = Math.max(0, recorded + this.#offset);
    if (track === this.#video?.number) {
      const bytes = matroskaFrame(VIDEO_TRACK, timestamp, key, frame);
      this.give({ bytes, kind: key ? 'key' : 'inter', timestamp }, frame.length);
    } else if (track === this.#audio?.number) {
      const duration = opusDuration(frame);
      if (duration === null) return;
      const bytes = matroskaFrame(AUDIO_TRACK, timestamp, true, frame);
      this.give({ bytes, kind: 'audio', timestamp, duration }, frame.length);
    } else return;
    this.#last = { timestamp: Math.max(timestamp, this.#last?.timestamp ?? 0), at: now };
  }
}

/** What a recorder leaves out is as for silence. */
function formatOf({ codecPrivate, sampleRate, channels }: Track): AudioFormat {
  return {
    codec: OPUS,
    codecPrivate: codecPrivate ?? SILENCE.codecPrivate,
    sampleRate: sampleRate ?? SILENCE.sampleRate,
    channels: channels ?? SILENCE.channels,
  };
}
