/*
 * H.264 as a transport stream has it (ISO/IEC 14496-10, annex B), and what FLV and MP4 want instead (14496-15).
 */

const IDR = 5;
const SPS = 7;
const PPS = 8;
/** Far more slices than a picture has lines of blocks, or packets of a network. */
const MAX_NALS = 2_000;
/** Parameter sets with every list that they may have are shorter. */
const MAX_SET = 1_024;
/** Delimiters, ends and stuffing mean nothing where a unit's length is written before it. */
const LEFT_OUT = new Set([9, 10, 11, 12]);

export interface AccessUnit {
  /** Without start codes. */
  nals: Buffer[];
  sps: Buffer[];
  pps: Buffer[];
  /** A decoder can begin here. */
  key: boolean;
}

/**
 * A picture in too many pieces counts as damaged, and is left out.
 * @param randomAccess what the multiplexer says, for streams whose decoder begins at a picture that is no IDR
 */
export function parseAccessUnit(data: Buffer, randomAccess: boolean): AccessUnit {
  const all = splitNals(data);
  const sps = all.filter((nal) => typeOf(nal) === SPS && nal.length <= MAX_SET);
  const pps = all.filter((nal) => typeOf(nal) === PPS && nal.length <= MAX_SET);
  const key = all.some((nal) => typeOf(nal) === IDR) || (randomAccess && sps.length > 0);
  return { nals: all.filter((nal) => !LEFT_OUT.has(typeOf(nal))), sps, pps, key };
}

function typeOf(nal: Buffer): number {
  return (nal[0] ?? 0) & 0x1f;
}

const START_CODE = Buffer.from([0, 0, 1]);

function splitNals(data: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  let begin = data.indexOf(START_CODE);
  while (begin !== -1) {
    begin += START_CODE.length;
    const next = data.indexOf(START_CODE, begin);
    let end = next === -1 ? data.length : next;
    // Of a longer start code, or stuffing: a unit never ends with it.
    while (end > begin && data[end - 1] === 0) end -= 1;
    if (end > begin) nals.push(data.subarray(begin, end));
    if (nals.length > MAX_NALS) return [];
    begin = next;
  }
  return nals;
}

/** The units, each with its length before it. */
export function lengthPrefixed(nals: readonly Buffer[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nal.length);
      return [length, nal];
    }),
  );
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). @returns null when the sets can't stand in one */
export function decoderConfiguration(sps: readonly Buffer[], pps: readonly Buffer[]): Buffer | null {
  const first = sps[0];
  if (!first || first.length < 4 || pps.length === 0 || sps.length > 31 || pps.length > 255) return null;
  const sets = (of: readonly Buffer[]) =>
    of.flatMap((set) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(set.length & 0xffff);
      return [length, set.subarray(0, 0xffff)];
    });
  return Buffer.concat([
    Buffer.from([1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | sps.length]),
    ...sets(sps),
    Buffer.from([pps.length]),
    ...sets(pps),
  ]);
}
