import { expect, it } from 'vitest';
import { isFragment, needsOf, segmentsOf, variantsOf } from '#client/check/playlists.ts';

const MULTIVARIANT = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",URI="sound/live.m3u8"
#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1400000,BANDWIDTH=1900000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2"
720p/live.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS="mp4a.40.2"
sound/live.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=620000,RESOLUTION=360x640,CODECS="avc1.64001e,mp4a.40.2"
360p/live.m3u8
`;

it('variants are read with what they take, and a picture held upright by its shorter side', () => {
  expect(variantsOf(MULTIVARIANT)).toEqual([
    { bandwidth: 96_000, lines: null, uri: 'sound/live.m3u8' },
    { bandwidth: 620_000, lines: 360, uri: '360p/live.m3u8' },
    { bandwidth: 1_900_000, lines: 720, uri: '720p/live.m3u8' },
  ]);
  expect(needsOf(variantsOf(MULTIVARIANT))).toEqual({ soundKbps: 96, lowestKbps: 620, highestKbps: 1_900 });
});

it('a list of segments has no variants, and of a class without a picture only the sound is known', () => {
  expect(needsOf(variantsOf('#EXTM3U\n#EXTINF:2,\nseg-1.m4s'))).toBeNull();
  const sound = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=96000\r\nsound.m3u8\r\n';
  expect(needsOf(variantsOf(sound))).toEqual({ soundKbps: 96, lowestKbps: null, highestKbps: null });
});

it('the newest whole segments are taken, and no parts', () => {
  const playlist = `#EXTM3U
#EXT-X-MAP:URI="init-1.mp4"
#EXTINF:2.000,
seg-1.m4s
#EXTINF:2.000,
#EXT-X-PROGRAM-DATE-TIME:2026-11-28T06:00:00.000Z
seg-2.m4s
#EXT-X-PART:DURATION=0.333,URI="part-3.0.m4s"
#EXTINF:2.000,
seg-3.m4s
#EXT-X-PART:DURATION=0.333,URI="part-4.0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-4.1.m4s"
`;
  expect(segmentsOf(playlist, 2)).toEqual(['seg-2.m4s', 'seg-3.m4s']);
  expect(segmentsOf('<html><body>请登录上网</body></html>', 2)).toEqual([]);
});

it('a fragment is told from a page that stands in for it', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(isFragment(bytes('\0\0\0\x18moof...'))).toBe(true);
  expect(isFragment(bytes('<!DOCTYPE html>'))).toBe(false);
  expect(isFragment(new Uint8Array(3))).toBe(false);
});
