/*
 * MPEG transport streams made by hand (ISO/IEC 13818-1), for what no encoder sends: each packet with whatever it claims.
 */

export const PMT_PID = 0x100;
export const VIDEO_PID = 0x101;
export const AUDIO_PID = 0x102;
export const H264 = 0x1b;
export const HEVC = 0x24;
export const AAC = 0x0f;
export const MP2 = 0x03;

/** A packet with this payload at its end; stuffing before it. @param counter that of the PID, of which four bits are used */
export function tsPacket(pid: number, counter: number, payload: Buffer, { starts = false, randomAccess = false } = {}) {
  const packet = Buffer.alloc(188, 0xff);
  packet[0] = 0x47;
  packet.writeUInt16BE((starts ? 0x4000 : 0) | pid, 1);
  const stuffing = 184 - payload.length;
  packet[3] = (stuffing > 0 ? 0x30 : 0x10) | (counter & 0x0f);
  if (stuffing > 0) packet[4] = stuffing - 1;
  if (stuffing > 1) packet[5] = randomAccess ? 0x40 : 0;
  payload.copy(packet, 188 - payload.length);
  return packet;
}

/** A unit in as many packets as it needs. @param counter of the first of them */
export function unitPackets(pid: number, counter: number, unit: Buffer, randomAccess = false): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < unit.length; at += 180) {
    const options = { starts: at === 0, randomAccess: randomAccess && at === 0 };
    packets.push(tsPacket(pid, counter + packets.length, unit.subarray(at, at + 180), options));
  }
  return packets;
}

/** @param pts ticks of 90 kHz, or null. @param length what the header says: the right one, or 0 for none */
export function pesUnit(streamId: number, pts: number | null, data: Buffer, length?: number): Buffer {
  const stamp = Buffer.alloc(pts === null ? 0 : 5);
  if (pts !== null) {
    stamp[0] = 0x21 | ((Math.floor(pts / 2 ** 30) & 7) << 1);
    stamp.writeUInt16BE(((Math.floor(pts / 2 ** 15) & 0x7fff) << 1) | 1, 1);
    stamp.writeUInt16BE(((pts & 0x7fff) << 1) | 1, 3);
  }
  const head = Buffer.from([0, 0, 1, streamId, 0, 0, 0x80, pts === null ? 0 : 0x80, stamp.length]);
  head.writeUInt16BE(length ?? 3 + stamp.length + data.length, 4);
  return Buffer.concat([head, stamp, data]);
}

function section(table: number, number: number, body: Buffer, isCurrent = true): Buffer {
  const head = Buffer.alloc(8);
  head[0] = table;
  head.writeUInt16BE(0xb000 | (5 + body.length + 4), 1);
  head.writeUInt16BE(number, 3);
  head[5] = isCurrent ? 0xc1 : 0xc0;
  const bytes = Buffer.concat([head, body, Buffer.alloc(4)]);
  let crc = -1;
  for (const byte of bytes.subarray(0, -4)) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  bytes.writeInt32BE(crc, bytes.length - 4);
  return bytes;
}

function sectionPacket(pid: number, counter: number, bytes: Buffer): Buffer {
  const payload = Buffer.alloc(184, 0xff);
  payload[0] = 0;
  bytes.copy(payload, 1);
  return tsPacket(pid, counter, payload, { starts: true });
}

/** The table of programs: number 1 alone. */
export function pat(counter = 0): Buffer {
  return sectionPacket(0, counter, section(0, 1, Buffer.from([0, 1, 0xe0 | (PMT_PID >> 8), PMT_PID & 0xff])));
}

export interface ProgramTable {
  video?: number;
  audio?: number;
  /** Behind the stream type of the sound. */
  descriptors?: Buffer;
  number?: number;
  isCurrent?: boolean;
}

/** What the program has, by stream type. */
export function pmt(
  { video, audio, descriptors = Buffer.alloc(0), number = 1, isCurrent = true }: ProgramTable,
  counter = 0,
): Buffer {
  const stream = (type: number, pid: number, about: Buffer) =>
    Buffer.concat([Buffer.from([type, 0xe0 | (pid >> 8), pid & 0xff, 0xf0, about.length]), about]);
  const head = Buffer.from([0xe0 | (VIDEO_PID >> 8), VIDEO_PID & 0xff, 0xf0, 0]);
  const streams = [
    ...(video === undefined ? [] : [stream(video, VIDEO_PID, Buffer.alloc(0))]),
    ...(audio === undefined ? [] : [stream(audio, AUDIO_PID, descriptors)]),
  ];
  return sectionPacket(PMT_PID, counter, section(2, number, Buffer.concat([head, ...streams]), isCurrent));
}

/** The start code, and the unit. */
export function nal(...bytes: number[]): Buffer {
  return Buffer.from([0, 0, 0, 1, ...bytes]);
}

/** 640×360, at 30 a second. */
export const SPS = [
  0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0x84, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0xf2, 0x3c, 0x58, 0xba, 0x80,
];

/** A key picture with its parameter sets. No decoder could do anything with it. */
export const KEY_PICTURE = Buffer.concat([nal(...SPS), nal(0x68, 0xce, 0x3c, 0x80), nal(0x65, 1, 2, 3, 4)]);

/** A frame of sound in ADTS: AAC-LC of 48 kHz, stereo. */
export function adtsFrame(payload: Buffer): Buffer {
  const length = 7 + payload.length;
  const head = [0xff, 0xf1, 0x4c, 0x80 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc];
  return Buffer.concat([Buffer.from(head), payload]);
}
