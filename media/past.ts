import fs from 'node:fs/promises';
import path from 'node:path';
import { readWhole } from './disk.ts';
import { MediaError } from './errors.ts';
import { segmentText, wholePlaylist } from './playlist.ts';
import { numberedEntry } from './recorded-playlist.ts';
import { DATA, initName, isMissing, lengthOf, type RecordedSegment } from './recording-index.ts';
import { countBefore, numbersFrom, SKIP_UNTIL_TARGETS, targetDurationOf } from './windows.ts';

/** What is recorded of a rendition so far, in order. Nothing is added to the first `count` segments any more. */
export interface Recorded {
  folder: string;
  segments: readonly RecordedSegment[];
  count: number;
  /** Nothing follows. */
  closed: boolean;
}

/** Files read at the same time, over all recordings: what a crowd of late comers reads at once must fit into memory. */
const MAX_READS = 16;

/** A class from its first segment on, as far as it is on the disk: for those who go back, and after the class. */
export class Past {
  readonly #recorded: () => Recorded;
  /** Text of the first `#count` segments, and the init segment that holds at its end. */
  #body = '';
  #count = 0;
  #init: string | undefined;
  #longest = 0;
  #reading = new Map<string, Promise<Buffer>>();

  constructor(recorded: () => Recorded) {
    this.#recorded = recorded;
  }

  get started(): boolean {
    return this.#recorded().count > 0;
  }

  /** @param skip as a delta update, where there is anything to leave out */
  playlist(skip = false): string {
    const { segments, count, closed } = this.#recorded();
    this.#append(segments.slice(this.#count, count));
    const targetDuration = targetDurationOf(this.#longest);
    const canSkipUntil = SKIP_UNTIL_TARGETS * targetDuration;
    const skipped = skip && !closed ? countBefore(segments, count, canSkipUntil * 1_000_000, lengthOf) : 0;
    return wholePlaylist({
      targetDuration,
      canSkipUntil,
      ...numbersFrom(segments[0]),
      skipped,
      body: skipped > 0 ? segmentText(segments.slice(skipped, count).map(numberedEntry)) : this.#body,
      closed,
    });
  }

  /** @throws MediaError `not-found` for a segment that was never recorded, or is not closed yet */
  segment(msn: number): Promise<Buffer> {
    const { folder, segments, count } = this.#recorded();
    const segment = find(segments, count, msn);
    if (!segment || isMissing(segment)) throw new MediaError('not-found');
    const { offset, length } = segment;
    return this.#read(`${msn}`, () => readWhole(path.join(folder, DATA), offset, length));
  }

  /** @throws MediaError `not-found` */
  init(number: number): Promise<Buffer> {
    return this.#read(`init ${number}`, () => fs.readFile(path.join(this.#recorded().folder, initName(number))));
  }

  /** Those who ask for the same at the same time get it from one reading. */
  #read(key: string, work: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.#reading.get(key);
    if (known) return known;
    const reading = gated(work)
      .catch((error: unknown) => {
        throw new MediaError('not-found', { cause: error });
      })
      .finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  /** The text grows as the class does, which may have thousands of segments. */
  #append(segments: RecordedSegment[]): void {
    const entries = segments.map(numberedEntry);
    this.#body += segmentText(entries, this.#init);
    this.#init = entries.findLast(({ gap }) => !gap)?.initUri ?? this.#init;
    this.#longest = segments.reduce((longest, segment) => Math.max(longest, lengthOf(segment)), this.#longest);
    this.#count += segments.length;
  }
}

function find(segments: readonly RecordedSegment[], count: number, msn: number): RecordedSegment | undefined {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((segments[middle] as RecordedSegment).msn < msn) from = middle + 1;
    else to = middle;
  }
  return from < count && segments[from]?.msn === msn ? segments[from] : undefined;
}

let reads = 0;
const waiting: (() => void)[] = [];

async function gated<T>(work: () => Promise<T>): Promise<T> {
  while (reads >= MAX_READS) await new Promise<void>((resolve) => waiting.push(resolve));
  reads += 1;
  try {
    return await work();
  } finally {
    reads -= 1;
    waiting.shift()?.();
  }
}
