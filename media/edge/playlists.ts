import { gzipSync } from 'node:zlib';
import { type Directives, searchOf } from '../addresses.ts';
import type { Clock } from '../clock.ts';
import { MediaError } from '../errors.ts';
import type { Collapse } from './collapse.ts';
import { holds, type Progress, progressOf } from './newest.ts';
import type { OriginAnswer } from './origin.ts';

export interface Playlist extends OriginAnswer {
  gzip: Buffer;
  progress: Progress;
  at: number;
}

/** How old a playlist may be that is asked for as it stands: about a part. */
const FRESH_MS = 300;
/** One that holds what a reload asks for was there when it asked; its player goes on from it at once. */
const HELD_FRESH_MS = 1_000;
const FORGET_MS = 30_000;
const MANY = 256;
/** The origin's own limit; further ahead there is nothing to ask it for. */
const MAX_AHEAD_SEGMENTS = 3;

type Ask = (path: string, stop: AbortSignal) => Promise<OriginAnswer>;

/** The newest text of every playlist, and one request at the origin for all who wait for the next. */
export class Playlists {
  readonly #collapse: Collapse<OriginAnswer | Playlist>;
  readonly #clock: Clock;
  #newest = new Map<string, Playlist>();

  constructor(collapse: Collapse<OriginAnswer | Playlist>, clock: Clock) {
    this.#collapse = collapse;
    this.#clock = clock;
  }

  /**
   * @param path below `/media/`, by which it is known here; `ask` takes it on with the directives
   * @returns an answer of the origin that is none of a playlist's as it is
   * @throws MediaError `bad-reload`
   */
  async get(path: string, { reload, skip }: Directives, left: AbortSignal, ask: Ask): Promise<OriginAnswer | Playlist> {
    const key = skip ? `${path}?skip` : path;
    const newest = this.#newest.get(key);
    const age = newest ? this.#clock() - newest.at : Number.POSITIVE_INFINITY;
    const held = newest !== undefined && reload !== null && holds(newest.progress, reload);
    if (newest && age <= (held ? HELD_FRESH_MS : reload ? -1 : FRESH_MS)) return newest;
    if (newest && reload && age <= HELD_FRESH_MS && isFarAhead(newest.progress, reload.msn))
      throw new MediaError('bad-reload');
    // What there is already needs no waiting, and so no address of its own.
    const search = searchOf({ reload: held ? null : reload, skip });
    return this.#collapse.join(`${path}${search}`, left, async (stop) => this.#take(key, await ask(search, stop)));
  }

  #take(key: string, answer: OriginAnswer): OriginAnswer | Playlist {
    if (answer.status !== 200) return answer;
    const now = this.#clock();
    const progress = progressOf(answer.bytes.toString('utf8'));
    const playlist = { ...answer, gzip: gzipSync(answer.bytes, { level: 6 }), progress, at: now };
    this.#newest.set(key, playlist);
    if (this.#newest.size > MANY)
      for (const [old, { at }] of this.#newest) if (now - at > FORGET_MS) this.#newest.delete(old);
    return playlist;
  }
}

/** Only of what has just been read: one who comes from another rendition asks for what an older text knows nothing of. */
function isFarAhead({ segment, part }: Progress, msn: number): boolean {
  return msn > Math.max(segment, part?.msn ?? -1) + MAX_AHEAD_SEGMENTS;
}
