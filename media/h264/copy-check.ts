import type { Rung } from '../ladder.ts';
import { fillsParts, LONGEST_PART_MS, partEndsAt, SHORTEST_PART_MS } from '../parts.ts';
import type { Cadence } from '../segmenter.ts';
import { type DecoderConfiguration, NAL, nalType, nalUnits, readDecoderConfiguration } from './avcc.ts';
import { hasRecoveryPoint } from './sei.ts';
import { readSequenceParameters, type SequenceParameters } from './sps.ts';

/** A picture as the publisher sends it. */
export interface Picture {
  /** ms */
  timestamp: number;
  key: boolean;
  /** How much later it is shown than decoded, ms. */
  compositionOffset: number;
  /** NAL units with their lengths. */
  sample: Buffer;
}

/** What the publisher says of its picture. */
export interface Announced {
  framesPerSecond: number | null;
  /** Bits per second. */
  bitrate: number | null;
}

/** Profiles that every browser plays: baseline, main, high. */
const PROFILES = new Set([66, 77, 100]);
/** 4.1, with which phones of many years ago manage. */
const MAX_LEVEL = 41;
const MIN_FPS = 10;
const MAX_FPS = 30.01;
/** Frames of a second are counted over few of them. */
const MAX_COUNTED_FPS = 31;

/** A segment of two seconds, and what the publisher's rounding adds. */
const KEY_FRAME_WITHIN_MS = 2_050;
const ROUNDING_MS = 50;
/** After so many of the same length it is known at which distance the publisher makes key frames at the latest. */
const KNOWN_FROM = 3;
/** And over so long, ms: those at changes of scene may be regular for a while. */
const KNOWN_AFTER_MS = 20_000;

/** What is a rung at this much of its own peak goes to viewers as it is: above, it would cost too many of them too much. */
const MAX_OF_PEAK = 1.5;
/** Over so long at most and at least, ms: an encoder begins with what its buffer holds. */
const RATE_WINDOW_MS = 10_000;
const RATE_KNOWN_MS = 8_000;
/** And one segment, which is what a player is told before it comes. */
const SEGMENT_OF_PEAK = 2;
/** About a segment. */
const PEAK_WINDOW_MS = 1_900;
/** Frames that were counted may be other than was said by this much. */
const MAX_OFF_RATE = 0.2;

/** Whoever did something that rules out copying is not copied for so long, stream ms. */
const PROBATION_MS = 60_000;
/** More between two frames says nothing of how long it went well, ms. */
const MAX_COUNTED_MS = 1_000;

/**
 * Watches a publisher's H.264 for whether viewers can be given it as it is: whether browsers play it, whether segments and
 * parts can be cut of it, and whether it is not too large. What it has seen in a preview or on standby it knows in class.
 */
export class CopyCheck {
  #config: (DecoderConfiguration & { parameters: SequenceParameters }) | null = null;
  #unplayable: string | null = 'no configuration yet';
  #announced: Announced = { framesPerSecond: null, bitrate: null };
  #framesPerSecond: number | null = null;
  /** The last thing that ruled out copying, and for how long there was nothing since. */
  #offence: { reason: string; goodMs: number } | null = null;
  #last: { timestamp: number; key: boolean } | null = null;
  #partFrom = 0;
  /** Before the last key frame, ms. */
  #lastPart = 0;
  #group: { from: number; bytes: number; frames: number } | null = null;
  #groups: { ms: number; bytes: number }[] = [];
  #longest = 0;
  #asLong = 0;
  /** Since it is so, ms. */
  #asLongMs = 0;
  #peak = 0;
  /** Of about a segment, the last one. */
  #recent = 0;

  /** @param record AVCDecoderConfigurationRecord */
  configure(record: Buffer, announced: Announced): void {
    this.#announced = announced;
    this.#groups = [];
    this.#peak = 0;
    this.#recent = 0;
    try {
      const config = readDecoderConfiguration(record);
      const parameters = readSequenceParameters(config.sequenceSets[0] ?? Buffer.alloc(0));
      this.#config = { ...config, parameters };
      this.#framesPerSecond = announced.framesPerSecond ?? parameters.framesPerSecond;
      this.#unplayable = config.sequenceSets.length === 1 ? objectionTo(parameters) : 'several sequence parameter sets';
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#config = null;
      this.#unplayable = 'its configuration cannot be read';
    }
  }

  /** For each picture, in order, before anybody asks about it. */
  take(picture: Picture): void {
    const { timestamp, key } = picture;
    const last = this.#last;
    this.#last = { timestamp, key };
    const reason = this.#wrongWith(picture) ?? (last ? this.#unevenAfter(last, picture) : null);
    if (last && this.#offence)
      this.#offence.goodMs += Math.max(0, Math.min(timestamp - last.timestamp, MAX_COUNTED_MS));
    if (reason !== null) this.#offend(reason);
    this.#count(picture);
  }

  /** Why the picture cannot be this rung as it is; null when it can. Heavier than before it is with a key frame only. */
  objection({ height, peak }: Rung): string | null {
    const parameters = this.#config?.parameters;
    if (this.#unplayable !== null || !parameters) return this.#unplayable;
    if (parameters.height > height) return `${parameters.height} lines`;
    const rate = this.#framesPerSecond;
    if (rate === null) return 'its frame rate is not known yet';
    if (rate < MIN_FPS || rate > MAX_FPS || !fillsParts(rate)) return `${rate} frames a second`;
    if (this.#offence && this.#offence.goodMs < PROBATION_MS) return this.#offence.reason;
    const bits = Math.max(this.#bitrate ?? 0, this.#announced.bitrate ?? 0);
    if (bits > peak * MAX_OF_PEAK * 1_000) return `${Math.round(bits / 1_000)} kbit/s`;
    return this.#recent > peak * SEGMENT_OF_PEAK * 1_000
      ? `${Math.round(this.#recent / 1_000)} kbit/s in a segment`
      : null;
  }

  /** It turned out elsewhere that viewers cannot be given it as it is. */
  refuse(reason: string): void {
    this.#offend(reason);
  }

  /** Of what is shown; null while it is not known. */
  get height(): number | null {
    return this.#config?.parameters.height ?? null;
  }

  /** By which parts are cut; null while it is not known. */
  get framesPerSecond(): number | null {
    return this.#framesPerSecond;
  }

  /** What comes otherwise is an objection. */
  get cadence(): Cadence {
    const every = this.#asLong >= KNOWN_FROM ? this.#longest * 1_000 : null;
    return { within: this.#within * 1_000, every, fillsParts: this.#lastPart >= SHORTEST_PART_MS };
  }

  get #within(): number {
    if (this.#asLongMs < KNOWN_AFTER_MS) return KEY_FRAME_WITHIN_MS;
    return Math.min(KEY_FRAME_WITHIN_MS, this.#longest + ROUNDING_MS);
  }

  /** Bits per second of the heaviest two seconds, or as many as there may be: a quiet beginning says nothing of what follows. */
  peakOf({ peak }: Rung): number {
    return Math.max(this.#peak, peak * SEGMENT_OF_PEAK * 1_000);
  }

  get #bitrate(): number | null {
    const ms = this.#groups.reduce((sum, group) => sum + group.ms, 0);
    return ms < RATE_KNOWN_MS ? null : rateOf(this.#groups);
  }

  #wrongWith({ key, compositionOffset, sample }: Picture): string | null {
    const config = this.#config;
    if (!config) return null;
    if (compositionOffset !== 0) return 'frames are not in the order of their display';
    try {
      const nals = nalUnits(sample, config.lengthSize);
      return nals.map((nal) => wrongNal(nal, key, config)).find((wrong) => wrong !== null) ?? missing(nals, key);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return 'damaged frames';
    }
  }

  #unevenAfter(last: { timestamp: number; key: boolean }, { timestamp, key }: Picture): string | null {
    if (timestamp <= last.timestamp) return 'timestamps don’t grow';
    if (key && last.key) return 'key frames alone';
    const rate = this.#framesPerSecond;
    const part = timestamp - this.#partFrom;
    const isWhole = rate !== null && part * 1_000 >= partEndsAt(rate);
    if (key || isWhole) this.#partFrom = timestamp;
    if (key) this.#lastPart = part;
    if (part > LONGEST_PART_MS || (isWhole && part < SHORTEST_PART_MS)) return 'frames come unevenly';
    const distance = this.#group ? timestamp - this.#group.from : 0;
    if (distance > this.#within) return `no key frame for ${distance} ms`;
    return key ? this.#wrongGroup(distance) : null;
  }

  #wrongGroup(ms: number): string | null {
    const before = this.#groups.at(-1)?.ms ?? Number.POSITIVE_INFINITY;
    if (this.#group && Math.max(ms, before) <= LONGEST_PART_MS) return 'key frames closer than parts';
    if (ms < MAX_COUNTED_MS - ROUNDING_MS) return null;
    const counted = ((this.#group?.frames ?? 0) * 1_000) / ms;
    if (counted > MAX_COUNTED_FPS) return 'more than 30 frames a second';
    const said = this.#framesPerSecond ?? counted;
    return Math.abs(counted / said - 1) > MAX_OFF_RATE ? `${Math.round(counted)} frames a second, not ${said}` : null;
  }

  #offend(reason: string): void {
    this.#offence = { reason, goodMs: 0 };
    this.#longest = 0;
    this.#asLong = 0;
    this.#asLongMs = 0;
  }

  #count({ timestamp, key, sample }: Picture): void {
    if (!key) {
      if (!this.#group) return;
      this.#group.bytes += sample.length;
      this.#group.frames += 1;
      return;
    }
    this.#partFrom = timestamp;
    const group = this.#group;
    this.#group = { from: timestamp, bytes: sample.length, frames: 1 };
    const ms = group ? timestamp - group.from : 0;
    if (group && ms > 0) this.#closeGroup({ ...group, ms });
  }

  #closeGroup({ ms, bytes, frames }: { ms: number; bytes: number; frames: number }): void {
    if (ms > this.#longest + ROUNDING_MS) {
      this.#asLong = 0;
      this.#asLongMs = 0;
    }
    if (ms >= this.#longest - ROUNDING_MS) this.#asLong += 1;
    this.#asLongMs += ms;
    this.#longest = Math.max(this.#longest, ms);
    const isEven = !this.#offence || this.#offence.goodMs >= ms;
    if (isEven && ms >= MAX_COUNTED_MS - ROUNDING_MS) this.#framesPerSecond ??= Math.round((frames * 1_000) / ms);
    this.#groups = newest([...this.#groups, { ms, bytes }], RATE_WINDOW_MS);
    const recent = newest(this.#groups, PEAK_WINDOW_MS);
    const known = recent.reduce((sum, each) => sum + each.ms, 0);
    if (known < PEAK_WINDOW_MS) return;
    this.#recent = rateOf(recent);
    this.#peak = Math.max(this.#peak, this.#recent);
  }
}

function objectionTo(parameters: SequenceParameters): string | null {
  const { profile, level, chromaFormat, bitDepth, progressive, squarePixels, reordered } = parameters;
  if (!PROFILES.has(profile) || chromaFormat !== 1 || bitDepth !== 8) return `profile ${profile}`;
  if (level > MAX_LEVEL) return `level ${level}`;
  if (!progressive) return 'interlaced';
  if (!squarePixels) return 'its pixels are not square';
  return reordered === 0 ? null : 'frames may not be in the order of their display';
}

/** ffmpeg's decoder must see key frames where the container says so, or rungs would be cut at different frames. */
function wrongNal(nal: Buffer, key: boolean, { sequenceSets, pictureSets }: DecoderConfiguration): string | null {
  switch (nalType(nal)) {
    case NAL.slice:
      return key ? 'key frames that are none' : null;
    case NAL.idr:
      return key ? null : 'key frames that are not called so';
    case 2:
    case 3:
    case 4:
      return 'data partitions';
    case NAL.sei:
      return !key && hasRecoveryPoint(nal) ? 'recovery points instead of key frames' : null;
    case NAL.sequenceSet:
      return sequenceSets.some((known) => known.equals(nal)) ? null : 'another configuration between frames';
    case NAL.pictureSet:
      return pictureSets.some((known) => known.equals(nal)) ? null : 'another configuration between frames';
    default:
      return null;
  }
}

function missing(nals: Buffer[], key: boolean): string | null {
  const expected = key ? NAL.idr : NAL.slice;
  return nals.some((nal) => nalType(nal) === expected) ? null : 'frames without a picture';
}

/** The last of them that make up so long, ms, or all. */
function newest(groups: { ms: number; bytes: number }[], atLeast: number): { ms: number; bytes: number }[] {
  let ms = 0;
  const from = groups.findLastIndex((group) => {
    ms += group.ms;
    return ms >= atLeast;
  });
  return groups.slice(Math.max(0, from));
}

function rateOf(groups: { ms: number; bytes: number }[]): number {
  const sum = (of: 'ms' | 'bytes') => groups.reduce((all, group) => all + group[of], 0);
  return (sum('bytes') * 8_000) / sum('ms');
}
