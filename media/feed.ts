import type { Broadcast } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { Fmp4Error, Fmp4Reader, type Fragment } from './fmp4.ts';
import type { InitSegment } from './init-segment.ts';
import type { Logger } from './logger.ts';
import { PdtClock } from './pdt.ts';
import type { Source } from './source.ts';

/** Leads a source into a broadcast, and from one broadcast into another without a break for the publisher. */
export class Feed {
  readonly source: Source;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onMoved: (from: Broadcast, to: Broadcast) => void;
  #broadcast: Broadcast;
  #next: Broadcast | null = null;
  #run = 0;
  #reader = new Fmp4Reader();
  #init: InitSegment | null = null;
  #pdt: PdtClock | null = null;
  #newestEnd: number | null = null;

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
    source.onFragmentBytes((bytes, arrivedAt, run) => {
      try {
        if (run !== this.#run) this.#beginRun(run);
        for (const item of this.#reader.push(bytes)) {
          if (item.kind === 'init') this.#takeInit(item, options.onFormat);
          else this.#takeFragment(item, arrivedAt, run);
        }
      } catch (error) {
        if (!(error instanceof Fmp4Error)) throw error;
        this.#logger.error({ err: error }, 'the encoder wrote what is no fragmented MP4');
        source.close('the encoder failed');
      }
    });
  }

  get broadcast(): Broadcast {
    return this.#broadcast;
  }

  /** How far the newest frame is behind the wall clock, ms; null before the first. */
  get lagMs(): number | null {
    return this.#newestEnd === null ? null : Math.max(0, Math.round(this.#clock() - this.#newestEnd));
  }

  /** Whether it is on its way into another broadcast. */
  get moving(): boolean {
    return this.#next !== null;
  }

  /** Goes on into `next` at the next key frame. */
  moveTo(next: Broadcast): void {
    if (next !== this.#broadcast) this.#next = next;
  }

  #beginRun(run: number): void {
    this.#run = run;
    this.#reader = new Fmp4Reader();
    this.#init = null;
    this.#pdt = null;
  }

  #takeInit(init: InitSegment, onFormat: () => void): void {
    this.#init = init;
    const format = this.source.publication.source();
    this.#broadcast.source = { ...format, width: format.width ?? init.width, height: format.height ?? init.height };
    this.#broadcast.begin(init);
    onFormat();
  }

  #takeFragment(fragment: Fragment, arrivedAt: number, run: number): void {
    const end = fragment.start + fragment.duration;
    const clock = this.#pdt ?? new PdtClock(this.source.runStartedAt(run), fragment.start, end, arrivedAt);
    this.#pdt = clock;
    if (this.#next && this.#init && fragment.independent && fragment.hasVideo) {
      const from = this.#broadcast;
      this.#broadcast = this.#next;
      this.#next = null;
      this.#broadcast.source = from.source;
      this.#broadcast.begin(this.#init);
      this.#onMoved(from, this.#broadcast);
    }
    this.#broadcast.take(fragment, () => clock.segmentAt(fragment.start));
    clock.observe(end, arrivedAt);
    this.#newestEnd = this.#broadcast.lastPdt ?? this.#newestEnd;
  }
}
