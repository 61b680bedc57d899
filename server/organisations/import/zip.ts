import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

/** One file of an archive. */
export interface Part {
  name: string;
  content: Buffer;
  crc: number;
}

/*
 * A workbook is a zip that a stranger sent. Only the parts that are wanted are inflated, and no further than `limit`
 * altogether, whatever their headers claim; what the spreadsheet library gets is an archive made by us.
 */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 65_535;
const MAX_ENTRIES = 2_000;
const STORED = 0;
const DEFLATED = 8;

/** Comment length, disk number, internal and external attributes of a central header. */
const NOTHING = Buffer.alloc(10);

const inflate = promisify(inflateRaw);

/**
 * The parts whose name `wanted` accepts, in the archive's order.
 * @throws Error when it is no zip, is damaged or encrypted, or inflates to more than `limit` bytes
 */
export async function unpack(archive: Buffer, wanted: (name: string) => boolean, limit: number): Promise<Part[]> {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > MAX_ENTRIES) throw new Error(`${count} entries`);
  let at = archive.readUInt32LE(end + 16);
  let room = limit;
  const parts: Part[] = [];
  for (let i = 0; i < count; i++) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error('no central header where one should be');
    const nameBytes = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    if (wanted(name)) {
      const part = { name, content: await content(archive, at, room), crc: archive.readUInt32LE(at + 16) };
      room -= part.content.length;
      parts.push(part);
    }
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return parts;
}

/** An archive of these parts, uncompressed. */
export function pack(parts: Part[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    // From "version needed" to "extra length" both headers are the same.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(part.crc, 10);
    common.writeUInt32LE(part.content.length, 14);
    common.writeUInt32LE(part.content.length, 18);
    common.writeUInt16LE(name.length, 22);
    files.push(u32(LOCAL), common, name, part.content);
    directory.push(u32(CENTRAL), Buffer.from([20, 0]), common, NOTHING, u32(offset), name);
    offset += 30 + name.length + part.content.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, listed, end]);
}

function findEnd(archive: Buffer): number {
  const earliest = Math.max(0, archive.length - END_BYTES - MAX_COMMENT);
  for (let at = archive.length - END_BYTES; at >= earliest; at--) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new Error('no end of central directory');
}

async function content(archive: Buffer, central: number, room: number): Promise<Buffer> {
  if (archive.readUInt16LE(central + 8) & 1) throw new Error('encrypted');
  const method = archive.readUInt16LE(central + 10);
  const size = archive.readUInt32LE(central + 20);
  const local = archive.readUInt32LE(central + 42);
  if (archive.readUInt32LE(local) !== LOCAL) throw new Error('no local header where one should be');
  const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(from, from + size);
  if (packed.length !== size) throw new Error('cut short');
  if (method === STORED && size <= room) return packed;
  if (method === DEFLATED && room > 0) return inflate(packed, { maxOutputLength: room });
  throw new Error(`method ${method}, ${size} bytes`);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
