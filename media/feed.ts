import type { Broadcast, Input } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { Fmp4Error, Fmp4Reader, type Fragment } from './fmp4.ts';
import type { InitSegment } from './init-segment.ts';
import { type Rung, reduced, SOUND } from './ladder.ts';
import type { Logger } from './logger.ts';
import { Pace } from './pace.ts';
import { PdtClock } from './pdt.ts';
import type { Source } from './source.ts';

const PACE_MS = 1_000;
/** Fragments kept of a run that has no picture yet: about ten seconds of sound. */
const MAX_EARLY = 32;

export interface FeedListeners {
  /** A run's first picture is on its way to the viewers, and it is known what the publisher sends. */
  onPicture(): void;
  onMoved(from: Broadcast, to: Broadcast): void;
  /** Another input took its place in the broadcast. */
  onReplaced(): void;
}

/** Leads a source into a broadcast, and from one broadcast into another without a break for the publisher. */
export class Feed {
  readonly source: Source;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners: FeedListeners;
  #broadcast: Broadcast;
  #next: Broadcast | null = null;
  /** The way into the broadcast; null until the run has a picture to show. */
  #input: Input | null = null;
  /** Counts the inputs so far: that one takes the place of another of its own is nobody's loss. */
  #inputs = 0;
  /** Whether what the broadcast shows, or showed last, is this. */
  #inside = false;
  /** The one before, which still gets what comes before this moment of the run from outputs that are behind. */
  #left: { input: Input; until: number } | null = null;
  #run = 0;
  #outputs = new Map<string, { reader: Fmp4Reader; init: InitSegment | null }>();
  /** What came before the run's first picture. */
  #early: { name: string; fragment: Fragment }[] = [];
  #pdt: PdtClock | null = null;
  #pace = new Pace();
  /** By how much the ladder was cut down. */
  #steps = 0;
  #watch: NodeJS.Timeout;
  #closed = false;

  constructor(
    source: Source,
    broadcast: Broadcast,
    { clock, logger, ...listeners }: FeedListeners & { clock: Clock; logger: Logger },
  ) {
    this.source = source;
    this.#broadcast = broadcast;
    this.#clock = clock;
    this.#logger = logger;
    this.#listeners = listeners;
    this.#watch = setInterval(() => this.#keepPace(), PACE_MS);
    source.onBytes((bytes, run, output) => {
      // An encoder that is let go still writes out what it holds: it must not come back on air with that.
      if (this.#closed) return;
      if (run !== this.#run) this.#beginRun(run);
      try {
        this.#take(bytes, output);
      } catch (error) {
        if (!(error instanceof Fmp4Error)) throw error;
        this.#logger.error({ err: error }, 'ffmpeg wrote unreadable fragmented MP4');
        source.close('the encoder failed');
      }
    });
  }

  get broadcast(): Broadcast {
    return this.#broadcast;
  }

  /** Whether it is what viewers see, also while another encoder is on the way. */
  get showing(): boolean {
    return this.#inside;
  }

  /** How far the newest frame is behind the wall clock, ms; null before the first. */
  get lagMs(): number | null {
    const { lastPdt } = this.#broadcast;
    return lastPdt === null ? null : Math.max(0, Math.round(this.#clock() - lastPdt));
  }

  /** Whether less is made of the picture than it would be, because the machine fell behind. */
  get reduced(): boolean {
    return this.#steps > 0;
  }

  /** What an encoder that begins now is to make of these. */
  lightened(rungs: Rung[], copied: boolean): Rung[] {
    let left = rungs;
    for (let step = 0; step < this.#steps; step += 1) left = reduced(left, copied);
    return left;
  }

  /** Goes on into `next` at the next key frame. */
  moveTo(next: Broadcast): void {
    if (next !== this.#broadcast) this.#next = next;
  }

  /** Nothing comes for now: the next picture enters the broadcast anew. */
  pause(): void {
    this.#input = null;
    this.#left = null;
    this.#early = [];
    if (!this.#inside) return;
    this.#inside = false;
    this.#inputs += 1;
    this.#broadcast.pause();
  }

  /** Nothing follows. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    this.pause();
  }

  #keepPace(): void {
    const { outputs, copied } = this;
    if (!this.#pace.isTooMuch(this.#clock(), this.lagMs, this.source.waitedMs)) return;
    // The sound, one rung that is encoded, and the publisher's own picture, which costs nothing.
    if (outputs.length <= (copied === null ? 2 : 3)) return;
    this.#steps += 1;
    const { id: broadcastId } = this.#broadcast.info;
    this.#logger.warn(
      { broadcastId, outputs, lagMs: this.lagMs },
      'the encoder is too slow: making less of the picture',
    );
    this.source.renew();
  }

  /** Names of what is being made, the sound with it. */
  get outputs(): string[] {
    return [...this.#outputs.keys()];
  }

  /** Which of them is the publisher's own picture; null where all are encoded. */
  get copied(): string | null {
    return this.#run === 0 ? null : (this.source.runs(this.#run).copied?.output ?? null);
  }

  #beginRun(run: number): void {
    const { outputs } = this.source.runs(run);
    this.#run = run;
    this.#outputs = new Map(outputs.map((output) => [output, { reader: new Fmp4Reader(), init: null }]));
    this.#early = [];
    this.#pdt = null;
    this.#left = null;
    this.#input = null;
  }

  #take(bytes: Buffer, name: string): void {
    const output = this.#outputs.get(name);
    if (!output) return;
    for (const item of output.reader.push(bytes)) {
      if (item.kind === 'fragment') this.#takeFragment(name, item);
      else {
        output.init = item;
        this.#input?.init(name, item);
      }
    }
  }

  #takeFragment(name: string, fragment: Fragment): void {
    const isKey = name !== SOUND && fragment.independent && fragment.hasVideo;
    if (!this.#input) {
      // What is shown until now stays until there is a picture to take its place.
      if (!isKey) {
        this.#early = [...this.#early.slice(1 - MAX_EARLY), { name, fragment }];
        return;
      }
      this.#enter(name);
      for (const early of this.#early.splice(0)) this.#place(early.name, early.fragment);
    } else if (this.#next && isKey) {
      this.#left = { input: this.#input, until: fragment.start };
      this.#enter(name);
    }
    this.#place(name, fragment);
  }

  #place(name: string, fragment: Fragment): void {
    const { start, duration } = fragment;
    this.#pdt ??= new PdtClock(this.source.runs(this.#run).startedAt, start);
    const clock = this.#pdt;
    const left = this.#left;
    const input = left && start + duration / 2 < left.until ? left.input : this.#input;
    input?.take(name, fragment, () => clock.segmentAt(start));
  }

  /** Into the broadcast, or the one to which it is to move, with the first picture of this output. */
  #enter(name: string): void {
    const from = this.#broadcast;
    const to = this.#next ?? from;
    this.#broadcast = to;
    this.#next = null;
    this.#inputs += 1;
    const number = this.#inputs;
    const onReplaced = () => {
      if (number !== this.#inputs) return;
      this.#inside = false;
      this.#listeners.onReplaced();
    };
    this.#input = to.begin(this.outputs, onReplaced, this.source.runs(this.#run).copied);
    this.#inside = true;
    for (const [output, { init }] of this.#outputs) if (init) this.#input.init(output, init);
    this.#noteFormat(this.#outputs.get(name)?.init ?? null);
    if (to === from) this.#listeners.onPicture();
    else this.#listeners.onMoved(from, to);
  }

  #noteFormat(init: InitSegment | null): void {
    const format = this.source.publication.source();
    const { width = null, height = null } = init ?? {};
    this.#broadcast.source = { ...format, width: format.width ?? width, height: format.height ?? height };
  }
}
