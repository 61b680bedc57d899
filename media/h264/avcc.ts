/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1. */
export interface DecoderConfiguration {
  /** Of the length before each NAL unit, bytes. */
  lengthSize: number;
  sequenceSets: Buffer[];
  pictureSets: Buffer[];
}

/** @throws RangeError when it is none, or ends too early */
export function readDecoderConfiguration(record: Buffer): DecoderConfiguration {
  if (record.readUInt8(0) !== 1) throw new RangeError('not an AVC configuration');
  const lengthSize = (record.readUInt8(4) & 3) + 1;
  let at = 6;
  const sets = (count: number): Buffer[] =>
    Array.from({ length: count }, () => {
      const length = record.readUInt16BE(at);
      at += 2 + length;
      if (at > record.length) throw new RangeError('a parameter set is cut off');
      return record.subarray(at - length, at);
    });
  const sequenceSets = sets(record.readUInt8(5) & 0x1f);
  at += 1;
  return { lengthSize, sequenceSets, pictureSets: sets(record.readUInt8(at - 1)) };
}

export const NAL = { slice: 1, idr: 5, sei: 6, sequenceSet: 7, pictureSet: 8 } as const;

/** The NAL units of a sample. @throws RangeError when their lengths don't add up to it */
export function nalUnits(sample: Buffer, lengthSize: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < sample.length; ) {
    const from = at + lengthSize;
    at = from + sample.readUIntBE(at, lengthSize);
    if (at === from || at > sample.length) throw new RangeError('a NAL unit is cut off');
    found.push(sample.subarray(from, at));
  }
  return found;
}

export function nalType(nal: Buffer): number {
  return (nal[0] ?? 0) & 0x1f;
}
