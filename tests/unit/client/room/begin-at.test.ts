import { M3U8Parser } from 'hls.js';
import { expect, it } from 'vitest';
import { beginAt } from '#client/room/begin-at.ts';

const PDT = Date.UTC(2026, 10, 28, 1, 0, 0);

/** Twelve segments of two seconds. */
function playlist(parts: boolean): string {
  const segments = Array.from({ length: 12 }, (_, n) => [
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(PDT + n * 2_000).toISOString()}`,
    '#EXTINF:2.000000,',
    `seg-${n}.m4s`,
  ]).flat();
  const control = parts ? ['#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=1.000,CAN-BLOCK-RELOAD=YES'] : [];
  return ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...control, ...segments, ''].join('\n');
}

function begins(text: string): number | null {
  const details = M3U8Parser.parseLevelPlaylist(text, 'http://x/live.m3u8', 0, 'main' as never, 0, null);
  expect(details.playlistParsingError).toBeNull();
  return details.startTimeOffset;
}

it('begins where it is told, as hls.js reads it', () => {
  expect(begins(beginAt(playlist(true), PDT + 12_345))).toBe(12.345);
  expect(begins(beginAt(playlist(false), PDT + 12_345))).toBe(12.345);
  expect(begins(beginAt(playlist(true), PDT))).toBe(0);
});

it('is left as it is where that moment is not listed, or too near to the end', () => {
  for (const [parts, at] of [
    [true, -1],
    [true, 23_000],
    [true, 60_000],
    [false, 18_000],
  ] as const)
    expect(beginAt(playlist(parts), PDT + at)).toBe(playlist(parts));
  expect(begins(beginAt(playlist(true), PDT + 22_900))).toBe(22.9);
  const multivariant = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n';
  expect(beginAt(multivariant, PDT)).toBe(multivariant);
});
