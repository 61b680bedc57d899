import fs from 'node:fs/promises';
import path from 'node:path';
import { readWhole, replaceFile, writeWhole } from './disk.ts';
import type { Logger } from './logger.ts';
import type { Recorded } from './past.ts';
import { recordingPlaylist } from './playlist.ts';
import { recordedPlaylist, stretchEntry } from './recorded-playlist.ts';
import {
  DATA,
  INDEX,
  initName,
  isMissing,
  type LoadedIndex,
  lengthOf,
  loadIndex,
  newSegment,
  partLine,
  type RecordedSegment,
  segmentLine,
} from './recording-index.ts';
import type { Part, Segment, StreamState } from './stream.ts';

/*
 * One folder for each rendition of a broadcast, appended to alone, so that what was published survives kill -9:
 *
 *   init-N.mp4       init segment of the N-th encoder run
 *   media.m4s        every part, one after the other
 *   index.jsonl      a line for each segment's start and each part
 *   newest           the last media sequence number and run that were given out, written over in place
 *   index.m3u8       the whole as a VOD playlist, written as the recording is closed
 */

const NEWEST = 'newest';
/** Always of one length, so that writing it over needs no space. */
const NEWEST_DIGITS = 12;
const PLAYLIST = 'index.m3u8';

/** With so many parts on their way, some 20 s, the disk hangs: what comes is given up and not kept in memory. */
const MAX_WAITING = 64;

/** Appends a rendition to disk. A full or failing disk is reported and never holds up the class. */
export class RenditionRecorder {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #prepare: () => Promise<void>;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #segments: RecordedSegment[];
  /** How many of the segments nothing is added to any more. */
  #finished: number;
  #size: number;
  #data: fs.FileHandle | undefined;
  #newest: fs.FileHandle | undefined;
  /** Segments of which the index does not say yet what there is to say. */
  #owed = new Set<RecordedSegment>();
  /** Init segments that are not on the disk yet. */
  #inits = new Map<number, Buffer>();
  #folderMade = false;
  /** The index ends within a line. */
  #torn = false;
  #failing = false;
  #closed = false;

  private constructor(
    folder: string,
    logger: Logger,
    prepare: () => Promise<void>,
    segments: RecordedSegment[],
    size: number,
  ) {
    this.#folder = folder;
    this.#logger = logger;
    this.#prepare = prepare;
    this.#segments = segments;
    this.#finished = segments.length;
    this.#size = size;
  }

  /**
   * A new rendition. Its folder is made as the first thing that is written.
   * @param prepare is to succeed before anything is written
   */
  static begin(folder: string, logger: Logger, prepare: () => Promise<void>): RenditionRecorder {
    return new RenditionRecorder(folder, logger, prepare, [], 0);
  }

  /** One that a crash has left: what is half written at its end is cut off. Returns with it where the stream goes on. */
  static async restore(
    folder: string,
    logger: Logger,
    prepare: () => Promise<void>,
  ): Promise<{ recorder: RenditionRecorder; state: StreamState | undefined }> {
    const index = await loadIndex(folder);
    const { segments, size, kept } = index;
    if (kept < index.text.length) await fs.truncate(path.join(folder, INDEX), kept);
    if (size < index.onDisk) await fs.truncate(path.join(folder, DATA), size);
    const recorder = new RenditionRecorder(folder, logger, prepare, segments, size);
    const last = segments.at(-1);
    if (!last) return { recorder, state: undefined };
    const given = await readNewest(folder);
    const newest = { msn: Math.max(last.msn, given?.msn ?? 0), run: Math.max(last.init, given?.run ?? 0) };
    return { recorder, state: { ...(await recentSegments(folder, index)), newest } };
  }

  /** Whether the last that was to be written could not be. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Everything so far, for those who go back. */
  get recorded(): Recorded {
    return { folder: this.#folder, segments: this.#segments, count: this.#finished, closed: this.#closed };
  }

  init(number: number, bytes: Buffer): void {
    this.#inits.set(number, bytes);
  }

  segment({ parts, ...opening }: Segment): void {
    this.finish();
    const segment = newSegment(opening, 0);
    this.#segments.push(segment);
    this.#then(async () => {
      segment.offset = this.#size;
      this.#owed.add(segment);
      await this.#noteNewest(segment);
    });
    for (const part of parts) this.part(part);
  }

  part({ bytes, duration, independent }: Part): void {
    const segment = this.#segments.at(-1);
    if (!segment) return;
    if (this.#waiting >= MAX_WAITING) {
      // In its turn too: the index must not speak of it before the segments ahead of it.
      this.#then(async () => this.#lose(segment, duration));
      return;
    }
    this.#write(async () => {
      try {
        await this.#writeInits();
        // At a position of our own and noted only once it is there: what a full disk refused leaves a gap in time, not in the file.
        const offset = this.#size;
        const { length } = bytes;
        await writeWhole(await this.#open(), bytes, offset);
        await this.#append(partLine({ offset, length, duration, independent }));
        this.#size = offset + length;
        if (segment.length === 0) {
          segment.offset = offset;
          segment.headless = segment.lost > 0 && !independent;
        }
        segment.length += length;
        segment.duration += duration;
      } catch (error) {
        this.#lose(segment, duration);
        throw error;
      }
    });
  }

  /** Nothing is added to the newest segment. */
  finish(): void {
    const { length } = this.#segments;
    this.#then(async () => {
      this.#finished = length;
    });
  }

  /** Nothing is added any more. Microseconds and bytes of what was recorded. */
  async close(): Promise<{ duration: number; bytes: number }> {
    this.finish();
    await this.#queue;
    await Promise.all([this.#data?.close(), this.#newest?.close()]).catch(() => undefined);
    this.#data = undefined;
    this.#newest = undefined;
    this.#closed = true;
    const duration = this.#segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
    return { duration, bytes: this.#size };
  }

  /** Writes the playlist of the whole, which closes the recording. @throws what the disk says */
  async writePlaylist(): Promise<void> {
    await this.#makeFolder();
    await this.#append('');
    const whole = recordedPlaylist(this.#segments, stretchEntry);
    await replaceFile(path.join(this.#folder, PLAYLIST), recordingPlaylist(whole));
  }

  /** Waits until everything is on its way to the disk. */
  settled(): Promise<void> {
    return this.#queue;
  }

  /** What is missing of a segment is said with the next line that can be written. */
  #lose(segment: RecordedSegment, duration: number): void {
    segment.headless ||= segment.length === 0;
    segment.lost += duration;
    this.#owed.add(segment);
  }

  async #open(): Promise<fs.FileHandle> {
    await this.#makeFolder();
    this.#data ??= await fs.open(path.join(this.#folder, DATA), fs.constants.O_RDWR | fs.constants.O_CREAT);
    return this.#data;
  }

  async #makeFolder(): Promise<void> {
    if (this.#folderMade) return;
    await this.#prepare();
    await fs.mkdir(this.#folder, { recursive: true });
    this.#folderMade = true;
  }

  async #writeInits(): Promise<void> {
    for (const [number, bytes] of this.#inits) {
      await this.#makeFolder();
      await replaceFile(path.join(this.#folder, initName(number)), bytes);
      this.#inits.delete(number);
    }
  }

  /** Appends to the index what is owed, and a line. Either all of it is there afterwards, or all of it is said again. */
  async #append(line: string): Promise<void> {
    const owed = [...this.#owed];
    const text = owed.map(segmentLine).join('') + line;
    if (text === '') return;
    await this.#makeFolder();
    try {
      await fs.appendFile(path.join(this.#folder, INDEX), this.#torn ? `\n${text}` : text);
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    this.#torn = false;
    for (const segment of owed) this.#owed.delete(segment);
  }

  /** A number that was given out once must not be given out again for other bytes, whatever of them was written. */
  async #noteNewest({ msn, init }: RecordedSegment): Promise<void> {
    await this.#makeFolder();
    this.#newest ??= await fs.open(path.join(this.#folder, NEWEST), fs.constants.O_RDWR | fs.constants.O_CREAT);
    const digits = [msn, init].map((number) => String(number).padStart(NEWEST_DIGITS, '0'));
    await writeWhole(this.#newest, Buffer.from(`${digits.join(' ')}\n`), 0);
  }

  /** In its turn; what fails here says nothing of the recording. */
  #then(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      this.#logger.debug({ err: error, folder: this.#folder }, 'the recording cannot be prepared');
    });
  }

  #write(work: () => Promise<void>): void {
    this.#waiting += 1;
    this.#queue = this.#queue.then(work).then(
      () => {
        this.#waiting -= 1;
        if (this.#failing) this.#logger.info({ folder: this.#folder }, 'recording goes on');
        this.#failing = false;
      },
      (error: unknown) => {
        this.#waiting -= 1;
        if (!this.#failing) this.#logger.error({ err: error, folder: this.#folder }, 'the recording cannot be written');
        this.#failing = true;
      },
    );
  }
}

async function readNewest(folder: string): Promise<{ msn: number; run: number } | null> {
  const text = await fs.readFile(path.join(folder, NEWEST), 'latin1').catch(() => '');
  const match = /^(\d{1,12}) (\d{1,12})\n/.exec(text);
  return match && { msn: Number(match[1]), run: Number(match[2]) };
}

/** The end of what is recorded, for players. What cannot be decoded is a gap. */
async function recentSegments(folder: string, index: LoadedIndex): Promise<Omit<StreamState, 'newest'>> {
  const { recent, inits, longestPart } = index;
  const segments: Segment[] = [];
  let longestSegment = 0;
  for (const recorded of index.segments.slice(-recent.size)) {
    const { msn, pdt, discontinuity, discontinuitySequence, init } = recorded;
    const opening = { msn, pdt, discontinuity, discontinuitySequence, init };
    const parts: Part[] = [];
    for (const { offset, length, duration, independent } of recent.get(msn) ?? []) {
      const bytes = await readWhole(path.join(folder, DATA), offset, length);
      parts.push({ bytes, duration, independent });
    }
    longestSegment = Math.max(longestSegment, lengthOf(recorded));
    segments.push(isMissing(recorded) ? { ...opening, gap: lengthOf(recorded), parts: [] } : { ...opening, parts });
  }
  const used = new Set(segments.map(({ init }) => init));
  return {
    segments,
    inits: new Map([...inits].filter(([number]) => used.has(number))),
    longestPart,
    longestSegment,
  };
}
