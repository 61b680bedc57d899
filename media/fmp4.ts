import { type Box, boxAt, boxesIn, requireBytes } from './boxes.ts';
import { decodeInit, type InitSegment, type Track } from './init-segment.ts';

/** A moof with its mdat. Times are whole microseconds on the encoder's clock, so that neighbours add up exactly. */
export interface Fragment {
  kind: 'fragment';
  bytes: Buffer;
  /** Decode time of the first sample. */
  start: number;
  duration: number;
  /** Decoding can begin here: the first video sample is a key frame. */
  independent: boolean;
  /** False for a fragment that holds sound alone although the stream has a picture. */
  hasVideo: boolean;
}

/** The stream is not fragmented MP4 as our encoder writes it; nothing after it can be trusted. */
export class Fmp4Error extends Error {}

/** Far above a fragment of 1/3 s at any sane bitrate; a larger box means garbage, not picture. */
const MAX_BOX_BYTES = 32 * 1024 * 1024;
const NON_SYNC_SAMPLE = 0x1_0000;

/** Cuts the byte stream of one encoder run into its init segment and fragments, as soon as each is complete. */
export class Fmp4Reader {
  #rest: Buffer = Buffer.alloc(0);
  #ftyp: Buffer | undefined;
  #init: InitSegment | undefined;
  #moof: Buffer | undefined;

  /** @throws Fmp4Error when the bytes can't be our encoder's output. */
  push(chunk: Buffer): (InitSegment | Fragment)[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: (InitSegment | Fragment)[] = [];
    for (let box = this.#nextBox(); box; box = this.#nextBox()) {
      const item = this.#take(box.type, box.bytes);
      if (item) found.push(item);
    }
    return found;
  }

  #nextBox(): { type: string; bytes: Buffer } | undefined {
    if (this.#rest.length < 8) return undefined;
    const size = this.#rest.readUInt32BE(0);
    // 0 (to the end of the file) and 1 (64-bit size) are legal MP4 that our encoder never writes in a fragmented stream.
    if (size < 8 || size > MAX_BOX_BYTES) throw new Fmp4Error(`box of ${size} bytes`);
    if (this.#rest.length < size) return undefined;
    const bytes = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return { type: bytes.toString('latin1', 4, 8), bytes };
  }

  #take(type: string, bytes: Buffer): InitSegment | Fragment | undefined {
    switch (type) {
      case 'ftyp':
        this.#ftyp = bytes;
        return undefined;
      case 'moov':
        this.#init = guarded(() => decodeInit(this.#ftyp ?? Buffer.alloc(0), bytes));
        return this.#init;
      case 'moof':
        this.#moof = bytes;
        return undefined;
      case 'mdat': {
        const moof = this.#moof;
        this.#moof = undefined;
        if (!moof || !this.#init) throw new Fmp4Error('media before its header');
        const { tracks } = this.#init;
        return guarded(() => decodeFragment(moof, bytes, tracks));
      }
      default:
        return undefined;
    }
  }
}

/**
 * A copy of a fragment of one track that starts elsewhere on the track's clock.
 * @param decodeTime of its first sample, ticks
 */
export function movedTo(fragment: Fragment, { timescale }: Track, decodeTime: number): Fragment {
  const bytes = Buffer.from(fragment.bytes);
  const tfdt = boxAt(bytes, 'moof', 'traf', 'tfdt');
  if (!tfdt) throw new Fmp4Error('a fragment without its time');
  if (tfdt.readUInt8(0) === 1) tfdt.writeBigUInt64BE(BigInt(decodeTime), 4);
  else tfdt.writeUInt32BE(decodeTime, 4);
  const start = micros(decodeTime, timescale);
  const end = micros(decodeTime + ticks(fragment.duration, timescale), timescale);
  return { ...fragment, bytes, start, duration: end - start };
}

/** Ticks of a clock in so many microseconds, rounded. */
export function ticks(microseconds: number, timescale: number): number {
  return Math.round((microseconds * timescale) / 1_000_000);
}

function guarded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError) throw new Fmp4Error('truncated box', { cause: error });
    throw error;
  }
}

interface Run {
  track: Track;
  start: number;
  duration: number;
  independent: boolean;
}

function decodeFragment(moof: Buffer, mdat: Buffer, tracks: Track[]): Fragment | undefined {
  const runs = boxesIn(moof.subarray(8))
    .filter((box) => box.type === 'traf')
    .map((traf) => decodeTraf(traf, tracks))
    .filter((run) => run !== undefined);
  const video = runs.find((run) => run.track.handler === 'vide');
  const timing = video ?? runs[0];
  if (!timing) return undefined;
  const start = micros(timing.start, timing.track.timescale);
  const withPicture = tracks.some((track) => track.handler === 'vide');
  return {
    kind: 'fragment',
    bytes: Buffer.concat([moof, mdat]),
    start,
    duration: micros(timing.start + timing.duration, timing.track.timescale) - start,
    independent: video ? video.independent : !withPicture,
    hasVideo: video !== undefined,
  };
}

function decodeTraf(traf: Box, tracks: Track[]): Run | undefined {
  const boxes = boxesIn(traf.body);
  const tfhd = boxes.find((box) => box.type === 'tfhd')?.body;
  const tfdt = boxes.find((box) => box.type === 'tfdt')?.body;
  const truns = boxes.filter((box) => box.type === 'trun');
  if (!tfhd || !tfdt || truns.length === 0) return undefined;
  const track = tracks.find((candidate) => candidate.id === tfhd.readUInt32BE(4));
  if (!track) return undefined;
  const defaults = decodeTfhd(tfhd, track);
  let duration = 0;
  let firstFlags: number | undefined;
  for (const trun of truns) {
    const run = decodeTrun(trun.body, defaults);
    duration += run.duration;
    firstFlags ??= run.firstFlags;
  }
  const start = tfdt.readUInt8(0) === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  const independent = ((firstFlags ?? defaults.flags) & NON_SYNC_SAMPLE) === 0;
  return { track, start, duration, independent };
}

interface SampleDefaults {
  duration: number;
  flags: number;
}

/** ISO/IEC 14496-12, 8.8.7: optional fields in the order of their flag bits; absent ones come from trex. */
function decodeTfhd(tfhd: Buffer, track: Track): SampleDefaults {
  const present = tfhd.readUInt32BE(0) & 0xff_ffff;
  let at = 8;
  if (present & 0x1) at += 8;
  if (present & 0x2) at += 4;
  let duration = track.defaultDuration;
  if (present & 0x8) {
    duration = tfhd.readUInt32BE(at);
    at += 4;
  }
  if (present & 0x10) at += 4;
  const flags = present & 0x20 ? tfhd.readUInt32BE(at) : track.defaultFlags;
  return { duration, flags };
}

/** ISO/IEC 14496-12, 8.8.8. */
function decodeTrun(trun: Buffer, defaults: SampleDefaults): { duration: number; firstFlags: number | undefined } {
  const present = trun.readUInt32BE(0) & 0xff_ffff;
  const count = trun.readUInt32BE(4);
  let at = 8;
  if (present & 0x1) at += 4;
  let firstFlags: number | undefined;
  if (present & 0x4) {
    firstFlags = trun.readUInt32BE(at);
    at += 4;
  }
  const flagsAt = (present & 0x100 ? 4 : 0) + (present & 0x200 ? 4 : 0);
  const stride = flagsAt + (present & 0x400 ? 4 : 0) + (present & 0x800 ? 4 : 0);
  requireBytes(trun, at + count * stride);
  if (present & 0x400 && firstFlags === undefined && count > 0) firstFlags = trun.readUInt32BE(at + flagsAt);
  let duration = count * defaults.duration;
  if (present & 0x100) {
    duration = 0;
    for (let sample = 0; sample < count; sample += 1) duration += trun.readUInt32BE(at + sample * stride);
  }
  return { duration, firstFlags };
}

function micros(time: number, timescale: number): number {
  return Math.round((time * 1_000_000) / timescale);
}
