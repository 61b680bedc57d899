import type { Levels } from '#contract/media.ts';
import { Backpressure } from './backpressure.ts';
import type { Clock } from './clock.ts';
import { type Encoder, type Ffmpeg, ladderArguments, outputsOf, startEncoder } from './ffmpeg.ts';
import { type Rung, SOUND } from './ladder.ts';
import type { Logger } from './logger.ts';
import { Meter } from './meter.ts';
import type { Publication } from './publication.ts';
import { PublisherTimes } from './publisher-times.ts';
import type { SoundFiller } from './sound.ts';
import type { Tag } from './tag.ts';
import type { Followed } from './timeline.ts';

/** A publication, encoded. */
export interface Source {
  /** Bytes of fragmented MP4. `run` counts encoder starts from 1: each output of it begins with a new init segment. */
  onBytes(listener: BytesListener): void;
  /** Called once, when the publisher has gone and the last byte is out. */
  onEnd(listener: (reason: string) => void): void;
  /** Called when a publisher that is still connected sends no picture any more and the last one is out. */
  onSilence(listener: () => void): void;
  /** Stops encoding for good. The publisher stays connected, and whoever wants its tags must listen again. */
  release(): void;
  /** Disconnects the publisher. */
  close(reason: string): void;
  /** Another encoder takes over at the next key frame, with what `rungs` says then. */
  renew(): void;
  /** For how long encoders have let the publisher wait so far, ms. */
  readonly waitedMs: number;
  /** How it sounds and looks; null while nothing is encoded, or where ffmpeg cannot tell. */
  readonly levels: Levels | null;
  /** What an encoder run writes, pictures from the top down and then the sound. */
  runs(run: number): EncoderRun;
  readonly publication: Publication;
  /** Of the running ffmpeg. */
  readonly encoderPid: number | undefined;
}

type BytesListener = (bytes: Buffer, run: number, output: string) => void;

export interface EncoderRun {
  outputs: string[];
  /** The publisher's own picture among the outputs; null where all are encoded. */
  copied: Copied | null;
  /** When its first frame was taken, epoch ms, as far as that is known by now. */
  startedAt: () => number;
}

/** A picture that goes to viewers as it came. */
export interface Copied extends Followed {
  output: string;
  /** Bits per second of the heaviest segment, or as many as there may be. */
  readonly peakBitrate: number;
}

export interface SourceOptions {
  ffmpeg: Ffmpeg;
  /** What to make of a picture of this height (null while unknown), asked for each encoder run; at least one rung. */
  rungs: (height: number | null) => Rung[];
  /** What of it is left on a machine that is too slow for all; where the first is copied that costs nothing. */
  lightened?: (rungs: Rung[], copied: boolean) => Rung[];
  /** Whether a picture may go to viewers as it is where it can. */
  copies?: boolean;
  logger: Logger;
  clock: Clock;
  /** An encoder that takes nothing for so long is replaced; 10 s. */
  stallMs?: number;
  /** A publisher that begins without a picture is disconnected after this; 20 s. */
  pictureMs?: number;
}

/** A picture that stands still for so long is lost, whatever its connection says. */
const SILENCE_MS = 2_000;

/** Sound that was announced may come this much after the first key frame, stream ms; then the picture goes on without. */
const AUDIO_PATIENCE_MS = 500;
/** More restarts than this within a minute, and the publication is ended. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
const STALL_MS = 10_000;
const PICTURE_MS = 20_000;

/**
 * Feeds a publication to ffmpeg, one run after the other, each from headers and a key frame. A new run begins when ffmpeg
 * died, when the publisher changed its configuration (sound that came late, another size), or when its clock jumped. One
 * that needs too many of them is ended.
 */
export function createSource(publication: Publication, options: SourceOptions): Source {
  const source = new EncodedSource(publication, options);
  publication.onTag((tag) => source.take(tag));
  publication.onEnd((reason) => void source.finish(reason));
  return source;
}

interface Run {
  encoder: Encoder;
  headers: Buffer;
  sound: SoundFiller;
  /** The rung that is the publisher's own picture, and all that came since its last key frame. */
  copied: { rung: Rung; sinceKey: Tag[] } | null;
}

class EncodedSource implements Source {
  readonly publication: Publication;
  readonly #ffmpeg: Ffmpeg;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #rungs: (height: number | null) => Rung[];
  readonly #lightened: (rungs: Rung[], copied: boolean) => Rung[];
  readonly #copies: boolean;
  #run: Run | null = null;
  /** While the last run writes out what it holds. */
  #draining: Promise<unknown> | null = null;
  /** Tags since a key frame that no run has had yet. */
  #held: Tag[] = [];
  /** What is held before this was shown already, ms; null where the run begins with what is held. */
  #goesOnAt: number | null = null;
  /** From the first, which has number 1. */
  #runs: EncoderRun[] = [];
  readonly #times = new PublisherTimes();
  #restarts: number[] = [];
  readonly #backpressure: Backpressure;
  #renewing = false;
  #meter: Meter | null = null;
  #noPicture: NodeJS.Timeout;
  #silence: NodeJS.Timeout | undefined;
  #ended = false;
  #bytesListener: BytesListener = () => undefined;
  #silenceListener: () => void = () => undefined;
  #endListener: (reason: string) => void = () => undefined;

  constructor(publication: Publication, options: SourceOptions) {
    const { ffmpeg, rungs, logger, clock, stallMs = STALL_MS, pictureMs = PICTURE_MS } = options;
    this.publication = publication;
    this.#ffmpeg = ffmpeg;
    this.#rungs = rungs;
    this.#lightened = options.lightened ?? ((all) => all);
    this.#copies = (options.copies ?? false) && ffmpeg.follows;
    this.#logger = logger;
    this.#clock = clock;
    this.#backpressure = new Backpressure(clock, stallMs);
    this.#noPicture = setTimeout(() => publication.close('no picture'), pictureMs);
  }

  get encoderPid(): number | undefined {
    return this.#run?.encoder.pid;
  }

  onBytes(listener: BytesListener): void {
    this.#bytesListener = listener;
  }

  onEnd(listener: (reason: string) => void): void {
    this.#endListener = listener;
  }

  onSilence(listener: () => void): void {
    this.#silenceListener = listener;
  }

  close(reason: string): void {
    this.publication.close(reason);
  }

  release(): void {
    if (this.#ended) return;
    void this.#stop();
    this.publication.resume();
  }

  renew(): void {
    this.#renewing = true;
  }

  get levels(): Levels | null {
    return this.#meter?.levels ?? null;
  }

  get waitedMs(): number {
    return this.#backpressure.waitedMs;
  }

  runs(run: number): EncoderRun {
    const known = this.#runs[run - 1];
    if (!known) throw new Error(`no encoder run ${run}`);
    return known;
  }

  take(tag: Tag): void {
    // Configuration goes into a run with its headers.
    if (this.#ended || tag.kind === 'config') return;
    const run = this.#run;
    if (tag.kind === 'audio' && this.#times.isApart(tag.timestamp)) return;
    const jumped = tag.kind !== 'audio' && this.#seePicture(tag);
    if (this.#times.settling) return;
    if (run && (jumped || (tag.kind === 'key' && (this.#renewing || this.#isOutdated(run))))) {
      this.#logger.info({ run: this.#runs.length }, 'the stream changed; another encoder goes on with it');
      void this.#drain(run);
      this.#countRestart();
    } else if (run?.copied && tag.kind !== 'audio') this.#checkCopied(run, run.copied, tag);
    if (this.#run) this.#feed(this.#run, tag);
    else this.#hold(tag);
  }

  /** @returns whether the publisher's clock has jumped since the last one */
  #seePicture({ timestamp }: Tag): boolean {
    this.#silence?.refresh();
    const jumped = this.#times.picture(timestamp, this.#clock(), this.waitedMs);
    if (jumped) {
      // No run begins before a jump and goes on after it.
      this.#held = [];
      this.#goesOnAt = null;
    }
    return jumped;
  }

  async finish(reason: string): Promise<void> {
    if (this.#ended) return;
    await this.#stop();
    this.#endListener(reason);
  }

  async #stop(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#noPicture);
    clearTimeout(this.#silence);
    this.#backpressure.end();
    await (this.#run ? this.#run.encoder.stop() : this.#draining);
    this.#run = null;
  }

  #watchForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => void this.#fallSilent(), SILENCE_MS);
  }

  async #fallSilent(): Promise<void> {
    const run = this.#run;
    if (!run) {
      // Its next key frame is waited for, or a steady line.
      if (!this.#draining) this.#times.fallSilent();
      return;
    }
    // A publisher that is not read from cannot be blamed.
    if (this.#backpressure.waiting) {
      this.#watchForSilence();
      return;
    }
    this.#logger.info({ run: this.#runs.length }, 'no picture from the publisher');
    this.#times.fallSilent();
    await this.#drain(run);
    if (!this.#ended && !this.#run) this.#silenceListener();
  }

  #isOutdated(run: Run): boolean {
    return !this.publication.headers().equals(run.headers);
  }

  /** Encodes instead, from this frame on: no later one may be needed to know that a part or a segment would become too long. */
  #checkCopied(run: Run, { rung, sinceKey }: NonNullable<Run['copied']>, tag: Tag): void {
    const reason = this.publication.copyCheck?.objection(rung) ?? null;
    if (reason === null) {
      if (tag.kind === 'key') sinceKey.length = 0;
      return;
    }
    this.#logger.info({ run: this.#runs.length, reason }, 'the picture cannot be copied any more; it is encoded');
    const goesOnAt = this.#endOfPicture(sinceKey, tag);
    if (tag.kind !== 'key' || goesOnAt < tag.timestamp) {
      // Decoding begins at a key frame, and sound went on where frames are missing.
      this.#held = [...sinceKey];
      this.#goesOnAt = goesOnAt;
    }
    void this.#drain(run);
    this.#countRestart();
  }

  /** Where the picture before `next` ends, ms: that begins there, unless frames are missing between. */
  #endOfPicture(before: Tag[], next: Tag): number {
    const last = before.findLast(({ kind }) => kind !== 'audio');
    const rate = this.publication.copyCheck?.framesPerSecond;
    if (!last || !rate) return next.timestamp;
    const frame = 1_000 / rate;
    const end = last.timestamp + frame;
    return next.timestamp > end + frame / 2 ? Math.round(end) : next.timestamp;
  }

  #hold(tag: Tag): void {
    if (tag.kind === 'key' && this.#goesOnAt === null) {
      // Of two key frames the later one is as good a beginning, unless nothing but sound is waited for.
      if (this.#held.length === 0 || this.#draining) this.#held = [];
    } else if (this.#held.length === 0) return;
    this.#held.push(tag);
    this.#startWhenReady();
  }

  #startWhenReady(): void {
    const first = this.#held[0];
    const last = this.#held.at(-1);
    if (this.#run || this.#draining || this.#ended || !first || !last || !this.publication.ready) return;
    const waited = last.timestamp - first.timestamp;
    if (this.publication.awaitsAudio && waited >= 0 && waited < AUDIO_PATIENCE_MS) return;
    const run = this.#start();
    this.#watchForSilence();
    for (const tag of this.#held.splice(0)) this.#feed(run, tag);
  }

  #start(): Run {
    this.#renewing = false;
    const { publication } = this;
    const { height, framesPerSecond } = publication.source();
    const all = this.#rungs(height ?? publication.copyCheck?.height ?? null);
    const copied = this.#goesOnAt === null ? this.#copied(all) : null;
    const rungs = this.#lightened(all, copied !== null);
    const outputs = outputsOf(rungs);
    const first = this.#goesOnAt ?? this.#held[0]?.timestamp ?? 0;
    const { clock: publisherClock } = this.#times;
    const begunAt = this.#clock();
    this.#runs.push({ outputs, copied, startedAt: () => publisherClock.wallTimeOf(first) ?? begunAt });
    const number = this.#runs.length;
    const { path, meters: metered } = this.#ffmpeg;
    const args = ladderArguments({
      container: publication.container,
      rungs,
      framesPerSecond: (copied && publication.copyCheck?.framesPerSecond) ?? framesPerSecond,
      copied: copied !== null,
      skipMs: this.#goesOnAt === null ? 0 : Math.max(0, this.#goesOnAt - earliest(this.#held)),
      metered,
    });
    this.#goesOnAt = null;
    const encoder = startEncoder(path, args, outputs.length + (metered ? 1 : 0), this.#logger);
    const meter = new Meter(this.#clock);
    this.#meter = metered ? meter : null;
    const { headers, sound, soundRefused } = publication.begin();
    if (soundRefused) this.#logger.warn({ run: number }, 'the publisher’s sound cannot be decoded; silence instead');
    const [top] = all;
    const run = {
      encoder,
      headers: publication.headers(),
      sound,
      copied: copied && top ? { rung: top, sinceKey: [] } : null,
    };
    encoder.outputs.forEach((output, at) => {
      const name = outputs[at];
      if (name) output.on('data', (bytes: Buffer) => this.#written(bytes, number, name));
      else output.setEncoding('latin1').on('data', (text: string) => meter.push(text));
    });
    encoder.stdin.on('drain', () => {
      if (this.#run === run) this.#readOn();
    });
    void encoder.exited.then(({ code, signal }) => {
      if (this.#run !== run || this.#ended) return;
      this.#logger.warn({ code, signal, run: number }, 'ffmpeg died; another takes over at the next key frame');
      this.#run = null;
      this.#readOn();
      this.#countRestart();
    });
    this.#run = run;
    encoder.stdin.write(headers);
    return run;
  }

  /** The publisher's own picture, where it can be the top of these rungs. */
  #copied([top]: Rung[]): Copied | null {
    const check = this.publication.copyCheck;
    if (!this.#copies || !check || !top) return null;
    const reason = check.objection(top);
    this.#logger.info({ reason }, reason === null ? 'the picture is copied' : 'the picture is encoded');
    if (reason !== null) return null;
    return {
      output: top.name,
      get cadence() {
        return check.cadence;
      },
      get peakBitrate() {
        return check.peakOf(top);
      },
      refuse: (why) => check.refuse(why),
    };
  }

  #written(bytes: Buffer, run: number, output: string): void {
    // Not before: what is announced as a picture may be one that nobody can decode.
    if (output !== SOUND) clearTimeout(this.#noPicture);
    this.#bytesListener(bytes, run, output);
  }

  #feed(run: Run, tag: Tag): void {
    run.copied?.sinceKey.push(tag);
    const { stdin } = run.encoder;
    if (stdin.destroyed) return;
    let taken = true;
    for (const { bytes } of run.sound.take(tag)) taken = stdin.write(bytes);
    if (taken || this.#backpressure.waiting) return;
    this.publication.pause();
    this.#backpressure.begin(() => {
      this.#logger.warn({ run: this.#runs.length }, 'ffmpeg takes nothing any more');
      run.encoder.kill();
    });
  }

  #readOn(): void {
    this.#backpressure.end();
    this.publication.resume();
  }

  /** Lets a run write out what it holds before the next begins, so that their bytes don't mix. */
  async #drain(run: Run): Promise<void> {
    this.#run = null;
    this.#backpressure.end();
    this.publication.pause();
    this.#draining = run.encoder.stop();
    await this.#draining;
    this.#draining = null;
    if (this.#ended) return;
    this.publication.resume();
    this.#startWhenReady();
  }

  #countRestart(): void {
    const now = this.#clock();
    this.#restarts = [...this.#restarts.filter((at) => at > now - RESTART_WINDOW_MS), now];
    if (this.#restarts.length > MAX_RESTARTS) this.publication.close('the encoder keeps failing');
  }
}

/** Where ffmpeg's clock begins, ms. */
function earliest(tags: Tag[]): number {
  return Math.min(...tags.map(({ timestamp }) => timestamp));
}
