/** An ISO base media box without its 8-byte header. */
export interface Box {
  type: string;
  body: Buffer;
}

/** The boxes that fill `body`. @throws RangeError when one reaches beyond it. */
export function boxesIn(body: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= body.length; ) {
    const size = body.readUInt32BE(at);
    if (size < 8) throw new RangeError(`box of ${size} bytes`);
    requireBytes(body, at + size);
    boxes.push({ type: body.toString('latin1', at + 4, at + 8), body: body.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

/** The first box along a path of nested boxes, if each of them is there. */
export function boxAt(body: Buffer, ...path: string[]): Buffer | undefined {
  let current: Buffer | undefined = body;
  for (const type of path) current = current && boxesIn(current).find((box) => box.type === type)?.body;
  return current;
}

/** @throws RangeError when `buffer` is shorter, so that a forged count costs nothing. */
export function requireBytes(buffer: Buffer, length: number): void {
  if (length > buffer.length) throw new RangeError(`needs ${length} bytes of ${buffer.length}`);
}
