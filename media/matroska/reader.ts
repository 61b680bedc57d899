import { type Element, elementHead, elementsIn, float, ID, MatroskaError, trackNumber, unsigned } from './ebml.ts';

export interface Track {
  number: number;
  kind: 'video' | 'audio' | 'other';
  /** As `V_VP8`, RFC 9559's codec mappings. */
  codec: string;
  codecPrivate: Buffer | null;
  /** Its frames are compressed or encrypted once more. */
  encoded: boolean;
  width: number | null;
  height: number | null;
  sampleRate: number | null;
  channels: number | null;
}

export type MatroskaItem =
  /** A stream begins; with one that goes before it nothing is shared, its clock least of all. */
  | { kind: 'tracks'; tracks: Track[] }
  /** `timestamp` in ms, rounded. */
  | { kind: 'frame'; track: number; timestamp: number; key: boolean; bytes: Buffer };

/** Headers of a recorder are a few hundred bytes, with the codec's configuration some more. */
const MAX_HEADER_BYTES = 64 * 1024;
/** As for a frame by RTMP. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
const MAX_TRACKS = 16;
/** Thirty years. */
const MAX_TIMESTAMP_MS = 1e12;

/** What is read whole; of all else that is between, only ids and sizes are looked at. */
const LIMITS = new Map<number, number>([
  [ID.ebml, MAX_HEADER_BYTES],
  [ID.info, MAX_HEADER_BYTES],
  [ID.tracks, MAX_HEADER_BYTES],
  [ID.timestamp, 8],
  [ID.simpleBlock, MAX_FRAME_BYTES],
  [ID.blockGroup, MAX_FRAME_BYTES],
]);

/**
 * Reads Matroska, WebM among it, as a browser's MediaRecorder writes it: as it comes, of any length, and one stream after
 * the other. Clusters may have a size or none. Memory is bounded by one frame, whatever sizes are claimed.
 */
export class MatroskaReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;
  /** Bytes that nobody reads, still to come. */
  #skip = 0;
  #state: 'nothing' | 'header' | 'segment' | 'media' = 'nothing';
  /** Nanoseconds. */
  #scale = 1_000_000;
  #clusterTime: number | null = null;

  /** @throws MatroskaError for what is no Matroska, or has laced frames, which no recorder writes */
  push(chunk: Buffer): MatroskaItem[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const found: MatroskaItem[] = [];
    while (this.#length >= this.#needed && this.#dropSkipped()) {
      const bytes = this.#joined();
      const head = elementHead(bytes);
      if (!head) {
        this.#needed = this.#length + 1;
        break;
      }
      this.#needed = 1;
      const limit = LIMITS.get(head.id);
      if (limit === undefined) {
        this.#consume(head.length);
        this.#pass(head.id, head.size);
        continue;
      }
      if (head.size === null || head.size > limit) throw new MatroskaError(`an element of ${head.size ?? 'no'} bytes`);
      const end = head.length + head.size;
      if (this.#length < end) {
        this.#needed = end;
        break;
      }
      this.#consume(end);
      const item = this.#take({ id: head.id, content: bytes.subarray(head.length, end) });
      if (item) found.push(item);
    }
    return found;
  }

  /** The parents of what we read are entered, everything else is passed over. */
  #pass(id: number, size: number | null): void {
    if (this.#state === 'nothing') throw new MatroskaError('no EBML header');
    if (id === ID.segment) this.#state = 'segment';
    else if (id === ID.cluster) this.#clusterTime = null;
    else if (size === null) throw new MatroskaError('an element without a size');
    else this.#skip = size;
  }

  #take({ id, content }: Element): MatroskaItem | undefined {
    if (this.#state === 'nothing' && id !== ID.ebml) throw new MatroskaError('no EBML header');
    switch (id) {
      case ID.ebml: {
        const type = elementsIn(content)
          .find((child) => child.id === ID.docType)
          ?.content.toString('latin1');
        if (type !== 'webm' && type !== 'matroska') throw new MatroskaError('EBML that is no Matroska');
        this.#state = 'header';
        this.#scale = 1_000_000;
        this.#clusterTime = null;
        return undefined;
      }
      case ID.info: {
        const scale = elementsIn(content).find((child) => child.id === ID.timestampScale);
        if (scale) this.#scale = unsigned(scale.content);
        if (this.#scale === 0) throw new MatroskaError('a clock that stands still');
        return undefined;
      }
      case ID.tracks: {
        if (this.#state !== 'segment') throw new MatroskaError('tracks out of place');
        this.#state = 'media';
        const entries = elementsIn(content).filter((child) => child.id === ID.trackEntry);
        if (entries.length > MAX_TRACKS) throw new MatroskaError(`${entries.length} tracks`);
        return { kind: 'tracks', tracks: entries.map((entry) => trackOf(entry.content)) };
      }
      case ID.timestamp:
        this.#clusterTime = unsigned(content);
        return undefined;
      case ID.simpleBlock:
        return this.#frame(content, ((content[trackNumber(content).length + 2] ?? 0) & 0x80) !== 0);
      case ID.blockGroup: {
        const children = elementsIn(content);
        const block = children.find((child) => child.id === ID.block);
        if (!block) throw new MatroskaError('a group without its block');
        return this.#frame(block.content, !children.some((child) => child.id === ID.referenceBlock));
      }
      default:
        return undefined;
    }
  }

  #frame(block: Buffer, key: boolean): MatroskaItem {
    const { track, length } = trackNumber(block);
    if (block.length < length + 3) throw new MatroskaError('a block that is too short');
    if (this.#state !== 'media' || this.#clusterTime === null) throw new MatroskaError('a block out of place');
    if (((block[length + 2] ?? 0) & LACING) !== 0) throw new MatroskaError('laced frames');
    const time = this.#clusterTime + block.readInt16BE(length);
    const timestamp = Math.round((time * this.#scale) / 1_000_000);
    if (Math.abs(timestamp) > MAX_TIMESTAMP_MS) throw new MatroskaError('a time that is too large');
    return { kind: 'frame', track, timestamp, key, bytes: block.subarray(length + 3) };
  }

  /** @returns false when more is to be dropped than is here */
  #dropSkipped(): boolean {
    const dropped = Math.min(this.#skip, this.#length);
    this.#skip -= dropped;
    if (dropped > 0) this.#consume(dropped);
    return this.#length > 0;
  }

  #joined(): Buffer {
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [whole as Buffer];
    return whole as Buffer;
  }

  #consume(count: number): void {
    const rest = this.#joined().subarray(count);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length -= count;
  }
}

const LACING = 0x06;
const KINDS = new Map<number, Track['kind']>([
  [1, 'video'],
  [2, 'audio'],
]);

function trackOf(entry: Buffer): Track {
  const children = elementsIn(entry);
  const child = (id: number, among = children) => among.find((each) => each.id === id)?.content;
  const number = child(ID.trackNumber);
  const type = child(ID.trackType);
  if (!number || !type) throw new MatroskaError('a track without number or type');
  const video = elementsIn(child(ID.video) ?? Buffer.alloc(0));
  const audio = elementsIn(child(ID.audio) ?? Buffer.alloc(0));
  const whole = (content: Buffer | undefined) => (content ? unsigned(content) : null);
  const sampleRate = child(ID.samplingFrequency, audio);
  return {
    number: unsigned(number),
    kind: KINDS.get(unsigned(type)) ?? 'other',
    codec: (child(ID.codecId)?.toString('latin1') ?? '').replace(/[^\w/.-]/g, '?').slice(0, 40),
    codecPrivate: child(ID.codecPrivate) ?? null,
    encoded: child(ID.contentEncodings) !== undefined,
    width: whole(child(ID.pixelWidth, video)),
    height: whole(child(ID.pixelHeight, video)),
    sampleRate: sampleRate ? float(sampleRate) : null,
    channels: whole(child(ID.channels, audio)),
  };
}
