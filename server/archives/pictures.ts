import { extname } from 'node:path';
import type { Picture } from './model.ts';

/** Beyond these a paper would be too heavy to send; the list says what each file was. */
const PICTURES = 60;
const BYTES = 64 * 1024 * 1024;

/** The first of them that a paper holds; how many it doesn't. */
export function chosen(pictures: readonly Picture[]): { held: Picture[]; left: number } {
  let bytes = 0;
  const held: Picture[] = [];
  for (const picture of pictures) {
    bytes += picture.bytes;
    if (held.length === PICTURES || bytes > BYTES) break;
    held.push(picture);
  }
  return { held, left: pictures.length - held.length };
}

/**
 * Whether a picture can be put on a page as it is. A PNG with transparency, a palette's or interlaced would have to be decoded first, and a broken one
 * then ends the process.
 */
export function isDrawable(type: string, content: Buffer): boolean {
  if (type === 'image/jpeg') return true;
  if (type !== 'image/png') return false;
  const [colour, interlaced] = [content[25], content[28]];
  const plain = colour === 0 || colour === 2 || colour === 3;
  return plain && interlaced === 0 && !content.includes('tRNS');
}

/** Of the attachment: what the list calls it, with the ending of its file. */
export function attachedName({ caption, name }: Picture): string {
  return `${caption.replaceAll(' · ', ' ').replace(/[\\/:*?"<>|\p{Cc}]/gu, '_')}${extname(name)}`;
}
