import fs from 'node:fs';
import path from 'node:path';
import type { FilmStatus } from '#contract/media.ts';
import { Fmp4Reader } from './fmp4.ts';
import { readDecoderConfiguration } from './h264/avcc.ts';
import { decodingParameters } from './h264/sps.ts';
import type { Logger } from './logger.ts';
import { runAside } from './low-priority.ts';
import { DATA, initName, isMissing, type RecordedSegment } from './recording-index.ts';

/*
 * One file of a closed recording, to be kept elsewhere. Nothing is encoded again. Each encoder run becomes a piece of MPEG-TS, which
 * carries its parameters in its stream, so that runs of different parameters may follow one another; the pieces become an
 * MP4 whose index comes first.
 */

export const FILM = 'class.mp4';
const WORKSHOP = 'film';
/** Pieces, the file, and the file once more while its index is moved to the front. */
const SPACE_NEEDED = 3;
/** What the pieces are of the work, percent. */
const PIECES_SHARE = 80;

export interface FilmSource {
  folder: string;
  segments: readonly RecordedSegment[];
}

/** Makes films, one after the other, out of the way of the classes that run. */
export class Films {
  readonly #ffmpegPath: string;
  readonly #logger: Logger;
  #states = new Map<string, FilmStatus>();
  #queue: Promise<void> = Promise.resolve();
  #closing = new AbortController();

  constructor(ffmpegPath: string, logger: Logger) {
    this.#ffmpegPath = ffmpegPath;
    this.#logger = logger;
  }

  /** @param folder of the broadcast */
  status(folder: string): FilmStatus {
    const known = this.#states.get(folder);
    if (known) return known;
    const bytes = fs.statSync(path.join(folder, FILM), { throwIfNoEntry: false })?.size;
    return bytes === undefined ? { state: 'none', progress: 0, bytes: null } : { state: 'ready', progress: 100, bytes };
  }

  /** Begins, unless it is there or on its way. */
  make(folder: string, picture: FilmSource, sound: FilmSource): void {
    const { state } = this.status(folder);
    if (state === 'ready' || state === 'making') return;
    const note = (progress: number) => this.#states.set(folder, { state: 'making', progress, bytes: null });
    note(0);
    this.#queue = this.#queue.then(async () => {
      try {
        this.#closing.signal.throwIfAborted();
        await this.#film(folder, picture, sound, note);
        this.#states.delete(folder);
      } catch (error) {
        this.#logger.error({ err: error, folder }, 'no file could be made of a recording');
        this.#states.set(folder, { state: 'failed', progress: 0, bytes: null });
      } finally {
        fs.rmSync(path.join(folder, WORKSHOP), { recursive: true, force: true });
      }
    });
  }

  /** What is shown of the recording has changed, or it is gone: a film of before is no longer one of it. */
  forget(folder: string): void {
    this.#states.delete(folder);
    fs.rmSync(path.join(folder, FILM), { force: true });
  }

  close(): void {
    this.#closing.abort();
  }

  async #film(folder: string, picture: FilmSource, sound: FilmSource, note: (progress: number) => void): Promise<void> {
    const workshop = path.join(folder, WORKSHOP);
    fs.mkdirSync(workshop, { recursive: true });
    const pieces = piecesOf(picture.segments, sound.segments);
    const total = pieces.reduce((sum, piece) => sum + piece.picture.length + piece.sound.length, 0);
    const { bavail, bsize } = fs.statfsSync(workshop);
    if (bavail * bsize < total * SPACE_NEEDED) throw new Error('too little space on the disk for another copy');
    let done = 0;
    const names: string[] = [];
    for (const [at, piece] of pieces.entries()) {
      const name = `${at}.ts`;
      const count = (bytes: number) => {
        done += bytes;
        note(Math.floor((PIECES_SHARE * done) / Math.max(1, total)));
      };
      await this.#ffmpeg(
        [
          ...['-copyts', '-f', 'mp4', '-i', 'pipe:3', '-f', 'mp4', '-i', 'pipe:4', '-map', '0:v', '-map', '1:a'],
          ...['-c', 'copy', '-muxdelay', '0', '-muxpreload', '0', '-f', 'mpegts', '-y', path.join(workshop, name)],
        ],
        [stretch(picture.folder, piece.picture, count), stretch(sound.folder, piece.sound, count)],
      );
      names.push(name);
    }
    const list = path.join(workshop, 'list.txt');
    fs.writeFileSync(list, names.map((name) => `file '${name}'\n`).join(''));
    const draft = path.join(workshop, FILM);
    await this.#ffmpeg([
      ...['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', '-bsf:a', 'aac_adtstoasc'],
      ...['-movflags', '+faststart', '-f', 'mp4', '-y', draft],
    ]);
    fs.renameSync(draft, path.join(folder, FILM));
  }

  async #ffmpeg(args: string[], inputs: AsyncIterable<Buffer>[] = []): Promise<void> {
    await runAside(this.#ffmpegPath, { args, inputs, niceness: 10, signal: this.#closing.signal });
  }
}

/**
 * The best of these pictures for a film, from the top down. An MP4 describes its picture once, and some players believe that alone:
 * where pictures of one size were copied and encoded in turn, a rung that was encoded throughout is better.
 */
export function bestForFilm(pictures: readonly FilmSource[]): FilmSource | undefined {
  const mixed = pictures.map(mostDescriptions);
  return pictures[mixed.indexOf(Math.min(...mixed))];
}

/** Of so many kinds pictures of one size are. */
function mostDescriptions({ folder, segments }: FilmSource): number {
  const bySize = new Map<string, Set<string>>();
  for (const init of new Set(segments.filter((segment) => !isMissing(segment)).map(({ init }) => init))) {
    const [segment] = new Fmp4Reader().push(fs.readFileSync(path.join(folder, initName(init))));
    if (segment?.kind !== 'init') continue;
    const size = `${segment.width}x${segment.height}`;
    const kinds = bySize.get(size) ?? new Set();
    bySize.set(size, kinds.add(kindOf(segment.configuration)));
  }
  return Math.max(0, ...[...bySize.values()].map(({ size }) => size));
}

/** Pictures of one kind are decoded by each other's description, also where frame rate or shape are said otherwise, as a slate's are. */
function kindOf(configuration: Buffer | null | undefined): string {
  if (!configuration) return '';
  try {
    const { sequenceSets, pictureSets } = readDecoderConfiguration(configuration);
    return [...sequenceSets.map(decodingParameters), ...pictureSets].map((set) => set.toString('hex')).join();
  } catch (error) {
    if (error instanceof RangeError) return configuration.toString('hex');
    throw error;
  }
}

interface Stretch {
  init: number;
  offset: number;
  length: number;
}

/** Stretches of both files that belong to the same encoder run. Where one of them has nothing, neither is taken. */
export function piecesOf(
  pictures: readonly RecordedSegment[],
  sounds: readonly RecordedSegment[],
): { picture: Stretch; sound: Stretch }[] {
  const heard = new Map(sounds.filter((segment) => !isMissing(segment)).map((segment) => [segment.msn, segment]));
  const pieces: { picture: Stretch; sound: Stretch; next: number }[] = [];
  for (const segment of pictures) {
    const sound = heard.get(segment.msn);
    if (isMissing(segment) || !sound) continue;
    const last = pieces.at(-1);
    if (last && last.next === segment.msn && joins(last.picture, segment) && joins(last.sound, sound)) {
      last.picture.length += segment.length;
      last.sound.length += sound.length;
      last.next += 1;
    } else pieces.push({ picture: stretchOf(segment), sound: stretchOf(sound), next: segment.msn + 1 });
  }
  return pieces.map(({ picture, sound }) => ({ picture, sound }));
}

function joins(stretch: Stretch, { init, offset }: RecordedSegment): boolean {
  return stretch.init === init && stretch.offset + stretch.length === offset;
}

function stretchOf({ init, offset, length }: RecordedSegment): Stretch {
  return { init, offset, length };
}

async function* stretch(
  folder: string,
  { init, offset, length }: Stretch,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  yield fs.readFileSync(path.join(folder, initName(init)));
  const range = { start: offset, end: offset + length - 1, highWaterMark: 1 << 20 };
  for await (const chunk of fs.createReadStream(path.join(folder, DATA), range) as AsyncIterable<Buffer>) {
    yield chunk;
    count(chunk.length);
  }
}
