import type { Broadcast } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { Fmp4Error, Fmp4Reader, type Fragment } from './fmp4.ts';
import type { InitSegment } from './init-segment.ts';
import { type Rung, reduced, SOUND } from './ladder.ts';
import type { Logger } from './logger.ts';
import { Pace } from './pace.ts';
import { PdtClock } from './pdt.ts';
import type { Source } from './source.ts';

const PACE_MS = 1_000;

/** Leads a source into a broadcast, and from one broadcast into another without a break for the publisher. */
export class Feed {
  readonly source: Source;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onMoved: (from: Broadcast, to: Broadcast) => void;
  readonly #onFormat: () => void;
  #broadcast: Broadcast;
  #next: Broadcast | null = null;
  /** The broadcast before, which still gets what comes before this moment of the run from outputs that are behind. */
  #left: { broadcast: Broadcast; until: number } | null = null;
  #run = 0;
  /** Whether it is known what this run's picture is. */
  #formatNoted = false;
  #outputs = new Map<string, { reader: Fmp4Reader; init: InitSegment | null }>();
  #pdt: PdtClock | null = null;
  #pace = new Pace();
  /** By how much the ladder was cut down. */
  #steps = 0;
  #watch: NodeJS.Timeout;

  constructor(
    source: Source,
    broadcast: Broadcast,
    options: { clock: Clock; logger: Logger; onMoved: (from: Broadcast, to: Broadcast) => void; onFormat: () => void },
  ) {
    this.source = source;
    this.#broadcast = broadcast;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#onMoved = options.onMoved;
    this.#onFormat = options.onFormat;
    this.#watch = setInterval(() => this.#keepPace(), PACE_MS);
    source.onBytes((bytes, arrivedAt, run, output) => {
      if (run !== this.#run) this.#beginRun(run);
      try {
        this.#take(bytes, arrivedAt, output);
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
  lightened(rungs: Rung[]): Rung[] {
    let left = rungs;
    for (let step = 0; step < this.#steps; step += 1) left = reduced(left);
    return left;
  }

  /** Whether it is on its way into another broadcast. */
  get moving(): boolean {
    return this.#next !== null;
  }

  /** Goes on into `next` at the next key frame. */
  moveTo(next: Broadcast): void {
    if (next !== this.#broadcast) this.#next = next;
  }

  /** The source has ended. */
  close(): void {
    clearInterval(this.#watch);
  }

  #keepPace(): void {
    const { outputs } = this;
    if (!this.#pace.isTooMuch(this.#clock(), this.lagMs, this.source.waitedMs) || outputs.length <= 2) return;
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

  #beginRun(run: number): void {
    const { outputs } = this.source.runs(run);
    this.#run = run;
    this.#formatNoted = false;
    this.#outputs = new Map(outputs.map((output) => [output, { reader: new Fmp4Reader(), init: null }]));
    this.#pdt = null;
    this.#left = null;
    if (this.#next) this.#move(this.#next);
    else this.#broadcast.begin(outputs);
  }

  #take(bytes: Buffer, arrivedAt: number, name: string): void {
    const output = this.#outputs.get(name);
    if (!output) return;
    for (const item of output.reader.push(bytes)) {
      if (item.kind === 'fragment') this.#takeFragment(name, item, arrivedAt);
      else {
        output.init = item;
        this.#broadcast.init(name, item);
        if (name !== SOUND && !this.#formatNoted) this.#noteFormat(item);
      }
    }
  }

  #noteFormat(init: InitSegment): void {
    this.#formatNoted = true;
    const format = this.source.publication.source();
    this.#broadcast.source = { ...format, width: format.width ?? init.width, height: format.height ?? init.height };
    this.#onFormat();
  }

  #takeFragment(name: string, fragment: Fragment, arrivedAt: number): void {
    const { start, duration } = fragment;
    const clock = this.#pdt ?? this.#anchor(fragment, arrivedAt);
    if (this.#next && name !== SOUND && fragment.independent && fragment.hasVideo) {
      this.#left = { broadcast: this.#broadcast, until: start };
      this.#move(this.#next);
    }
    const left = this.#left;
    const broadcast = left && start + duration / 2 < left.until ? left.broadcast : this.#broadcast;
    broadcast.take(name, fragment, () => clock.segmentAt(start));
    if (name === this.source.runs(this.#run).outputs[0]) clock.observe(start + duration, arrivedAt);
  }

  #anchor(fragment: Fragment, arrivedAt: number): PdtClock {
    const { startedAt } = this.source.runs(this.#run);
    this.#pdt = new PdtClock(startedAt, fragment.start, fragment.start + fragment.duration, arrivedAt);
    return this.#pdt;
  }

  #move(next: Broadcast): void {
    const from = this.#broadcast;
    this.#broadcast = next;
    this.#next = null;
    next.source = from.source;
    next.begin([...this.#outputs.keys()]);
    for (const [name, { init }] of this.#outputs) if (init) next.init(name, init);
    this.#onMoved(from, next);
  }
}
