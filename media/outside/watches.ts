import type { z } from 'zod';
import type { BroadcastStatus, LookRequest, WatchRequest } from '#contract/media.ts';
import type { OutsideLook, OutsideProblem } from '#contract/outside.ts';
import { MediaError } from '../errors.ts';
import { offsetFor } from './clock.ts';
import { OutsideError } from './fetch.ts';
import { lookAt, refusalsOf, variantsShown } from './look.ts';
import { OutsideWatch, type WatchOptions } from './watch.ts';

/** The app says it again every half minute. */
const KEPT_MS = 90_000;
const MAX_WATCHES = 50;
/** Looks at once, for people who wait for them. */
const MAX_LOOKS = 8;

/** Every outside stream that is looked after here, by broadcast. */
export class OutsideWatches {
  readonly #options: WatchOptions;
  #watches = new Map<string, { watch: OutsideWatch; until: number }>();
  #looks = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Begins to look after a stream, or goes on with it. @throws MediaError `too-many` */
  watch(request: z.infer<typeof WatchRequest>): void {
    this.#lapse();
    const { id } = request.broadcast;
    const until = this.#options.clock() + KEPT_MS;
    const known = this.#watches.get(id);
    if (known?.watch.request.url === request.url) {
      known.until = until;
      return;
    }
    known?.watch.stop();
    if (!known && this.#watches.size >= MAX_WATCHES) throw new MediaError('too-many');
    this.#watches.set(id, { watch: new OutsideWatch(request, this.#options), until });
  }

  /** Harmless for a broadcast that is none of these. */
  end(broadcastId: string): void {
    this.#watches.get(broadcastId)?.watch.end();
    this.#watches.delete(broadcastId);
  }

  status(): BroadcastStatus[] {
    this.#lapse();
    return [...this.#watches.values()].map(({ watch }) => watch.status());
  }

  /** Looks at an address once, for whoever types it in. @throws MediaError `too-many` */
  async look({ url, origin }: z.infer<typeof LookRequest>): Promise<OutsideLook> {
    if (this.#looks >= MAX_LOOKS) throw new MediaError('too-many');
    this.#looks += 1;
    try {
      const { playlist, variants, ...sight } = await lookAt(url, origin, new AbortController().signal);
      const offsetMs = offsetFor(playlist.endDate, this.#options.clock(), null);
      const dates: OutsideProblem[] =
        offsetMs === null ? [{ code: 'no-dates' }] : offsetMs === 0 ? [] : [{ code: 'wrong-dates', offsetMs }];
      const problems = [...refusalsOf(url, sight, origin), ...dates];
      return { problems, variants: variantsShown(variants), segmentMs: playlist.segmentMs };
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      return { problems: [error.problem], variants: [], segmentMs: null };
    } finally {
      this.#looks -= 1;
    }
  }

  /** Broadcasts stay open for the next start. */
  close(): void {
    for (const { watch } of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  /** Of those that the app says nothing of any more, it has no use. */
  #lapse(): void {
    const now = this.#options.clock();
    for (const [id, { watch, until }] of this.#watches) {
      if (until >= now) continue;
      watch.stop();
      this.#watches.delete(id);
    }
  }
}
