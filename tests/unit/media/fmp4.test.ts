import { beforeAll, describe, expect, it } from 'vitest';
import { Fmp4Error, Fmp4Reader, type Fragment } from '#media/fmp4.ts';
import type { InitSegment } from '#media/init-segment.ts';
import { encodeTestSignal } from '#tests/support/media.ts';

let encoded: Buffer;
beforeAll(async () => {
  encoded = await encodeTestSignal(6);
});

function read(chunks: Buffer[]): { init: InitSegment; fragments: Fragment[] } {
  const reader = new Fmp4Reader();
  const items = chunks.flatMap((chunk) => reader.push(chunk));
  const init = items.find((item) => item.kind === 'init');
  if (!init) throw new Error('no init segment');
  return { init, fragments: items.filter((item) => item.kind === 'fragment') };
}

describe('the fragments of a real encoder', () => {
  it('has codecs, size and tracks in the init segment', () => {
    const { init } = read([encoded]);
    expect(init.codecs).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/);
    expect([init.width, init.height]).toEqual([320, 180]);
    expect(init.tracks.map((track) => track.handler)).toEqual(['vide', 'soun']);
  });

  it('lie end to end, and cover the whole picture', () => {
    const { fragments } = read([encoded]);
    for (const [at, fragment] of fragments.entries()) {
      const next = fragments[at + 1];
      if (next) expect(Math.abs(next.start - fragment.start - fragment.duration)).toBeLessThanOrEqual(1);
    }
    const total = fragments.reduce((sum, fragment) => sum + fragment.duration, 0);
    expect(total).toBe(6_000_000);
    expect(Math.max(...fragments.map((fragment) => fragment.duration))).toBeLessThan(340_000);
  });

  it('are independent exactly at the key frames', () => {
    const { fragments } = read([encoded]);
    const first = fragments[0]?.start ?? 0;
    const independent = fragments.filter((fragment) => fragment.independent);
    expect(independent.map((fragment) => fragment.start - first)).toEqual([0, 2_000_000, 4_000_000]);
  });

  it('are the same whatever pieces they arrive in', () => {
    const pieces: Buffer[] = [];
    for (let at = 0, size = 1; at < encoded.length; at += size, size = 1 + ((size * 7) % 4_099)) {
      pieces.push(encoded.subarray(at, at + size));
    }
    expect(read(pieces)).toEqual(read([encoded]));
  });

  it('need no sound', async () => {
    const { init, fragments } = read([await encodeTestSignal(2, '-an')]);
    expect(init.tracks).toHaveLength(1);
    expect(fragments[0]?.independent).toBe(true);
  });
});

describe('bytes that are no such thing', () => {
  it.each([
    ['a box shorter than its header', Buffer.from([0, 0, 0, 3, 0x6d, 0x6f, 0x6f, 0x76])],
    ['a box of 4 GB', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x6d, 0x64, 0x61, 0x74])],
    ['media before its header', Buffer.from([0, 0, 0, 8, 0x6d, 0x64, 0x61, 0x74])],
  ])('%s is refused', (_name, bytes) => {
    expect(() => new Fmp4Reader().push(bytes)).toThrow(Fmp4Error);
  });

  it('a damaged box never causes another error than ours', () => {
    for (let at = 0; at < 4_000; at += 1) {
      const damaged = Buffer.from(encoded.subarray(0, 60_000));
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      try {
        new Fmp4Reader().push(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(Fmp4Error);
      }
    }
  });
});
