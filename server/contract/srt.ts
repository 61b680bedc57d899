import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

/*
 * How an encoder that publishes by SRT names its session. The stream key is its passphrase, which never goes over the line;
 * the stream id, which everybody on the line can read, is the same key sealed, so that the media process knows with which
 * passphrase to listen before it has asked anybody. Only `server/` and `media/` import this file, which needs Node.
 */

const NONCE = 12;
const TAG = 16;
/** SRT takes no longer ones, and no shorter. */
const PASSPHRASE = { least: 10, most: 79 };

/** The stream id of a stream key: always the same one. @param secret of the hooks */
export function srtStreamId(secret: string, streamKey: string): string {
  const { seal, name } = keysOf(secret);
  // Made of what is sealed, so that none is ever used for two keys.
  const nonce = createHmac('sha256', name).update(streamKey).digest().subarray(0, NONCE);
  const cipher = createCipheriv('aes-256-gcm', seal, nonce);
  const sealed = Buffer.concat([cipher.update(streamKey, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** @returns null for what {@link srtStreamId} has not made */
export function streamKeyOfSrt(secret: string, streamId: string): string | null {
  const bytes = Buffer.from(streamId, 'base64url');
  if (bytes.length < NONCE + TAG + PASSPHRASE.least || bytes.length > NONCE + TAG + PASSPHRASE.most) return null;
  const decipher = createDecipheriv('aes-256-gcm', keysOf(secret).seal, bytes.subarray(0, NONCE));
  decipher.setAuthTag(bytes.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

/** What an encoder is given: one address with everything in it. */
export function srtAddress(secret: string, streamKey: string, host: string, port: number): string {
  return `srt://${host}:${port}?streamid=${srtStreamId(secret, streamKey)}&passphrase=${streamKey}`;
}

function keysOf(secret: string): { seal: Buffer; name: Buffer } {
  const both = Buffer.from(hkdfSync('sha256', secret, '', 'srt stream id', 64));
  return { seal: both.subarray(0, 32), name: both.subarray(32) };
}
