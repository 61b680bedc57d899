import path from 'node:path';
import { readWhole } from './disk.ts';
import { DATA, type RecordedSegment } from './recording-index.ts';

/** Far above what any picture of ours takes. */
const MAX_HEAD_BYTES = 8 * 1_024 * 1_024;
const BOX_HEADER_BYTES = 8;

/** The first moof of a recorded segment with its mdat: a key frame, and when it is due. @throws Error when that cannot be read */
export async function readHead(folder: string, { offset, length }: RecordedSegment): Promise<Buffer> {
  const file = path.join(folder, DATA);
  for (let at = 0; at + BOX_HEADER_BYTES <= length; ) {
    const header = await readWhole(file, offset + at, BOX_HEADER_BYTES);
    at += header.readUInt32BE(0);
    if (header.readUInt32BE(0) < BOX_HEADER_BYTES || at > Math.min(length, MAX_HEAD_BYTES)) break;
    if (header.toString('latin1', 4) === 'mdat') return readWhole(file, offset, at);
  }
  throw new Error(`${file} has no fragment at ${offset}`);
}
