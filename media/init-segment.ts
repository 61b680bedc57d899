import { boxAt, boxesIn } from './boxes.ts';

export interface Track {
  id: number;
  /** `vide`, `soun` or another handler type. */
  handler: string;
  /** Ticks per second of the track's times. */
  timescale: number;
  /** From trex: what a fragment leaves out. */
  defaultDuration: number;
  defaultFlags: number;
}

/** What a player needs before any fragment of the same encoder run. */
export interface InitSegment {
  kind: 'init';
  bytes: Buffer;
  tracks: Track[];
  /** Value of the multivariant playlist's CODECS (RFC 6381), empty when no track is known. */
  codecs: string;
  width: number | null;
  height: number | null;
  /** AVCDecoderConfigurationRecord of the picture, by which decoders know it; null without one. */
  configuration: Buffer | null;
}

/** @throws RangeError when a box is shorter than what it must hold. */
export function decodeInit(ftyp: Buffer, moov: Buffer): InitSegment {
  const body = moov.subarray(8);
  const defaults = trackDefaults(body);
  const traks = boxesIn(body).filter((box) => box.type === 'trak');
  const described = traks.map((trak) => describeTrack(trak.body, defaults)).filter((track) => track !== undefined);
  const video = described.find((track) => track.handler === 'vide');
  return {
    kind: 'init',
    bytes: Buffer.concat([ftyp, moov]),
    tracks: described.map(({ id, handler, timescale, defaultDuration, defaultFlags }) => {
      return { id, handler, timescale, defaultDuration, defaultFlags };
    }),
    codecs: described
      .map((track) => track.codec)
      .filter((codec) => codec !== undefined)
      .join(','),
    width: video?.width ?? null,
    height: video?.height ?? null,
    configuration: video?.configuration ?? null,
  };
}

interface Described extends Track {
  codec: string | undefined;
  configuration: Buffer | undefined;
  width: number;
  height: number;
}

type Defaults = Map<number, { duration: number; flags: number }>;

function trackDefaults(moov: Buffer): Defaults {
  const mvex = boxAt(moov, 'mvex');
  const trexes = mvex ? boxesIn(mvex).filter((box) => box.type === 'trex') : [];
  return new Map(
    trexes.map(({ body }) => [body.readUInt32BE(4), { duration: body.readUInt32BE(12), flags: body.readUInt32BE(20) }]),
  );
}

function describeTrack(trak: Buffer, defaults: Defaults): Described | undefined {
  const tkhd = boxAt(trak, 'tkhd');
  const mdhd = boxAt(trak, 'mdia', 'mdhd');
  const handler = boxAt(trak, 'mdia', 'hdlr')?.toString('latin1', 8, 12);
  const entry = boxAt(trak, 'mdia', 'minf', 'stbl', 'stsd');
  if (!tkhd || !mdhd || !handler) return undefined;
  // Version 1 has 64-bit times before the fields we need (ISO/IEC 14496-12, 8.3.2 and 8.4.2).
  const id = tkhd.readUInt32BE(tkhd.readUInt8(0) === 1 ? 20 : 12);
  const timescale = mdhd.readUInt32BE(mdhd.readUInt8(0) === 1 ? 20 : 12);
  if (timescale === 0) return undefined;
  const size = tkhd.length - 8;
  return {
    id,
    handler,
    timescale,
    defaultDuration: defaults.get(id)?.duration ?? 0,
    defaultFlags: defaults.get(id)?.flags ?? 0,
    codec: entry && codecOf(entry),
    configuration: entry && configurationOf(entry),
    width: tkhd.readUInt32BE(size) >>> 16,
    height: tkhd.readUInt32BE(size + 4) >>> 16,
  };
}

/** Bytes of a visual and of an audio sample entry before the boxes within (ISO/IEC 14496-12, 12.1.3 and 12.2.3). */
const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;

function codecOf(stsd: Buffer): string | undefined {
  const entry = boxesIn(stsd.subarray(8))[0];
  if (entry?.type === 'avc1' || entry?.type === 'avc3') {
    const avcC = configurationOf(stsd);
    return avcC && `${entry.type}.${avcC.toString('hex', 1, 4)}`;
  }
  if (entry?.type === 'mp4a') {
    const esds = boxAt(entry.body.subarray(AUDIO_ENTRY_BYTES), 'esds');
    return `mp4a.40.${(esds && audioObjectType(esds)) ?? 2}`;
  }
  return undefined;
}

function configurationOf(stsd: Buffer): Buffer | undefined {
  const entry = boxesIn(stsd.subarray(8))[0];
  const isAvc = entry?.type === 'avc1' || entry?.type === 'avc3';
  return isAvc ? boxAt(entry.body.subarray(VISUAL_ENTRY_BYTES), 'avcC') : undefined;
}

/** The five bits that open the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), the content of descriptor 5. */
function audioObjectType(esds: Buffer): number | undefined {
  let at = 4;
  while (at < esds.length) {
    const tag = esds.readUInt8(at);
    at += 1;
    while (esds.readUInt8(at) & 0x80) at += 1;
    at += 1;
    if (tag === 0x03) at += 3;
    else if (tag === 0x04) at += 13;
    else if (tag === 0x05) return esds.readUInt8(at) >> 3;
    else return undefined;
  }
  return undefined;
}
