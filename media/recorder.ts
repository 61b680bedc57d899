import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseJson } from './json.ts';
import type { Logger } from './logger.ts';
import { type PlaylistSegment, recordingPlaylist } from './playlist.ts';
import { durationOf, type Part, type Segment, type StreamState } from './stream.ts';

/*
 * One folder for each rendition of a broadcast, appended to alone, so that what was published survives kill -9:
 *
 *   init-N.mp4       init segment of the N-th encoder run
 *   media.m4s        every part, one after the other
 *   index.jsonl      a line for each segment's start and each part
 *   index.m3u8       the whole as a VOD playlist, written as the recording is closed
 */

const DATA = 'media.m4s';
const INDEX = 'index.jsonl';
const PLAYLIST = 'index.m3u8';

const IndexLine = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('segment'),
    msn: z.int(),
    pdt: z.number(),
    discontinuity: z.boolean(),
    discontinuitySequence: z.int(),
    init: z.int(),
    gap: z.int().optional(),
  }),
  z.object({
    kind: z.literal('part'),
    offset: z.int(),
    length: z.int(),
    duration: z.int(),
    independent: z.boolean(),
  }),
]);
type IndexLine = z.infer<typeof IndexLine>;

interface RecordedPart extends Omit<Part, 'bytes'> {
  offset: number;
  length: number;
}

interface RecordedSegment extends Omit<Segment, 'parts'> {
  parts: RecordedPart[];
}

/** How much of the past a restored stream offers to players at once. */
const RESTORED_SEGMENTS = 12;

/** Appends a rendition to disk. A full or failing disk is reported and never holds up the class. */
export class RenditionRecorder {
  readonly #folder: string;
  readonly #logger: Logger;
  #queue: Promise<void> = Promise.resolve();
  #segments: RecordedSegment[];
  #size: number;
  #data: fs.FileHandle | undefined;
  #failed = false;

  private constructor(folder: string, logger: Logger, segments: RecordedSegment[], size: number) {
    this.#folder = folder;
    this.#logger = logger;
    this.#segments = segments;
    this.#size = size;
  }

  /** A new rendition. Its folder is made as the first thing that is written. */
  static begin(folder: string, logger: Logger): RenditionRecorder {
    const recorder = new RenditionRecorder(folder, logger, [], 0);
    recorder.#write(async () => void (await fs.mkdir(folder, { recursive: true })));
    return recorder;
  }

  /** One that a crash has left: what is half written at its end is cut off. Returns with it where the stream goes on. */
  static async restore(
    folder: string,
    logger: Logger,
  ): Promise<{ recorder: RenditionRecorder; state: StreamState | undefined }> {
    const { segments, size } = await repair(folder);
    const recorder = new RenditionRecorder(folder, logger, segments, size);
    return { recorder, state: segments.length > 0 ? await restore(folder, segments) : undefined };
  }

  init(number: number, bytes: Buffer): void {
    this.#write(() => fs.writeFile(path.join(this.#folder, `init-${number}.mp4`), bytes));
  }

  segment(segment: Segment): void {
    const { parts, ...opening } = segment;
    this.#segments.push({ ...opening, parts: [] });
    this.#line({ kind: 'segment', ...opening });
    for (const part of parts) this.part(part);
  }

  part({ bytes, duration, independent }: Part): void {
    const segment = this.#segments.at(-1);
    const { length } = bytes;
    this.#write(async () => {
      // At a position of our own and noted only once it is there: what a full disk refused leaves a gap in time, not in the file.
      const offset = this.#size;
      await this.#writeAt(offset, bytes);
      await fs.appendFile(
        path.join(this.#folder, INDEX),
        lineOf({ kind: 'part', offset, length, duration, independent }),
      );
      this.#size = offset + length;
      segment?.parts.push({ offset, length, duration, independent });
    });
  }

  async #writeAt(offset: number, bytes: Buffer): Promise<void> {
    this.#data ??= await fs.open(path.join(this.#folder, DATA), fs.constants.O_RDWR | fs.constants.O_CREAT);
    await this.#data.write(bytes, 0, bytes.length, offset);
  }

  /** Writes the playlist of the whole, which closes the recording. Microseconds and bytes. */
  async close(): Promise<{ duration: number; bytes: number }> {
    this.#write(async () => {
      const whole = this.#segments
        .filter((segment) => segment.parts.length > 0 || segment.gap !== undefined)
        .map(entryOf);
      await fs.writeFile(path.join(this.#folder, PLAYLIST), recordingPlaylist(whole));
      await this.#data?.close();
      this.#data = undefined;
    });
    await this.#queue;
    const duration = this.#segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
    return { duration, bytes: this.#size };
  }

  /** Waits until everything is on its way to the disk. */
  settled(): Promise<void> {
    return this.#queue;
  }

  #line(line: IndexLine): void {
    this.#write(() => fs.appendFile(path.join(this.#folder, INDEX), lineOf(line)));
  }

  #write(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      if (!this.#failed) this.#logger.error({ err: error, folder: this.#folder }, 'the recording cannot be written');
      this.#failed = true;
    });
  }
}

async function repair(folder: string): Promise<{ segments: RecordedSegment[]; size: number }> {
  const index = path.join(folder, INDEX);
  const data = path.join(folder, DATA);
  const text = await fs.readFile(index, 'utf8').catch(() => '');
  const onDisk = (await fs.stat(data).catch(() => null))?.size ?? 0;

  const segments: RecordedSegment[] = [];
  let size = 0;
  let read = 0;
  // Up to the last whole part: a segment whose first part is missing never was.
  let kept = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    const parsed = IndexLine.safeParse(parseJson(line));
    if (!parsed.success) break;
    if (parsed.data.kind === 'segment') {
      const { kind: _, ...segment } = parsed.data;
      segments.push({ ...segment, parts: [] });
    } else {
      const { kind: _, ...part } = parsed.data;
      if (part.offset !== size || part.offset + part.length > onDisk) break;
      segments.at(-1)?.parts.push(part);
      size += part.length;
    }
    read += Buffer.byteLength(line) + 1;
    if (parsed.data.kind === 'part') kept = read;
  }
  while (segments.at(-1)?.parts.length === 0) segments.pop();
  if (kept < Buffer.byteLength(text)) await fs.truncate(index, kept);
  if (size < onDisk) await fs.truncate(data, size);
  return { segments, size };
}

async function restore(folder: string, segments: RecordedSegment[]): Promise<StreamState> {
  const recent = segments.slice(-RESTORED_SEGMENTS);
  const data = await fs.open(path.join(folder, DATA));
  try {
    const restored: Segment[] = [];
    for (const segment of recent) {
      const parts: Part[] = [];
      for (const { offset, length, duration, independent } of segment.parts) {
        const bytes = Buffer.alloc(length);
        await data.read(bytes, 0, length, offset);
        parts.push({ bytes, duration, independent });
      }
      restored.push({ ...segment, parts });
    }
    const inits = new Map<number, Buffer>();
    for (const number of new Set(recent.map((segment) => segment.init))) {
      inits.set(number, await fs.readFile(path.join(folder, `init-${number}.mp4`)));
    }
    return {
      segments: restored,
      inits,
      longestPart: Math.max(0, ...segments.flatMap((segment) => segment.parts.map((part) => part.duration))),
      longestSegment: Math.max(0, ...restored.map(durationOf)),
    };
  } finally {
    await data.close();
  }
}

function lineOf(line: IndexLine): string {
  return `${JSON.stringify(line)}\n`;
}

function entryOf(segment: RecordedSegment): PlaylistSegment {
  const first = segment.parts[0];
  return {
    uri: DATA,
    duration: lengthOf(segment),
    pdt: segment.pdt,
    discontinuity: segment.discontinuity,
    initUri: `init-${segment.init}.mp4`,
    parts: [],
    byteRange: {
      offset: first?.offset ?? 0,
      length: segment.parts.reduce((sum, part) => sum + part.length, 0),
    },
    gap: segment.gap !== undefined,
  };
}

function lengthOf(segment: RecordedSegment): number {
  return segment.gap ?? segment.parts.reduce((sum, part) => sum + part.duration, 0);
}
