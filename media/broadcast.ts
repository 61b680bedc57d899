import type { Broadcast as BroadcastInfo, SourceFormat } from '#contract/media.ts';
import type { Fragment } from './fmp4.ts';
import type { InitSegment } from './init-segment.ts';
import { multivariantPlaylist } from './playlist.ts';
import type { Recorder } from './recorder.ts';
import { place } from './segmenter.ts';
import { durationOf, type Segment, Stream, type StreamState } from './stream.ts';

/** Everything under one URL prefix: what its publishers sent, one after the other, as one stream. */
export class Broadcast {
  readonly info: BroadcastInfo;
  readonly stream: Stream;
  readonly #recorder: Recorder | null;
  readonly #onStarted: (firstPdt: number) => void;
  #last: Segment | undefined;
  #init: { number: number; segment: InitSegment; listed: boolean } | undefined;
  #runs: number;
  #interrupted: boolean;
  /** Who read something lately: token id → epoch ms. */
  #readers = new Map<string, number>();

  /** What is being published into it now. */
  source: SourceFormat | null = null;

  constructor(
    info: BroadcastInfo,
    recording: { recorder: Recorder; state: StreamState | undefined } | null,
    onStarted: (firstPdt: number) => void,
  ) {
    this.info = info;
    this.stream = new Stream(recording?.state);
    this.#recorder = recording?.recorder ?? null;
    this.#onStarted = onStarted;
    this.#last = recording?.state?.segments.at(-1);
    this.#runs = this.#last?.init ?? 0;
    this.#interrupted = this.#last !== undefined;
  }

  /** An encoder begins, or this broadcast takes over from another: what follows needs this init segment. */
  begin(init: InitSegment): void {
    this.stream.closeSegment();
    this.#interrupted = this.#last !== undefined;
    this.#runs += 1;
    this.#init = { number: this.#runs, segment: init, listed: false };
  }

  /** Adds a fragment; `pdtOf` gives the wall time at which it starts and is asked once a segment. */
  take(fragment: Fragment, pdtOf: () => number): void {
    if (!this.#init || this.stream.ended) return;
    const placement = place(this.stream.openDuration, fragment);
    if (placement === 'skip') return;
    const { bytes, duration, independent } = fragment;
    const part = { bytes, duration, independent };
    if (placement === 'append') {
      this.stream.append(part);
      this.#recorder?.part(part);
      return;
    }
    if (!this.#init.listed) {
      this.#init.listed = true;
      this.stream.addInit(this.#init.number, this.#init.segment.bytes);
      this.#recorder?.init(this.#init.number, this.#init.segment.bytes);
    }
    const previous = this.#last;
    const discontinuity = this.#interrupted;
    const segment: Segment = {
      msn: previous ? previous.msn + 1 : 0,
      // Never before the end of what came last, whatever a clock did.
      pdt: Math.round(Math.max(pdtOf(), previous ? endOf(previous) : 0)),
      discontinuity,
      discontinuitySequence: (previous?.discontinuitySequence ?? 0) + (discontinuity ? 1 : 0),
      init: this.#init.number,
      parts: [part],
    };
    this.#interrupted = false;
    this.#last = segment;
    this.#recorder?.segment({ ...segment, parts: [part] });
    this.stream.cut(segment);
    if (!previous) this.#onStarted(segment.pdt);
  }

  /** The publisher has gone; another may come. */
  pause(): void {
    this.stream.closeSegment();
    this.source = null;
  }

  /** Nothing follows. */
  async end(): Promise<{ durationMs: number; bytes: number }> {
    this.stream.end();
    const closed = await this.#recorder?.close();
    return { durationMs: Math.round((closed?.duration ?? 0) / 1_000), bytes: closed?.bytes ?? 0 };
  }

  settled(): Promise<void> {
    return this.#recorder?.settled() ?? Promise.resolve();
  }

  /** End of the last frame, epoch ms; null before the first. */
  get lastPdt(): number | null {
    return this.#last ? Math.round(endOf(this.#last)) : null;
  }

  multivariant(): string {
    const init = this.#init?.segment;
    const { peakBandwidth } = this.stream;
    return multivariantPlaylist([
      {
        uri: 'live.m3u8',
        bandwidth: Math.max(peakBandwidth, 1_500_000),
        codecs: init?.codecs ?? '',
        width: init?.width ?? null,
        height: init?.height ?? null,
      },
    ]);
  }

  noteReader(tokenId: string, now: number): void {
    this.#readers.delete(tokenId);
    this.#readers.set(tokenId, now);
  }

  /** Distinct readers since `since`, epoch ms. */
  readersSince(since: number): number {
    for (const [tokenId, at] of this.#readers) {
      if (at >= since) break;
      this.#readers.delete(tokenId);
    }
    return this.#readers.size;
  }
}

function endOf(segment: Segment): number {
  return segment.pdt + durationOf(segment) / 1_000;
}
