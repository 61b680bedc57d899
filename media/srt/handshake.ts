import { createHash } from 'node:crypto';
import { HANDSHAKE } from './packet.ts';

/*
 * Handshakes of SRT (draft-sharabayko-srt-01, 3.2.1 and 4.3.1): a caller asks for a cookie (induction), and comes back with it
 * and with all that it wants (conclusion).
 */

export const INDUCTION = 1;
export const CONCLUSION = 0xffffffff;
const SRT_MAGIC = 0x4a17;
/** The length of its key is left to the caller. */
const ANY_KEY = 0;
const CONTENT = 48;

/** Of extensions. */
const HS_REQUEST = 1;
const HS_RESPONSE = 2;
const KM_REQUEST = 3;
const KM_RESPONSE = 4;
const STREAM_ID = 5;
const CONGESTION = 6;
const FILTER = 7;
const GROUP = 8;

const HAS_HS = 1;
const HAS_KM = 2;

/** Of what a peer can do. */
const TSBPD_SENDER = 0x1;
const TSBPD_RECEIVER = 0x2;
const ENCRYPTS = 0x4;
const DROPS_TOO_LATE = 0x8;
const PERIODIC_NAK = 0x10;
const REXMIT_FLAG = 0x20;
const STREAM_MODE = 0x40;
const OUR_FLAGS = TSBPD_SENDER | TSBPD_RECEIVER | ENCRYPTS | DROPS_TOO_LATE | PERIODIC_NAK | REXMIT_FLAG;
/** As which version of libsrt we behave: 1.5.0. */
const OUR_VERSION = 0x010500;

/** Reasons with which a caller is turned away; 1400 and above are those of libsrt's access control. */
export const REJECT = {
  rogue: 4,
  version: 8,
  badSecret: 10,
  unencrypted: 11,
  messageApi: 12,
  congestion: 13,
  filter: 14,
  group: 15,
  unauthorised: 1401,
  overload: 1402,
  forbidden: 1403,
  failed: 1500,
} as const;
/** On the wire a reason stands in the place of the handshake's type, from here on. */
const REJECTED = 1000;

export interface Handshake {
  version: number;
  type: number;
  /** Of the first data packet. */
  initialSequence: number;
  mtu: number;
  /** Packets. */
  flowWindow: number;
  socketId: number;
  cookie: number;
  extensions: Extensions;
}

export interface Extensions {
  /** How long the peer wants packets to be waited for, ms; null where it said nothing at all of what it can do. */
  latency: { receiver: number; sender: number } | null;
  streamMode: boolean;
  /** The key material message. */
  keyMaterial: Buffer | null;
  streamId: string | null;
  congestion: string | null;
  filter: boolean;
  group: boolean;
}

/** @param content of the control packet. @returns null for what is no handshake */
export function parseHandshake(content: Buffer): Handshake | null {
  if (content.length < CONTENT) return null;
  return {
    version: content.readUInt32BE(0),
    initialSequence: content.readUInt32BE(8) & 0x7fffffff,
    mtu: content.readUInt32BE(12),
    flowWindow: content.readUInt32BE(16),
    type: content.readUInt32BE(20),
    socketId: content.readUInt32BE(24),
    cookie: content.readUInt32BE(28),
    extensions: parseExtensions(content.subarray(CONTENT)),
  };
}

/** What two attempts of one caller have in common, and those of two callers have not. */
export function fingerprint(content: Buffer): string {
  const version = content.subarray(0, 4);
  return createHash('sha256').update(version).update(content.subarray(CONTENT)).digest('base64');
}

function parseExtensions(bytes: Buffer): Extensions {
  const found: Extensions = {
    latency: null,
    streamMode: false,
    keyMaterial: null,
    streamId: null,
    congestion: null,
    filter: false,
    group: false,
  };
  let at = 0;
  while (at + 4 <= bytes.length) {
    const type = bytes.readUInt16BE(at);
    const body = bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2) * 4);
    at += 4 + bytes.readUInt16BE(at + 2) * 4;
    if (at > bytes.length) break;
    if (type === HS_REQUEST && body.length >= 12) {
      found.latency = { receiver: body.readUInt16BE(8), sender: body.readUInt16BE(10) };
      found.streamMode = (body.readUInt32BE(4) & STREAM_MODE) !== 0;
    } else if (type === KM_REQUEST) found.keyMaterial = body;
    else if (type === STREAM_ID) found.streamId = textOf(body);
    else if (type === CONGESTION) found.congestion = textOf(body);
    else if (type === FILTER) found.filter = true;
    else if (type === GROUP) found.group = true;
  }
  return found;
}

/** Texts are written in words whose bytes are turned round, with zeros up to a whole word. */
function textOf(body: Buffer): string {
  const bytes = Buffer.from(body.subarray(0, body.length - (body.length % 4))).swap32();
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** What a caller is answered who asks for a cookie. */
export function inductionAnswer(asked: Handshake, cookie: number): Buffer {
  return handshakeContent({ ...asked, version: 5, encryption: ANY_KEY, extension: SRT_MAGIC, cookie });
}

export interface Agreement {
  /** Of our socket. */
  socketId: number;
  /** For how long a missing packet is waited for, ms. */
  latency: number;
  /** The caller's own latency as a receiver, ms. */
  peerLatency: number;
  /** Repeated as a sign that it was understood. */
  keyMaterial: Buffer;
}

/** What a caller is answered who is let in. */
export function conclusionAnswer(asked: Handshake, agreed: Agreement): Buffer {
  const { socketId, latency, peerLatency, keyMaterial } = agreed;
  const able = Buffer.alloc(12);
  able.writeUInt32BE(OUR_VERSION, 0);
  able.writeUInt32BE(OUR_FLAGS, 4);
  able.writeUInt16BE(latency, 8);
  able.writeUInt16BE(peerLatency, 10);
  return Buffer.concat([
    handshakeContent({ ...asked, version: 5, encryption: 0, extension: HAS_HS | HAS_KM, socketId }),
    extension(HS_RESPONSE, able),
    extension(KM_RESPONSE, keyMaterial),
  ]);
}

/** What a caller is answered who is turned away. */
export function rejection(asked: Handshake, reason: number): Buffer {
  return handshakeContent({ ...asked, version: 5, encryption: 0, extension: 0, type: REJECTED + reason });
}

export const HANDSHAKE_PACKET = { type: HANDSHAKE } as const;

function handshakeContent(of: Omit<Handshake, 'extensions'> & { encryption: number; extension: number }): Buffer {
  // The peer's address, the last 16 bytes, is of use to nobody.
  const bytes = Buffer.alloc(CONTENT);
  bytes.writeUInt32BE(of.version, 0);
  bytes.writeUInt16BE(of.encryption, 4);
  bytes.writeUInt16BE(of.extension, 6);
  bytes.writeUInt32BE(of.initialSequence, 8);
  bytes.writeUInt32BE(of.mtu, 12);
  bytes.writeUInt32BE(of.flowWindow, 16);
  bytes.writeUInt32BE(of.type, 20);
  bytes.writeUInt32BE(of.socketId, 24);
  bytes.writeUInt32BE(of.cookie, 28);
  return bytes;
}

function extension(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(content.length / 4, 2);
  return Buffer.concat([head, content]);
}
