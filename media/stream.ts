import { MediaError } from './errors.ts';
import { crowdPlaylist, livePlaylist, type PlaylistSegment, type RenditionReport } from './playlist.ts';
import { EARLIEST_CUT } from './segmenter.ts';
import { Waiters } from './waiters.ts';
import { countBefore, numbersFrom, SKIP_UNTIL_TARGETS, targetDurationOf } from './windows.ts';

export interface Part {
  bytes: Buffer;
  /** Microseconds. */
  duration: number;
  independent: boolean;
}

export interface Segment {
  msn: number;
  /** PROGRAM-DATE-TIME of its first frame, epoch ms. */
  pdt: number;
  discontinuity: boolean;
  /** How many discontinuities the broadcast had up to here, this segment's own included. */
  discontinuitySequence: number;
  /** Number of its init segment. */
  init: number;
  parts: Part[];
  /** Length in microseconds of a segment that other renditions have and this one never got: it has no parts. */
  gap?: number;
}

/** Where a stream goes on after a restart of the process: the last segments, all closed. */
export interface StreamState {
  segments: Segment[];
  /** The last media sequence number and encoder run that viewers may have seen; what was lost with the crash is among them. */
  newest: { msn: number; run: number };
  inits: Map<number, Buffer>;
  /** Microseconds; 0 when nothing was published yet. */
  longestPart: number;
  longestSegment: number;
}

/** Which version of the playlist a blocking reload asks for: it holds this part or, without one, the whole segment. */
export interface Reload {
  msn: number;
  part: number | undefined;
  /** Leave out what the player has had already. */
  skip?: boolean;
}

/** So many segments and, where they are shorter than usual, as many as are so long, microseconds. */
interface Window {
  segments: number;
  length: number;
}

/** The playlist: about 24 s for those who fell behind. */
const LISTED: Window = { segments: 12, length: 20_000_000 };

/** A segment stays readable as long again after it left the playlist (rfc8216bis, 6.2.2). */
const RETAINED: Window = { segments: 24, length: 44_000_000 };

/** Parts are listed for about three target durations from the end (rfc8216bis, 4.4.4.9). */
const WITH_PARTS: Window = { segments: 4, length: 6_000_000 };

/** One target for picture and sound, whose parts are 333 and 341 ms. */
const USUAL_PART = 341_334;
const TARGET_STEP = 10_000;

/** A blocking reload that asks for more than the next segment is a mistake (rfc8216bis, 6.2.5.2). */
const MAX_AHEAD_SEGMENTS = 2;

/** One rendition: its window of segments and parts, its playlist, and those who wait for what comes next. */
export class Stream {
  #segments: Segment[];
  #inits: Map<number, Buffer>;
  #open = false;
  #dueAfter = EARLIEST_CUT;
  #ended = false;
  #longestPart: number;
  #longestSegment: number;
  #peakBandwidth = 0;
  /** Rendered playlists of this state: whole, as a delta update, and for a crowd. */
  #texts: { whole?: string; delta?: string; crowd?: string } = {};
  #reports: () => RenditionReport[] = () => [];
  #waiters = new Waiters();
  /** Closed segments that were asked for as a whole. */
  #whole = new WeakMap<Segment, Buffer>();

  constructor(state?: StreamState) {
    this.#segments = state?.segments ?? [];
    this.#inits = state?.inits ?? new Map();
    this.#longestPart = Math.max(USUAL_PART, state?.longestPart ?? 0);
    this.#longestSegment = state?.longestSegment ?? 0;
    for (const segment of this.#segments) this.#noteBandwidth(segment);
  }

  get started(): boolean {
    return this.#segments.length > 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bits per second of the heaviest segment so far. */
  get peakBandwidth(): number {
    return this.#peakBandwidth;
  }

  /** Last media sequence number and part, for the playlists of other renditions (rfc8216bis, 4.4.5.4); null before the first. */
  get newest(): { msn: number; part: number } | null {
    const last = this.#segments.findLast(({ parts }) => parts.length > 0);
    return last ? { msn: last.msn, part: last.parts.length - 1 } : null;
  }

  /** What the playlist says of other renditions, asked whenever it is written. */
  reportWith(reports: () => RenditionReport[]): void {
    this.#reports = reports;
  }

  addInit(number: number, bytes: Buffer): void {
    this.#inits.set(number, bytes);
  }

  /**
   * Closes the open segment, if any, and opens the next with its first part, so that no reader sees the state between.
   * @param dueAfter once it is so long, microseconds, the part that follows is expected to begin the next segment
   */
  cut(segment: Segment, dueAfter = EARLIEST_CUT): void {
    this.#close();
    this.#dueAfter = dueAfter;
    this.#follow(segment);
    this.#open = true;
    this.#forget();
    this.#partAdded(segment);
  }

  append(part: Part): void {
    const last = this.#segments.at(-1);
    if (!this.#open || !last) throw new Error('no open segment');
    last.parts.push(part);
    this.#partAdded(last);
  }

  /** A segment that is missing here. */
  addGap(segment: Segment): void {
    this.#close();
    this.#follow(segment);
    this.#forget();
    this.#changed();
  }

  /** The encoder stopped: what there is of the open segment becomes a segment. */
  closeSegment(): void {
    if (!this.#open) return;
    this.#close();
    this.#changed();
  }

  /** Nothing follows; every waiter gets the final playlist. */
  end(): void {
    if (this.#ended) return;
    this.#close();
    this.#ended = true;
    this.#changed();
  }

  /** @param skip as a delta update, where there is anything to leave out */
  playlist(skip = false): string {
    if (skip) {
      this.#texts.delta ??= this.#render(true);
      return this.#texts.delta;
    }
    this.#texts.whole ??= this.#render(false);
    return this.#texts.whole;
  }

  /** Of whole segments alone. @throws MediaError `not-started` before the first of them. */
  crowdPlaylist(): string {
    this.#texts.crowd ??= this.#renderForCrowd();
    return this.#texts.crowd;
  }

  /**
   * The playlist as soon as it holds what `reload` names. After the time limit, or at the end, the playlist as it is: a
   * player then asks again, while an error would cost it a back-off during a publisher's short absence.
   * @throws MediaError `bad-reload` for a part in the far future; an AbortError when `left` fires.
   */
  async playlistWith(reload: Reload, left: AbortSignal): Promise<string> {
    this.#assertNear(reload);
    await this.#waiters.until(() => this.#ended || this.#holds(reload), left);
    return this.playlist(reload.skip);
  }

  /** The bytes of a part; the one that comes next is waited for. @throws MediaError `not-found`, or an AbortError. */
  async part(msn: number, index: number, left: AbortSignal): Promise<Buffer> {
    const next = this.#next();
    if (!this.#ended && msn === next.msn && index === next.index) {
      await this.#waiters.until(() => this.#ended || this.#find(msn, index) !== undefined || this.#isPast(msn), left);
    }
    const part = this.#find(msn, index);
    if (!part) throw new MediaError('not-found');
    return part.bytes;
  }

  /** The bytes of a closed segment; undefined when it is unknown, gone or still open. */
  segment(msn: number): Buffer | undefined {
    const segment = this.#segments.find((candidate) => candidate.msn === msn);
    if (!segment || segment.gap !== undefined || this.#isOpen(segment)) return undefined;
    // Once for all who read it: a crowd of slow readers must not hold a copy each.
    const whole = this.#whole.get(segment) ?? Buffer.concat(segment.parts.map((part) => part.bytes));
    this.#whole.set(segment, whole);
    return whole;
  }

  /** Undefined when it is unknown or gone. */
  init(number: number): Buffer | undefined {
    return this.#inits.get(number);
  }

  #render(delta: boolean): string {
    const listed = newest(this.#segments, LISTED);
    const next = this.#next();
    const targetDuration = this.#targetDuration;
    const canSkipUntil = SKIP_UNTIL_TARGETS * targetDuration;
    const withParts = newest(listed, WITH_PARTS).length;
    return livePlaylist({
      targetDuration,
      partTarget: Math.ceil(this.#longestPart / TARGET_STEP) * TARGET_STEP,
      canSkipUntil,
      ...numbersFrom(listed[0]),
      skipped: delta && !this.#ended ? countBefore(listed, listed.length, canSkipUntil * 1_000_000, durationOf) : 0,
      segments: listed.map((segment, at) => this.#entry(segment, at >= listed.length - withParts)),
      hintUri: this.#ended ? undefined : partUri(next.msn, next.index),
      reports: this.#ended ? [] : this.#reports(),
    });
  }

  #renderForCrowd(): string {
    const closed = this.#segments.filter((segment) => !this.#isOpen(segment));
    const listed = newest(closed, LISTED);
    if (listed.length === 0) throw new MediaError('not-started');
    return crowdPlaylist({
      targetDuration: this.#targetDuration,
      ...numbersFrom(listed[0]),
      segments: listed.map((segment) => this.#entry(segment, false)),
      ended: this.#ended,
    });
  }

  /** Whole seconds. */
  get #targetDuration(): number {
    return targetDurationOf(this.#longestSegment);
  }

  #entry(segment: Segment, withParts: boolean): PlaylistSegment {
    const parts = withParts ? segment.parts : [];
    return {
      uri: this.#isOpen(segment) ? undefined : `seg-${segment.msn}.m4s`,
      duration: durationOf(segment),
      pdt: segment.pdt,
      discontinuity: segment.discontinuity,
      initUri: `init-${segment.init}.mp4`,
      parts: parts.map(({ duration, independent }, at) => {
        return { uri: partUri(segment.msn, at), duration, independent };
      }),
      gap: segment.gap !== undefined,
    };
  }

  /** The part that comes next, as far as can be told: when a cut is due it begins the next segment. */
  #next(): { msn: number; index: number } {
    const last = this.#segments.at(-1);
    if (!last) return { msn: 0, index: 0 };
    if (!this.#open || durationOf(last) >= this.#dueAfter) return { msn: last.msn + 1, index: 0 };
    return { msn: last.msn, index: last.parts.length };
  }

  #assertNear({ msn, part }: Reload): void {
    const last = this.#segments.at(-1);
    const newest = last?.msn ?? -1;
    if (msn > newest + MAX_AHEAD_SEGMENTS) throw new MediaError('bad-reload');
    if (part === undefined) return;
    // rfc8216bis, 6.2.5.2: the limit is three seconds of parts beyond the last.
    const aheadParts = Math.ceil(3_000_000 / this.#longestPart);
    const known = msn === newest ? (last?.parts.length ?? 0) : 0;
    if (msn >= newest && part > known + aheadParts) throw new MediaError('bad-reload');
  }

  #holds({ msn, part }: Reload): boolean {
    const last = this.#segments.at(-1);
    if (!last || last.msn < msn) return false;
    if (last.msn > msn || !this.#open) return true;
    return part !== undefined && last.parts.length > part;
  }

  #find(msn: number, index: number): Part | undefined {
    return this.#segments.find((segment) => segment.msn === msn)?.parts[index];
  }

  /** Whether no part can be added to the segment any more. */
  #isPast(msn: number): boolean {
    const last = this.#segments.at(-1);
    return last !== undefined && (last.msn > msn || (last.msn === msn && !this.#open));
  }

  #isOpen(segment: Segment): boolean {
    return this.#open && segment === this.#segments.at(-1);
  }

  #close(): void {
    const last = this.#segments.at(-1);
    if (!this.#open || !last) return;
    this.#open = false;
    this.#noteBandwidth(last);
  }

  #partAdded(segment: Segment): void {
    this.#longestPart = Math.max(this.#longestPart, segment.parts.at(-1)?.duration ?? 0);
    this.#longestSegment = Math.max(this.#longestSegment, durationOf(segment));
    this.#changed();
  }

  /** Numbers in a playlist are consecutive: where many were lost, the window begins anew. */
  #follow(segment: Segment): void {
    const last = this.#segments.at(-1);
    if (last && segment.msn !== last.msn + 1) this.#segments = [];
    this.#segments.push(segment);
  }

  #noteBandwidth(segment: Segment): void {
    const bytes = segment.parts.reduce((sum, part) => sum + part.bytes.length, 0);
    this.#peakBandwidth = Math.max(this.#peakBandwidth, (bytes * 8_000_000) / Math.max(1, durationOf(segment)));
  }

  #forget(): void {
    this.#segments = newest(this.#segments, RETAINED);
    const oldest = this.#segments.find(({ gap }) => gap === undefined)?.init ?? 0;
    for (const number of this.#inits.keys()) if (number < oldest) this.#inits.delete(number);
  }

  #changed(): void {
    this.#texts = {};
    this.#waiters.wake();
  }
}

function newest(all: Segment[], { segments, length }: Window): Segment[] {
  return all.slice(Math.min(Math.max(0, all.length - segments), countBefore(all, all.length, length, durationOf)));
}

export function durationOf(segment: Segment): number {
  return segment.gap ?? segment.parts.reduce((sum, part) => sum + part.duration, 0);
}

function partUri(msn: number, index: number): string {
  return `part-${msn}.${index}.m4s`;
}
