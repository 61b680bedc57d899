/** One frame of AAC, and how it must be decoded. */
export interface AdtsFrame {
  /** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). */
  config: Buffer;
  payload: Buffer;
  /** s. */
  length: number;
}

const SAMPLE_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const HEADER = 7;
const CHECKSUM = 2;
const FRAME_SAMPLES = 1024;
/** Of a header, what says how to decode: the same in each frame of a stream. */
const CONFIG = 0xfffffdc0;

/** Takes AAC in ADTS (ISO/IEC 14496-3, 1.A.2.2) apart; a frame may go on in the next unit. */
export class AdtsReader {
  #rest: Buffer = Buffer.alloc(0);
  /** Whether a frame begins where the one before ended; else it is looked for. */
  #isInStep = false;
  /** Of the frame before. */
  #config: number | null = null;

  /** @returns the frames that these bytes complete, and whether the first of them began in the bytes before */
  push(bytes: Buffer): { frames: AdtsFrame[]; continued: boolean } {
    const continued = this.#rest.length > 0;
    const all = Buffer.concat([this.#rest, bytes]);
    const frames: AdtsFrame[] = [];
    let at = 0;
    while (all.length - at >= HEADER) {
      const length = frameLength(all, at);
      if (length === null || !(this.#isInStep || this.#isLikely(all, at, length))) {
        this.#isInStep = false;
        at += 1;
        continue;
      }
      if (all.length - at < length) break;
      this.#isInStep = true;
      this.#config = configOf(all, at);
      const frame = parseFrame(all.subarray(at, at + length));
      if (frame) frames.push(frame);
      at += length;
    }
    this.#rest = all.subarray(at);
    return { frames, continued };
  }

  /** What came before is not gone on with. */
  reset(): void {
    this.#rest = Buffer.alloc(0);
    this.#isInStep = false;
  }

  /** In the middle of a frame anything may look like the beginning of one. */
  #isLikely(bytes: Buffer, at: number, length: number): boolean {
    const next = at + length;
    if (next + HEADER <= bytes.length) return frameLength(bytes, next) !== null;
    // One that fills a whole unit, or is the first at all, is taken at its word.
    if (at === 0 && (next === bytes.length || this.#config === null)) return true;
    return this.#config === configOf(bytes, at);
  }
}

function configOf(bytes: Buffer, at: number): number {
  return (bytes.readUInt32BE(at) & CONFIG) >>> 0;
}

/** Null where no frame begins. */
function frameLength(bytes: Buffer, at: number): number | null {
  // Syncword, and layer 0.
  if ((bytes.readUInt16BE(at) & 0xfff6) !== 0xfff0) return null;
  const length = (bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
  return length > HEADER ? length : null;
}

/** Null for what FLV can't carry: several blocks in a frame, and a layout of channels that is spelled out in the frame. */
function parseFrame(bytes: Buffer): AdtsFrame | null {
  const flags = bytes.readUInt16BE(2);
  const objectType = (flags >> 14) + 1;
  const rate = (flags >> 10) & 0x0f;
  const channels = (flags >> 6) & 7;
  const sampleRate = SAMPLE_RATES[rate];
  const blocks = (bytes[6] ?? 0) & 3;
  const begin = HEADER + ((bytes[1] ?? 0) & 1 ? 0 : CHECKSUM);
  if (!sampleRate || channels === 0 || blocks !== 0 || bytes.length <= begin) return null;
  const config = Buffer.alloc(2);
  config.writeUInt16BE((objectType << 11) | (rate << 7) | (channels << 3));
  return { config, payload: bytes.subarray(begin), length: FRAME_SAMPLES / sampleRate };
}
