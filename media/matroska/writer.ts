import { element, endless, floatElement, ID, textElement, unsignedElement } from './ebml.ts';

export interface VideoFormat {
  codec: string;
  codecPrivate: Buffer | null;
  width: number;
  height: number;
}

export interface AudioFormat {
  codec: string;
  codecPrivate: Buffer;
  /** Hz. */
  sampleRate: number;
  channels: number;
}

export const VIDEO_TRACK = 1;
export const AUDIO_TRACK = 2;

const VIDEO_TYPE = 1;
const AUDIO_TYPE = 2;
const APP = 'anke';

/** All that goes before the first frame of a stream without end, with a clock of milliseconds. */
export function matroskaHeaders(video: VideoFormat, audio: AudioFormat | null): Buffer {
  const info = element(
    ID.info,
    unsignedElement(ID.timestampScale, 1_000_000),
    textElement(ID.muxingApp, APP),
    textElement(ID.writingApp, APP),
  );
  return Buffer.concat([
    element(ID.ebml, textElement(ID.docType, 'matroska')),
    endless(ID.segment),
    info,
    element(ID.tracks, videoTrack(video), ...(audio ? [audioTrack(audio)] : [])),
  ]);
}

/** One frame in a cluster of its own. @param timestamp ms, whole, not negative */
export function matroskaFrame(track: number, timestamp: number, key: boolean, frame: Buffer): Buffer {
  const head = Buffer.from([0x80 | track, 0, 0, key ? 0x80 : 0]);
  return element(ID.cluster, unsignedElement(ID.timestamp, timestamp), element(ID.simpleBlock, head, frame));
}

function videoTrack({ codec, codecPrivate, width, height }: VideoFormat): Buffer {
  return track(
    VIDEO_TRACK,
    VIDEO_TYPE,
    codec,
    codecPrivate,
    element(ID.video, unsignedElement(ID.pixelWidth, width), unsignedElement(ID.pixelHeight, height)),
  );
}

function audioTrack({ codec, codecPrivate, sampleRate, channels }: AudioFormat): Buffer {
  return track(
    AUDIO_TRACK,
    AUDIO_TYPE,
    codec,
    codecPrivate,
    element(ID.audio, floatElement(ID.samplingFrequency, sampleRate), unsignedElement(ID.channels, channels)),
  );
}

function track(number: number, type: number, codec: string, codecPrivate: Buffer | null, format: Buffer): Buffer {
  return element(
    ID.trackEntry,
    unsignedElement(ID.trackNumber, number),
    unsignedElement(ID.trackUid, number),
    unsignedElement(ID.trackType, type),
    textElement(ID.codecId, codec),
    ...(codecPrivate ? [element(ID.codecPrivate, codecPrivate)] : []),
    format,
  );
}
