import { Fmp4Reader, type Fragment } from './fmp4.ts';
import type { InitSegment } from './init-segment.ts';
import { Past } from './past.ts';
import type { RenditionRecorder } from './recorder.ts';
import { expectedCut, SEGMENT_TARGET } from './segmenter.ts';
import { type Part, Stream, type StreamState } from './stream.ts';
import { type Boundary, ON_BOUNDARY, type Placement, pdtAt, type Timeline } from './timeline.ts';

/** Sound that waits for the picture is bounded by this many fragments, about ten seconds; then the oldest goes. */
const MAX_WAITING = 32;

/** One rung of the picture, or the sound: its window for viewers and its place on the disk. */
export class Rendition {
  readonly name: string;
  readonly kind: 'picture' | 'sound';
  readonly stream: Stream;
  /** From the first segment on; null where nothing is recorded. */
  readonly past: Past | null;
  readonly #recorder: RenditionRecorder | null;
  readonly #timeline: Timeline;
  /** Where the open segment began. */
  #open: Boundary | undefined;
  #lastMsn: number;
  /** Microseconds. */
  #lastPart = 0;
  /** Number of the last listed init segment. */
  #lastInit: number;
  #init: { run: number; segment: InitSegment; listed: boolean } | undefined;
  /** Sound of which it is not known yet to which segment it belongs. */
  #waiting: Fragment[] = [];

  constructor(
    name: string,
    kind: 'picture' | 'sound',
    timeline: Timeline,
    recording: { recorder: RenditionRecorder; state: StreamState | undefined } | null,
  ) {
    this.name = name;
    this.kind = kind;
    this.#timeline = timeline;
    this.stream = new Stream(recording?.state);
    const recorder = recording?.recorder ?? null;
    this.#recorder = recorder;
    this.past = recorder && new Past(() => recorder.recorded);
    const last = recording?.state?.segments.at(-1);
    this.#lastMsn = last?.msn ?? -1;
    this.#lastInit = last?.init ?? 0;
    const init = recording?.state?.inits.get(this.#lastInit);
    const segment = init && new Fmp4Reader().push(init)[0];
    if (segment?.kind === 'init') this.#init = { run: this.#lastInit, segment, listed: true };
  }

  /** Of the running encoder, or the last one. */
  get init(): InitSegment | undefined {
    return this.#init?.segment;
  }

  /** The encoder that fed it has ended: what there is becomes a segment. */
  closeSegment(): void {
    this.#release();
    this.#open = undefined;
    this.#recorder?.finish();
    this.stream.closeSegment();
  }

  /** What follows needs this init segment. */
  begin(init: InitSegment): void {
    this.#init = { run: this.#timeline.run, segment: init, listed: false };
  }

  /** Adds a fragment; `pdtOf` gives the wall time at which it starts. */
  take(fragment: Fragment, pdtOf: () => number): void {
    if (!this.#init || this.stream.ended) return;
    if (this.kind === 'picture') {
      this.#place(fragment, this.#timeline.picture(this.#open, fragment, pdtOf, this.#lastPart));
      return;
    }
    this.#waiting.push(fragment);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.followPicture();
  }

  /** The pictures have come further: places the sound that waited for it. */
  followPicture(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const placement = this.#timeline.sound(this.#open, next);
      if (placement.kind === 'wait') return;
      this.#waiting.shift();
      this.#place(next, placement);
    }
  }

  end(): void {
    this.#release();
    this.stream.end();
  }

  /** At the very end sound has no picture to wait for; what goes on beyond the picture was never shown with anything. */
  #release(): void {
    this.followPicture();
    const shown = this.#waiting.splice(0).filter((fragment) => fragment.start < this.#timeline.pictureEnd);
    for (const fragment of shown) this.#place(fragment, { kind: this.#open ? 'append' : 'skip' });
  }

  #place(fragment: Fragment, placement: Placement): void {
    const { bytes, duration, independent } = fragment;
    const part = { bytes, duration, independent };
    this.#lastPart = duration;
    if (placement.kind === 'append') {
      this.stream.append(part);
      this.#recorder?.part(part);
    } else if (placement.kind === 'cut') {
      this.#cut(placement.at, fragment.start, part);
    }
  }

  #cut(boundary: Boundary, start: number, part: Part): void {
    this.#fillGaps(boundary);
    this.#listInit();
    const { msn, discontinuity, discontinuitySequence, run } = boundary;
    const pdt = Math.round(pdtAt(boundary, start));
    const segment = { msn, pdt, discontinuity, discontinuitySequence, init: run };
    this.#open = boundary;
    this.#lastMsn = msn;
    this.#recorder?.segment({ ...segment, parts: [part] });
    const { cadence } = this.#timeline;
    const due = expectedCut(cadence);
    // Sound goes to the segment in which most of it lies.
    const length = cadence ? due : SEGMENT_TARGET;
    const soundDue = boundary.start + length - start - part.duration / 2 - ON_BOUNDARY;
    this.stream.cut({ ...segment, parts: [part] }, this.kind === 'sound' ? soundDue : due);
  }

  /** Segments that other renditions have and this one never got are listed as missing (rfc8216bis, 4.4.4.7). */
  #fillGaps(boundary: Boundary): void {
    // A rendition that begins later than others begins with its first segment.
    if (this.#lastMsn < 0) return;
    for (const missing of this.#timeline.between(this.#lastMsn, boundary.msn)) {
      const { msn, pdt, discontinuity, discontinuitySequence, length } = missing;
      const gap = length ?? 0;
      const segment = { msn, pdt, discontinuity, discontinuitySequence, init: this.#lastInit, gap, parts: [] };
      this.#recorder?.segment(segment);
      this.stream.addGap(segment);
    }
  }

  #listInit(): void {
    if (!this.#init || this.#init.listed) return;
    this.#init.listed = true;
    const { run, segment } = this.#init;
    this.#lastInit = run;
    this.stream.addInit(run, segment.bytes);
    this.#recorder?.init(run, segment.bytes);
  }
}
