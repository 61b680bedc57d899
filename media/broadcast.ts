import type { Broadcast as BroadcastInfo, RecordingState, SourceFormat } from '#contract/media.ts';
import type { Fragment } from './fmp4.ts';
import type { InitSegment } from './init-segment.ts';
import { outputFor, RENDITIONS, RUNGS, SOUND, SOUND_BITRATE } from './ladder.ts';
import { multivariantPlaylist, type Variant } from './playlist.ts';
import { Readers } from './readers.ts';
import type { Recording } from './recording.ts';
import { Rendition } from './rendition.ts';
import type { Copied } from './source.ts';
import { durationOf, type StreamState } from './stream.ts';
import { type Boundary, Timeline, type TimelineState } from './timeline.ts';

/** The way into a broadcast for one encoder run, or for the slate. It leads nowhere once another has begun. */
export interface Input {
  /** What follows from this output needs this init segment. */
  init(output: string, init: InitSegment): void;
  /** Adds a fragment; `pdtOf` gives the wall time at which it starts and is asked once a segment. */
  take(output: string, fragment: Fragment, pdtOf: () => number): void;
}

/** Everything under one URL prefix: what its publishers sent, one after the other, as one stream in several renditions. */
export class Broadcast {
  readonly info: BroadcastInfo;
  readonly readers = new Readers();
  readonly #recording: Recording | null;
  readonly #onStarted: (firstPdt: number) => void;
  readonly #timeline: Timeline;
  #renditions = new Map<string, Rendition>();
  #input: { onReplaced: () => void } | null = null;
  /** Peak of those renditions that show a publisher's own picture, bits per second. */
  #copied: { renditions: Rendition[]; copied: Copied } | null = null;
  #reported: boolean;
  #ended = false;

  /** What is being published into it now. */
  source: SourceFormat | null = null;

  constructor(info: BroadcastInfo, recording: Recording | null, onStarted: (firstPdt: number) => void) {
    this.info = info;
    this.#recording = recording;
    this.#onStarted = onStarted;
    const restored = recording?.restored ?? new Map<string, StreamState>();
    this.#timeline = new Timeline(timelineOf([...restored.values()]));
    this.#reported = this.#timeline.end !== null;
    // Killed before there was a picture, it may have made the folders of some renditions only: its next publisher makes the rungs.
    const hasPicture = [...restored].some(([name, state]) => name !== SOUND && state);
    if (hasPicture) this.#prepare([...restored.keys(), SOUND]);
  }

  /** Whether a player finds every rendition with a segment in it. */
  get started(): boolean {
    const renditions = [...this.#renditions.values()];
    return renditions.length > 0 && renditions.every(({ stream }) => stream.started);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether something is being put into it. */
  get busy(): boolean {
    return this.#input !== null;
  }

  /** Names of its rungs from the top down; empty before the first publisher. They stay the same to the end. */
  get rungs(): string[] {
    return [...this.#renditions.keys()].filter((name) => name !== SOUND);
  }

  rendition(name: string): Rendition | undefined {
    return this.#renditions.get(name);
  }

  /**
   * An encoder with these outputs begins, or the slate: what came from elsewhere before ends here.
   * @param onReplaced called once, when another input begins
   * @param copied the publisher's own picture among the outputs
   */
  begin(outputs: string[], onReplaced: () => void = () => undefined, copied: Copied | null = null): Input {
    const before = this.#input;
    const input = { onReplaced };
    this.#input = input;
    before?.onReplaced();
    this.#closeSegments();
    this.#timeline.beginRun(copied);
    if (this.#renditions.size === 0) this.#prepare(outputs);
    const fed = new Map<string, Rendition[]>(outputs.map((output) => [output, []]));
    for (const rendition of this.#renditions.values()) {
      const output = rendition.kind === 'sound' ? SOUND : outputFor(rendition.name, outputs);
      if (output !== undefined) fed.get(output)?.push(rendition);
    }
    this.#copied = copied && { renditions: fed.get(copied.output) ?? [], copied };
    return {
      init: (output, init) => {
        if (this.#input !== input) return;
        for (const rendition of fed.get(output) ?? []) rendition.begin(init);
      },
      take: (output, fragment, pdtOf) => {
        if (this.#input === input) this.#take(output, fed.get(output) ?? [], fragment, pdtOf);
      },
    };
  }

  #take(output: string, renditions: Rendition[], fragment: Fragment, pdtOf: () => number): void {
    if (this.#ended) return;
    for (const rendition of renditions) rendition.take(fragment, pdtOf);
    if (output !== SOUND) this.#renditions.get(SOUND)?.followPicture();
    const { first } = this.#timeline;
    if (this.#reported || first === null || !this.started) return;
    this.#reported = true;
    this.#onStarted(first);
  }

  /** Nothing comes for now; another input may begin. */
  pause(): void {
    const before = this.#input;
    this.#input = null;
    this.#copied = null;
    before?.onReplaced();
    this.#closeSegments();
    this.source = null;
  }

  /** Nothing follows. */
  async end(): Promise<{ durationMs: number; bytes: number }> {
    this.#ended = true;
    for (const rendition of this.#renditions.values()) rendition.end();
    const closed = await this.#recording?.close(this.multivariant('index.m3u8'));
    return { durationMs: Math.round((closed?.duration ?? 0) / 1_000), bytes: closed?.bytes ?? 0 };
  }

  /** Whether what is published reaches the disk. */
  get recorded(): RecordingState {
    return this.#recording?.state ?? 'none';
  }

  settled(): Promise<void> {
    return this.#recording?.settled() ?? Promise.resolve();
  }

  /** End of the last frame, epoch ms; null before the first. */
  get lastPdt(): number | null {
    const { end } = this.#timeline;
    return end === null ? null : Math.round(end);
  }

  /** @param file name of each rendition's playlist */
  multivariant(file = 'live.m3u8', only?: typeof SOUND): string {
    const sound = this.#soundVariant(file);
    const pictures = only ? [] : this.rungs.map((name) => this.#pictureVariant(name, file, sound));
    return multivariantPlaylist({ pictures, sound });
  }

  #pictureVariant(name: string, file: string, sound: Variant): Variant {
    const rendition = this.#renditions.get(name);
    const rung = RUNGS.find((each) => each.name === name);
    const init = rendition?.init;
    const peaks = [rendition?.stream.peakBandwidth ?? 0, (rung?.peak ?? 0) * 1_000];
    if (this.#copied && rendition && this.#copied.renditions.includes(rendition))
      peaks.push(this.#copied.copied.peakBitrate);
    return {
      uri: `${name}/${file}`,
      bandwidth: Math.max(...peaks) + sound.bandwidth,
      codecs: [init?.codecs, sound.codecs].filter(Boolean).join(','),
      width: init?.width ?? null,
      height: init?.height ?? null,
    };
  }

  #soundVariant(file: string): Variant {
    const rendition = this.#renditions.get(SOUND);
    return {
      uri: `${SOUND}/${file}`,
      bandwidth: Math.max(rendition?.stream.peakBandwidth ?? 0, SOUND_BITRATE * 1_000),
      codecs: rendition?.init?.codecs ?? '',
      width: null,
      height: null,
    };
  }

  #prepare(names: string[]): void {
    for (const name of RENDITIONS.filter((each) => names.includes(each))) {
      const recorder = this.#recording?.rendition(name);
      const state = this.#recording?.restored.get(name);
      const kind = name === SOUND ? 'sound' : 'picture';
      this.#renditions.set(name, new Rendition(name, kind, this.#timeline, recorder ? { recorder, state } : null));
    }
    for (const { name, stream } of this.#renditions.values()) stream.reportWith(() => this.#reportsBut(name));
  }

  #reportsBut(name: string): { uri: string; msn: number; part: number }[] {
    return [...this.#renditions.values()].flatMap((other) => {
      const newest = other.name === name ? null : other.stream.newest;
      return newest ? [{ uri: `../${other.name}/live.m3u8`, ...newest }] : [];
    });
  }

  #closeSegments(): void {
    // Pictures first: sound is placed by them.
    for (const rendition of this.#renditions.values()) rendition.closeSegment();
  }
}

/** The rendition that came furthest knows every boundary. */
function timelineOf(states: (StreamState | undefined)[]): TimelineState | undefined {
  let furthest: TimelineState | undefined;
  let newest = { msn: -1, run: 0 };
  for (const state of states) {
    if (!state) continue;
    newest = { msn: Math.max(newest.msn, state.newest.msn), run: Math.max(newest.run, state.newest.run) };
    const boundaries = state.segments.map((segment): Boundary => {
      const { msn, pdt, discontinuity, discontinuitySequence, init } = segment;
      return { msn, pdt, discontinuity, discontinuitySequence, run: init, start: 0, length: durationOf(segment) };
    });
    const last = boundaries.at(-1);
    if (!last) continue;
    const end = last.pdt + (last.length ?? 0) / 1_000;
    const before = furthest?.boundaries.at(-1)?.msn ?? -1;
    if (last.msn > before) furthest = { boundaries, end: Math.max(end, furthest?.end ?? 0) };
    else if (furthest && last.msn === before) furthest.end = Math.max(furthest.end, end);
  }
  return furthest && afterLoss(furthest, newest);
}

/** What a viewer may have got of a segment or an encoder run that was lost with a crash: no longer than this, microseconds. */
const LOST = 341_334;

/**
 * Addresses are cached for ever, so that no number is given out twice: the number after the newest stands for what was lost, and
 * is a gap.
 */
function afterLoss({ boundaries, end }: TimelineState, newest: { msn: number; run: number }): TimelineState {
  const { discontinuitySequence } = boundaries.at(-1) as Boundary;
  const lost = { msn: newest.msn + 1, run: newest.run + 1, start: 0, pdt: Math.round(end), length: LOST };
  const boundary: Boundary = { ...lost, discontinuity: false, discontinuitySequence };
  return { boundaries: [...boundaries, boundary], end: end + LOST / 1_000 };
}
