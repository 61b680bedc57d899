import crypto from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RecordingPictures } from '#contract/pictures.ts';
import type { FilmSource } from './film.ts';
import { type FrameTools, PREVIEW, smallPictures, spaced, writePoster, writeSheet } from './frames.ts';
import { parseJson } from './json.ts';
import type { Logger } from './logger.ts';
import { choosePoster, type Glance } from './poster.ts';
import { isMissing, type RecordedSegment } from './recording-index.ts';

/*
 * Beside a closed recording, in a folder of its own: a poster, sheets of preview pictures, and a list of both. The folder is there whole or
 * not at all. Its name and those of the files say which stretch of the recording is shown: when the ends are cut otherwise, the
 * pictures of before are found by nobody, and made again.
 */

const FOLDER = 'pictures-';
/** The list's name, as viewers ask for it. */
export const LIST = 'pictures.json';
/** Another file of a list's, and which stretch it is of. */
export const PICTURE = /^(?:poster|preview)-([0-9a-f]{8})(?:-\d{1,3})?\.jpg$/;
const DRAFT = 'pictures.new';
/** Changes when other pictures are made of the same. */
const FORM = 1;

const SPACING_MS = 10_000;
/** However long a recording is; from five and a half hours on they stand further apart. */
const MAX_PREVIEWS = 2_000;
const COLUMNS = 10;
const PER_SHEET = 100;
/** The poster is one of the first so many. */
const POSTER_OF = 60;
/** What is left for the classes. */
const SPACE_KEPT = 256 * 1_024 * 1_024;
/** While the machine cannot keep up with a class it is asked again after this. */
const CALM_AGAIN_MS = 5_000;
/** What failed is not tried anew for everybody who comes. */
const AGAIN_AFTER_MS = 600_000;

const NONE: RecordingPictures = { making: false, poster: null, preview: null };

export interface PicturesOptions {
  ffmpegPath: string;
  /** A class that runs needs all of the machine. */
  isStrained: () => boolean;
  logger: Logger;
}

/** From which pictures are made: the lowest picture, and the best; null where there is sound alone. */
export interface PictureSources {
  lowest: FilmSource;
  best: FilmSource;
}

interface Job {
  folder: string;
  revision: string;
  open: () => Promise<PictureSources | null>;
  stop: AbortController;
}

/** @returns the name of what is made of that stretch of a recording */
export function revisionOf(shown: { from: number | null; to: number | null }): string {
  const text = JSON.stringify([FORM, shown.from, shown.to]);
  return crypto.createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** Makes pictures of recordings, one recording after the other, at the lowest priority. */
export class Pictures {
  readonly #options: PicturesOptions;
  readonly #waiting: Job[] = [];
  #current: Job | null = null;
  #failed = new Map<string, number>();
  #closed = false;

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  /**
   * Makes them, unless they are there or on their way.
   * @param folder of the broadcast
   * @param soon before those for whom nobody waits
   */
  async want(folder: string, revision: string, open: Job['open'], soon = false): Promise<void> {
    const made = await fs.access(path.join(folder, FOLDER + revision, LIST)).then(
      () => true,
      () => false,
    );
    if (made || this.#closed || this.#isRecentFailure(folder, revision)) return;
    if (isSame(this.#current, folder, revision)) return;
    const at = this.#waiting.findIndex((job) => isSame(job, folder, revision));
    const [known] = at < 0 ? [] : this.#waiting.splice(at, soon ? 1 : 0);
    const job = known ?? { folder, revision, open, stop: new AbortController() };
    if (soon) this.#waiting.unshift(job);
    else if (at < 0) this.#waiting.push(job);
    void this.#work();
  }

  /** What there is, and where. */
  async list(folder: string, revision: string): Promise<RecordingPictures> {
    const text = await fs.readFile(path.join(folder, FOLDER + revision, LIST), 'utf8').catch(() => '');
    const parsed = RecordingPictures.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const making = [this.#current, ...this.#waiting].some((job) => isSame(job, folder, revision));
    return { ...NONE, making };
  }

  /** Path of one of the files of a list; null for what is in none. */
  path(folder: string, revision: string, file: string): string | null {
    return PICTURE.exec(file)?.[1] === revision ? path.join(folder, FOLDER + revision, file) : null;
  }

  /** The recording is shown otherwise, or is about to go: nothing more is made of it as it was. */
  forget(folder: string): void {
    for (let at = this.#waiting.length - 1; at >= 0; at -= 1)
      if (this.#waiting[at]?.folder === folder) this.#waiting.splice(at, 1);
    if (this.#current?.folder === folder) this.#current.stop.abort();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#current?.stop.abort();
  }

  #isRecentFailure(folder: string, revision: string): boolean {
    const at = this.#failed.get(`${folder} ${revision}`);
    return at !== undefined && performance.now() - at < AGAIN_AFTER_MS;
  }

  async #work(): Promise<void> {
    if (this.#current) return;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#current = job;
      const { folder, revision, stop } = job;
      try {
        await this.#make(job);
        this.#failed.delete(`${folder} ${revision}`);
      } catch (error) {
        if (!stop.signal.aborted) {
          this.#options.logger.warn({ err: error, folder }, 'no pictures could be made of a recording');
          this.#failed.set(`${folder} ${revision}`, performance.now());
        }
      } finally {
        await fs.rm(path.join(folder, DRAFT), { recursive: true, force: true }).catch(() => undefined);
        this.#current = null;
      }
    }
  }

  async #make({ folder, revision, open, stop: { signal } }: Job): Promise<void> {
    const draft = path.join(folder, DRAFT);
    await fs.rm(draft, { recursive: true, force: true });
    const { bavail, bsize } = await fs.statfs(folder);
    if (bavail * bsize < SPACE_KEPT) throw new Error('too little space on the disk');
    const sources = await open();
    await fs.mkdir(draft);
    const list = sources ? await this.#draw(sources, draft, revision, signal) : NONE;
    await fs.writeFile(path.join(draft, LIST), JSON.stringify(list));
    signal.throwIfAborted();
    await fs.rename(draft, path.join(folder, FOLDER + revision));
    for (const name of await fs.readdir(folder)) {
      if (name.startsWith(FOLDER) && name !== FOLDER + revision)
        await fs.rm(path.join(folder, name), { recursive: true, force: true });
    }
  }

  async #draw(
    { lowest, best }: PictureSources,
    draft: string,
    revision: string,
    signal: AbortSignal,
  ): Promise<RecordingPictures> {
    const tools = { ffmpegPath: this.#options.ffmpegPath, signal };
    const chosen = spaced(lowest.segments, spacingOf(lowest.segments));
    const sheets: { file: string; times: number[] }[] = [];
    const glances: Glance[] = [];
    for (let at = 0; at < chosen.length; at += PER_SHEET) {
      await this.#calm(signal);
      const small = path.join(draft, 'small');
      await fs.mkdir(small);
      const segments = chosen.slice(at, at + PER_SHEET);
      const seen = await smallPictures({ folder: lowest.folder, segments }, small, tools);
      if (seen.length > 0) {
        const file = `preview-${revision}-${sheets.length}.jpg`;
        const rows = Math.ceil(seen.length / COLUMNS);
        await writeSheet(small, { columns: COLUMNS, rows }, path.join(draft, file), tools);
        sheets.push({ file, times: seen.map((glance) => glance.at) });
        glances.push(...seen.slice(0, Math.max(0, POSTER_OF - glances.length)));
      }
      await fs.rm(small, { recursive: true });
    }
    const chosenGlance = choosePoster(glances);
    return {
      making: false,
      poster: chosenGlance ? await this.#poster(best, chosenGlance.at, draft, `poster-${revision}.jpg`, tools) : null,
      preview: sheets.length > 0 ? { ...PREVIEW, columns: COLUMNS, sheets } : null,
    };
  }

  /** The beginning of the segment that is nearest to it: the best picture may lack the one that the lowest has. */
  async #poster(
    { folder, segments }: FilmSource,
    at: number,
    draft: string,
    file: string,
    tools: FrameTools,
  ): Promise<string | null> {
    const there = segments.filter((segment) => !isMissing(segment));
    const distance = ({ pdt }: RecordedSegment) => Math.abs(pdt - at);
    const [first] = there;
    if (!first) return null;
    const nearest = there.reduce((best, each) => (distance(each) < distance(best) ? each : best), first);
    await writePoster(folder, nearest, path.join(draft, file), tools);
    return file;
  }

  /** Waits until no class needs the whole machine. */
  async #calm(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#options.isStrained()) await wait(CALM_AGAIN_MS, undefined, { signal, ref: false });
  }
}

function isSame(job: Job | null, folder: string, revision: string): boolean {
  return job?.folder === folder && job.revision === revision && !job.stop.signal.aborted;
}

function spacingOf(segments: readonly RecordedSegment[]): number {
  const [first, last] = [segments[0], segments.at(-1)];
  const length = first && last ? last.pdt - first.pdt : 0;
  return Math.max(SPACING_MS, length / MAX_PREVIEWS + 1_000);
}
