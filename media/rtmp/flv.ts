/*
 * FLV (Adobe FLV 10.1): what RTMP carries, as ffmpeg reads it from a pipe, and what a tag's first bytes say.
 */

export const AUDIO = 8;
export const VIDEO = 9;
export const SCRIPT = 18;

/** The file header, with both kinds of stream announced or only video, and the first back pointer. */
export function flvHeader(hasAudio: boolean): Buffer {
  return Buffer.from([0x46, 0x4c, 0x56, 1, hasAudio ? 5 : 1, 0, 0, 0, 9, 0, 0, 0, 0]);
}

/** One tag with its back pointer. `timestamp` in ms. */
export function flvTag(type: number, timestamp: number, payload: Buffer): Buffer {
  const tag = Buffer.alloc(11 + payload.length + 4);
  tag.writeUInt8(type);
  tag.writeUIntBE(payload.length, 1, 3);
  tag.writeUIntBE(timestamp & 0xffffff, 4, 3);
  tag.writeUInt8((timestamp >>> 24) & 0xff, 7);
  payload.copy(tag, 11);
  tag.writeUInt32BE(11 + payload.length, 11 + payload.length);
  return tag;
}

export type VideoKind = 'config' | 'key' | 'inter' | 'other' | 'unsupported';

/** What a video message is. Only AVC is taken; enhanced RTMP's four-letter codecs (HEVC, AV1) are not. */
export function videoKind(payload: Buffer): VideoKind {
  const first = payload[0];
  if (first === undefined) return 'other';
  if (first & 0x80 || (first & 0x0f) !== 7) return first >> 4 === 5 ? 'other' : 'unsupported';
  if (payload[1] === 0) return 'config';
  if (payload[1] !== 1) return 'other';
  return first >> 4 === 1 ? 'key' : 'inter';
}

/** Where the configuration or the frame begins in an AVC message. */
export const PICTURE_AT = 5;

/** How much later than decoded the frame of an AVC message is shown, ms; signed. */
export function compositionOffset(payload: Buffer): number {
  return payload.length < PICTURE_AT ? 0 : payload.readIntBE(2, 3);
}

/** For the log and for the publisher: which codec an unsupported video message has. */
export function videoCodecName(payload: Buffer): string {
  const first = payload[0] ?? 0;
  if (first & 0x80) return payload.subarray(1, 5).toString('latin1').replace(/[^\w]/g, '?');
  return `FLV video codec ${first & 0x0f}`;
}

export type AudioKind = 'config' | 'frame' | 'other' | 'unsupported';

/** What an audio message is. Only AAC is taken. */
export function audioKind(payload: Buffer): AudioKind {
  const first = payload[0];
  if (first === undefined) return 'other';
  if (first >> 4 !== 10) return 'unsupported';
  return payload[1] === 0 ? 'config' : 'frame';
}
