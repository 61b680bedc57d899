import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { CaptionsRequest } from '#contract/captions.ts';
import type { Broadcast, DeleteRequest, FilmRequest, FilmStatus, TrimRequest } from '#contract/media.ts';
import type { RecordingPictures } from '#contract/pictures.ts';
import { type CaptionTrack, openCaptions, storeCaptions } from './captions.ts';
import { replaceFile } from './disk.ts';
import { MediaError } from './errors.ts';
import { bestForFilm, FILM, type FilmSource, type Films } from './film.ts';
import { parseJson } from './json.ts';
import { RENDITIONS, SOUND } from './ladder.ts';
import { Past } from './past.ts';
import { type PictureSources, type Pictures, revisionOf } from './pictures.ts';
import { PLAYLIST, recordingPath } from './recording.ts';
import { lengthOf, loadIndex } from './recording-index.ts';
import { withCaptions } from './webvtt.ts';

/** Recordings whose index is kept in memory; of a class of two hours it takes a megabyte. */
const OPEN = 16;

/** Closed recordings by the prefix under which they were published. */
export class Archive {
  readonly #dataDir: string;
  readonly #films: Films;
  readonly #pictures: Pictures;
  readonly #prefixes = new Map<string, string>();
  readonly #folders = new Map<string, string>();
  #open = new Map<string, Promise<ClosedRecording>>();

  constructor(dataDir: string, films: Films, pictures: Pictures) {
    this.#dataDir = dataDir;
    this.#films = films;
    this.#pictures = pictures;
  }

  add(broadcast: Broadcast): void {
    const folder = path.join(this.#dataDir, recordingPath(broadcast.id));
    this.#prefixes.set(broadcast.id, broadcast.prefix);
    this.#folders.set(broadcast.prefix, folder);
    void this.#wantPictures(folder);
  }

  has(prefix: string): boolean {
    return this.#folders.has(prefix);
  }

  /** @throws MediaError `not-found` for a prefix without a closed recording */
  async find(prefix: string): Promise<ClosedRecording> {
    const folder = this.#folders.get(prefix);
    if (!folder) throw new MediaError('not-found');
    const opening = this.#open.get(prefix) ?? ClosedRecording.open(folder);
    // The newest last, so that the oldest is forgotten.
    this.#open.delete(prefix);
    this.#open.set(prefix, opening);
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN && oldest !== undefined) this.#open.delete(oldest);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(prefix);
      throw new MediaError('not-found', { cause: error });
    }
  }

  /** Shows that stretch of a recording and no more; its own beginning or end where it is null. Nothing is removed. */
  async trim({ broadcastId, from, to }: TrimRequest): Promise<void> {
    const known = this.#known(broadcastId);
    if (!known) return;
    const { prefix, folder } = known;
    await replaceFile(path.join(folder, TRIM), JSON.stringify({ from, to }));
    this.#open.delete(prefix);
    this.#films.forget(folder);
    this.#pictures.forget(folder);
    void this.#wantPictures(folder);
  }

  /** Gives a recording other captions, or takes them away. */
  async caption(request: CaptionsRequest): Promise<void> {
    const known = this.#known(request.broadcastId);
    if (!known) return;
    const { prefix, folder } = known;
    await storeCaptions(folder, request);
    this.#open.delete(prefix);
  }

  /** Removes a recording from the disk. What is unknown here, or not closed, is left as it is. */
  async remove({ broadcastId }: DeleteRequest): Promise<void> {
    const known = this.#known(broadcastId);
    if (!known) return;
    const { prefix, folder } = known;
    this.#open.delete(prefix);
    this.#films.forget(folder);
    this.#pictures.forget(folder);
    // First what makes it a recording, so that one half removed is never taken up again as a class that runs.
    const gone = `${folder}.deleted`;
    await fs.rename(folder, gone);
    this.#prefixes.delete(broadcastId);
    this.#folders.delete(prefix);
    await fs.rm(gone, { recursive: true, force: true });
  }

  /** @throws MediaError `not-found` */
  async film({ broadcastId, make }: FilmRequest): Promise<FilmStatus> {
    const known = this.#known(broadcastId);
    if (!known) throw new MediaError('not-found');
    const { prefix, folder } = known;
    if (make) {
      const { picture, sound } = (await this.find(prefix)).sources();
      this.#films.make(folder, picture, sound);
    }
    return this.#films.status(folder);
  }

  /** Path of the file that was made of a recording. @throws MediaError `not-found` */
  filmPath(prefix: string): string {
    const folder = this.#folders.get(prefix);
    if (!folder || this.#films.status(folder).state !== 'ready') throw new MediaError('not-found');
    return path.join(folder, FILM);
  }

  /** What pictures there are of a recording; those that are missing are made. @throws MediaError `not-found` */
  async picturesOf(prefix: string): Promise<RecordingPictures> {
    const folder = this.#folders.get(prefix);
    if (!folder) throw new MediaError('not-found');
    return this.#pictures.list(folder, await this.#wantPictures(folder, true));
  }

  /** @param file of the list of {@link picturesOf} @throws MediaError `not-found` */
  async picture(prefix: string, file: string): Promise<Buffer> {
    const folder = this.#folders.get(prefix);
    const at = folder && this.#pictures.path(folder, revisionOf(await trimOf(folder)), file);
    if (!at) throw new MediaError('not-found');
    return fs.readFile(at).catch((error: unknown) => {
      throw new MediaError('not-found', { cause: error });
    });
  }

  /** By broadcast; null for what is unknown here, or not closed. */
  #known(broadcastId: string): { prefix: string; folder: string } | null {
    const prefix = this.#prefixes.get(broadcastId);
    const folder = prefix === undefined ? undefined : this.#folders.get(prefix);
    return prefix === undefined || folder === undefined ? null : { prefix, folder };
  }

  /** @returns the revision that is shown */
  async #wantPictures(folder: string, soon = false): Promise<string> {
    const revision = revisionOf(await trimOf(folder));
    await this.#pictures.want(
      folder,
      revision,
      async () => (await ClosedRecording.open(folder)).pictureSources(),
      soon,
    );
    return revision;
  }
}

const TRIM = 'trim.json';
const Trim = z.object({ from: z.number().nullable(), to: z.number().nullable() });

async function trimOf(folder: string): Promise<z.infer<typeof Trim>> {
  const text = await fs.readFile(path.join(folder, TRIM), 'utf8').catch(() => '');
  const parsed = Trim.safeParse(parseJson(text));
  return parsed.success ? parsed.data : { from: null, to: null };
}

/** A class that is over, as it lies on the disk. */
export class ClosedRecording {
  readonly #playlist: string;
  readonly #renditions: Map<string, Past>;
  readonly #sources: Map<string, FilmSource>;
  readonly #captions: CaptionTrack[];

  private constructor(
    playlist: string,
    renditions: Map<string, Past>,
    sources: Map<string, FilmSource>,
    captions: CaptionTrack[],
  ) {
    this.#playlist = playlist;
    this.#renditions = renditions;
    this.#sources = sources;
    this.#captions = captions;
  }

  /** @throws what the disk says when it is not there, or not closed */
  static async open(folder: string): Promise<ClosedRecording> {
    const playlist = await fs.readFile(path.join(folder, PLAYLIST), 'utf8');
    const renditions = new Map<string, Past>();
    const sources = new Map<string, FilmSource>();
    const { from, to } = await trimOf(folder);
    for (const name of new Set(
      [...playlist.matchAll(/^(\w{1,16})\/index\.m3u8$/gm)].map(([, name]) => name as string),
    )) {
      const index = await loadIndex(path.join(folder, name)).catch(() => null);
      const segments = (index?.segments ?? []).filter((segment) => {
        const end = segment.pdt + lengthOf(segment) / 1_000;
        return (from === null || end > from) && (to === null || segment.pdt < to);
      });
      if (segments.length === 0) continue;
      sources.set(name, { folder: path.join(folder, name), segments });
      const recorded = { folder: path.join(folder, name), segments, count: segments.length, closed: true };
      renditions.set(name, new Past(() => recorded));
    }
    const along = RENDITIONS.map((name) => sources.get(name)).find((source) => source !== undefined);
    return new ClosedRecording(playlist, renditions, sources, along ? await openCaptions(folder, along) : []);
  }

  rendition(name: string): Past | undefined {
    return this.#renditions.get(name);
  }

  /** The captions' playlist, or a segment of it; null for what is neither. */
  async caption(file: string): Promise<{ playlist: string } | { segment: string } | null> {
    const track = this.#captions.find(({ language }) => file.startsWith(language));
    if (track && file === `${track.language}.m3u8`) return { playlist: track.playlist() };
    const segment = await track?.segment(file);
    return segment === undefined || segment === null ? null : { segment };
  }

  /** The best picture for a film, and the sound. @throws MediaError `not-found` when one is missing */
  sources(): { picture: FilmSource; sound: FilmSource } {
    const pictures = RENDITIONS.filter((name) => name !== SOUND).flatMap((name) => this.#sources.get(name) ?? []);
    const [picture, sound] = [bestForFilm(pictures), this.#sources.get(SOUND)];
    if (!picture || !sound) throw new MediaError('not-found');
    return { picture, sound };
  }

  /** Null where there is sound alone. */
  pictureSources(): PictureSources | null {
    const names = RENDITIONS.filter((name) => name !== SOUND && this.#sources.has(name));
    const [best, lowest] = [names[0], names.at(-1)].map((name) => name && this.#sources.get(name));
    return best && lowest ? { best, lowest } : null;
  }

  /** The multivariant playlist, of what there is. @param only leaves out the pictures */
  multivariant(only?: typeof SOUND): string {
    const lines = this.#playlist.split('\n');
    const left = lines.filter((line, at) => {
      const address = line.startsWith('#EXT-X-STREAM-INF:') ? lines[at + 1] : line.startsWith('#') ? undefined : line;
      const name = /^(\w{1,16})\/index\.m3u8$/.exec(address ?? '')?.[1];
      return name === undefined || (this.#renditions.has(name) && (!only || name === only));
    });
    const text = left.join('\n').replaceAll('/index.m3u8', '/dvr.m3u8');
    return withCaptions(
      text,
      this.#captions.map(({ language }) => language),
    );
  }
}
