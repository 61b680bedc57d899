import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Fmp4Reader } from './fmp4.ts';
import { parseJson } from './json.ts';
import type { Segment } from './stream.ts';

/*
 * The index of a rendition's recording: a line for each segment's start and each part. A full disk may tear a line; what was not
 * written is said again, so that the last line about a segment holds, and a part at the place of the one before it replaces it.
 */

export const DATA = 'media.m4s';
export const INDEX = 'index.jsonl';

const Micros = z.int().min(0);

const SegmentLine = z.object({
  kind: z.literal('segment'),
  msn: z.int().min(0),
  pdt: z.number(),
  discontinuity: z.boolean(),
  discontinuitySequence: z.int(),
  init: z.int(),
  gap: Micros.optional(),
  /** Microseconds of it that could not be written. */
  lost: Micros.optional(),
  /** Its first part could not be written. */
  headless: z.boolean().optional(),
});

const PartLine = z.object({
  kind: z.literal('part'),
  offset: z.int().min(0),
  length: z.int().min(1),
  duration: Micros,
  independent: z.boolean(),
});

const IndexLine = z.discriminatedUnion('kind', [SegmentLine, PartLine]);
export type RecordedPart = Omit<z.infer<typeof PartLine>, 'kind'>;

/** A segment of a recording: one stretch of the data file. Durations are microseconds. */
export interface RecordedSegment extends Omit<Segment, 'parts'> {
  offset: number;
  length: number;
  /** Of what is on the disk. */
  duration: number;
  /** Of what a failing disk refused. */
  lost: number;
  /** Its first part was refused, so that nothing of it can be decoded. */
  headless: boolean;
}

export function newSegment(opening: Omit<Segment, 'parts'>, offset: number): RecordedSegment {
  return { ...opening, offset, length: 0, duration: 0, lost: 0, headless: false };
}

/** How long it was, whatever of it was written. */
export function lengthOf(segment: RecordedSegment): number {
  return segment.gap ?? segment.duration + segment.lost;
}

/** Whether there is nothing to play. */
export function isMissing(segment: RecordedSegment): boolean {
  return segment.gap !== undefined || segment.headless || segment.length === 0;
}

export function segmentLine(segment: RecordedSegment): string {
  const { msn, pdt, discontinuity, discontinuitySequence, init, gap, lost, headless } = segment;
  return lineOf({
    kind: 'segment',
    msn,
    pdt,
    discontinuity,
    discontinuitySequence,
    init,
    ...(gap !== undefined && { gap }),
    ...(lost > 0 && { lost }),
    ...(headless && { headless }),
  });
}

export function partLine(part: RecordedPart): string {
  return lineOf({ kind: 'part', ...part });
}

function lineOf(line: z.infer<typeof IndexLine>): string {
  return `${JSON.stringify(line)}\n`;
}

/** How many of the last segments are known part by part. */
const RECENT_SEGMENTS = 12;

export interface ReadIndex {
  segments: RecordedSegment[];
  /** Parts of the last segments, by media sequence number. */
  recent: Map<number, RecordedPart[]>;
  /** Bytes of the data file that the index knows. */
  size: number;
  /** Bytes of the index up to the end of its last part; what follows was never finished. */
  kept: number;
  longestPart: number;
}

/** What an index, read as latin1, says of a data file that is `onDisk` bytes long. A line that cannot be read is left out. */
export function readIndex(text: string, onDisk: number): ReadIndex {
  const segments: RecordedSegment[] = [];
  const recent = new Map<number, RecordedPart[]>();
  let size = 0;
  let position = 0;
  let kept = 0;
  let longestPart = 0;
  let last: { segment: RecordedSegment; part: RecordedPart } | undefined;

  for (const line of text.split('\n').slice(0, -1)) {
    position += line.length + 1;
    const parsed = IndexLine.safeParse(parseJson(line));
    if (!parsed.success) continue;
    if (parsed.data.kind === 'segment') {
      const { kind: _, lost = 0, headless = false, ...opening } = parsed.data;
      const said = findLast(segments, opening.msn);
      if (said) Object.assign(said, { lost, headless });
      else if (opening.msn > (segments.at(-1)?.msn ?? -1)) {
        segments.push({ ...newSegment(opening, size), lost, headless });
        recent.set(opening.msn, []);
        const [oldest] = recent.keys();
        if (recent.size > RECENT_SEGMENTS && oldest !== undefined) recent.delete(oldest);
      }
      continue;
    }
    const { kind: _, ...part } = parsed.data;
    const segment = segments.at(-1);
    if (!segment || part.offset + part.length > onDisk) continue;
    if (last && part.offset === last.part.offset) {
      // That line was whole but for its end, so that its bytes were given up and written over.
      last.segment.length -= last.part.length;
      last.segment.duration -= last.part.duration;
      recent.get(last.segment.msn)?.pop();
      size = part.offset;
    }
    if (part.offset < size) continue;
    // Bytes between belong to a line that could not be read; those before a segment's first part may have been its beginning.
    if (segment.length === 0) {
      segment.headless ||= part.offset > size && !part.independent;
      segment.offset = part.offset;
    }
    segment.length = part.offset + part.length - segment.offset;
    segment.duration += part.duration;
    recent.get(segment.msn)?.push(part);
    size = part.offset + part.length;
    last = { segment, part };
    kept = position;
    longestPart = Math.max(longestPart, part.duration);
  }
  // A segment at the end of which nothing was written may never have been.
  while (segments.length > 0 && segments.at(-1)?.length === 0) segments.pop();
  return { segments, recent, size, kept, longestPart };
}

/** What is announced again was opened not long ago. */
function findLast(segments: RecordedSegment[], msn: number): RecordedSegment | undefined {
  for (let at = segments.length - 1; at >= 0; at -= 1) {
    const segment = segments[at] as RecordedSegment;
    if (segment.msn === msn) return segment;
    if (segment.msn < msn) return undefined;
  }
  return undefined;
}

export interface LoadedIndex extends ReadIndex {
  text: string;
  /** Bytes of the data file. */
  onDisk: number;
  /** Those that are there and can be read. */
  inits: Map<number, Buffer>;
}

/** Reads what is recorded of a rendition. Segments whose init segment is lost count as headless. */
export async function loadIndex(folder: string): Promise<LoadedIndex> {
  // Whatever bytes a crash has left in it: a character is a byte.
  const text = await fs.readFile(path.join(folder, INDEX), 'latin1').catch(ifMissing(''));
  const stat = await fs.stat(path.join(folder, DATA)).catch(ifMissing(null));
  const onDisk = stat?.size ?? 0;
  const read = readIndex(text, onDisk);
  const inits = new Map<number, Buffer>();
  for (const number of new Set(read.segments.map((segment) => segment.init))) {
    const bytes = await fs.readFile(path.join(folder, initName(number))).catch(() => Buffer.alloc(0));
    if (isInit(bytes)) inits.set(number, bytes);
  }
  for (const segment of read.segments) if (!inits.has(segment.init)) segment.headless = true;
  return { ...read, text, onDisk, inits };
}

export function initName(number: number): string {
  return `init-${number}.mp4`;
}

function isInit(bytes: Buffer): boolean {
  try {
    return new Fmp4Reader().push(bytes).some(({ kind }) => kind === 'init');
  } catch {
    return false;
  }
}

function ifMissing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}
