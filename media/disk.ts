import fs from 'node:fs/promises';

/**
 * Writes all of `bytes` at `position`. A disk that is nearly full takes a part and refuses only the next write.
 * @throws what the disk says; then nothing at `position` can be relied on
 */
export async function writeWhole(file: fs.FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error('the disk took nothing');
    done += bytesWritten;
  }
}

/** Reads `length` bytes at `position`. @throws when the file has not got them */
export async function readWhole(path: string, position: number, length: number): Promise<Buffer> {
  const file = await fs.open(path);
  try {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) throw new Error(`${path} ends before ${position + length}`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** Replaces a file, so that it is there whole or not at all. */
export async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  const draft = `${path}.new`;
  await fs.writeFile(draft, content);
  await fs.rename(draft, path);
}
