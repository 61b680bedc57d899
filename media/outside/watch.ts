import type { z } from 'zod';
import type { BroadcastStatus, MediaEvent, SourceFormat, WatchRequest } from '#contract/media.ts';
import type { OutsideProblem, OutsideStatus } from '#contract/outside.ts';
import type { Clock } from '../clock.ts';
import type { DistributiveOmit, Hooks } from '../hooks.ts';
import type { Logger } from '../logger.ts';
import { offsetFor } from './clock.ts';
import { OutsideError } from './fetch.ts';
import { lookAgain, lookAt, refusalsOf, type Sight, variantsShown } from './look.ts';

export interface WatchOptions {
  hooks: Pick<Hooks, 'report'>;
  clock: Clock;
  logger: Logger;
}

const LOOK_AT_LEAST_MS = 500;
const LOOK_AT_MOST_MS = 3_000;
/** A stream is lost when nothing was added to it for so many of its longest segments, when its viewers' buffers run out. */
const LOST_SEGMENTS = 3;
const LOST_AT_LEAST_MS = 6_000;

/**
 * Looks after one outside stream for as long as its broadcast goes on, and reports on it as on a publisher: connected and started once
 * something was added to it before our eyes (what is left of a stream that has ended looks alive), lost when nothing is any more.
 */
export class OutsideWatch {
  readonly request: z.infer<typeof WatchRequest>;
  readonly #options: WatchOptions;
  readonly #stop = new AbortController();
  #state: OutsideStatus['state'] = 'waiting';
  #sight: Sight | null = null;
  #problem: OutsideProblem | null = null;
  #end: string | null = null;
  #movedAt: number;
  #started: boolean;
  #offset: number | null = null;
  /** What was reported of the clock and the places. */
  #seen = '';
  /** Of its end on the session axis, epoch ms. */
  #firstPdt: number | null = null;
  #lastPdt: number | null = null;
  #lagMs: number | null = null;
  /** Set while the address must be read from its top. */
  #lost = true;

  constructor(request: z.infer<typeof WatchRequest>, options: WatchOptions) {
    this.request = request;
    this.#options = options;
    this.#started = request.started;
    this.#movedAt = options.clock();
    void this.#run();
  }

  status(): BroadcastStatus {
    const { broadcast } = this.request;
    const variants = variantsShown(this.#sight?.variants ?? []);
    return {
      broadcastId: broadcast.id,
      sessionId: broadcast.sessionId,
      kind: broadcast.kind,
      publishing: this.#state === 'on',
      source: this.#sight && this.#source(this.#sight),
      bitrate: this.#sight?.variants[0]?.bitrate ?? 0,
      keyFrameIntervalMs: null,
      lagMs: this.#lagMs,
      lastPdt: this.#lastPdt,
      levels: null,
      readers: 0,
      reduced: false,
      publishers: [],
      rungs: [],
      recording: 'none',
      outside: {
        state: this.#state,
        problem: this.#problem,
        variants,
        segmentMs: this.#sight?.playlist.segmentMs ?? null,
        offsetMs: this.#offset,
      },
    };
  }

  /** The class is over. */
  end(): void {
    if (this.#stop.signal.aborted) return;
    this.stop();
    const durationMs = this.#firstPdt === null || this.#lastPdt === null ? 0 : this.#lastPdt - this.#firstPdt;
    this.#report({ type: 'broadcast-ended', lastPdt: this.#lastPdt, durationMs, bytes: 0, path: null });
  }

  /** Looks no more, and says nothing of it. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look(signal);
      if (signal.aborted) return;
      this.#judge();
      await pause(this.#interval, signal);
    }
  }

  get #interval(): number {
    const half = (this.#sight?.playlist.segmentMs ?? LOOK_AT_MOST_MS) / 2;
    return Math.max(LOOK_AT_LEAST_MS, Math.min(LOOK_AT_MOST_MS, half));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { url, origin } = this.request;
    try {
      const before = this.#lost ? null : this.#sight;
      const sight = before ? await lookAgain(before, origin, signal) : await lookAt(url, origin, signal);
      if (signal.aborted) return;
      this.#sight = sight;
      this.#lost = false;
      this.#problem = refusalsOf(url, sight, origin)[0] ?? null;
      const { end } = sight.playlist;
      if (this.#end !== null && end !== this.#end) this.#moved(sight);
      this.#end = end;
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      // It may have moved to another place: the next look begins at the top.
      this.#lost = true;
      this.#problem = error.problem;
    }
  }

  #moved(sight: Sight): void {
    const { broadcast } = this.request;
    const now = this.#options.clock();
    const { endDate, newestMs } = sight.playlist;
    this.#movedAt = now;
    this.#offset = offsetFor(endDate, now, this.#offset);
    const endAt = Math.round(endDate === null ? now : endDate + (this.#offset ?? 0));
    this.#lastPdt = Math.max(endAt, this.#lastPdt ?? endAt);
    this.#lagMs = this.#offset === 0 && endDate !== null ? now - endDate : null;
    const firstPdt = Math.round(endAt - newestMs);
    this.#firstPdt ??= firstPdt;

    const seen = JSON.stringify([this.#offset, sight.origins]);
    if (seen !== this.#seen) this.#report({ type: 'outside-seen', offsetMs: this.#offset, origins: sight.origins });
    this.#seen = seen;
    if (this.#state !== 'on') {
      this.#state = 'on';
      this.#options.logger.info({ broadcastId: broadcast.id, offsetMs: this.#offset }, 'an outside stream is on');
      this.#report({ type: 'publisher-connected', source: this.#source(sight) });
    }
    if (!this.#started) this.#report({ type: 'broadcast-started', firstPdt });
    this.#started = true;
  }

  #judge(): void {
    const still = this.#options.clock() - this.#movedAt;
    const patience = Math.max(LOST_AT_LEAST_MS, LOST_SEGMENTS * (this.#sight?.playlist.segmentMs ?? 0));
    if (still <= patience) return;
    this.#problem ??= { code: 'stands-still' };
    // Whoever watched it before us may have left it on.
    if (this.#state === 'lost' || (this.#state === 'waiting' && !this.#started)) return;
    this.#state = 'lost';
    this.#options.logger.warn(
      { broadcastId: this.request.broadcast.id, problem: this.#problem },
      'an outside stream is lost',
    );
    this.#report({ type: 'publisher-lost', reason: `outside stream: ${this.#problem.code}` });
  }

  #source({ variants: [best] }: Sight): SourceFormat {
    return {
      videoCodec: best?.codecs ? 'h264' : null,
      audioCodec: best?.codecs ? 'aac' : null,
      width: best?.width ?? null,
      height: best?.height ?? null,
      framesPerSecond: best?.framesPerSecond ?? null,
    };
  }

  #report(report: DistributiveOmit<MediaEvent, 'id' | 'at' | 'broadcastId' | 'sessionId'>): void {
    const { id: broadcastId, sessionId } = this.request.broadcast;
    this.#options.hooks.report({ ...report, broadcastId, sessionId });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    timer.unref();
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
