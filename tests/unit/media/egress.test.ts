import { M3U8Parser } from 'hls.js';
import { expect, it } from 'vitest';
import { Egress, taken } from '#media/egress.ts';
import { lighter } from '#media/lighter.ts';
import { multivariantPlaylist } from '#media/playlist.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const NOW = Date.UTC(2026, 10, 28, 1, 0, 0);
const rung = (height: number) => ({
  uri: `${height}p/live.m3u8`,
  bandwidth: height * 1_000,
  codecs: 'avc1.4d401f,mp4a.40.2',
  width: Math.round((height * 16) / 9),
  height,
});
const sound = { uri: 'sound/live.m3u8', bandwidth: 96_000, codecs: 'mp4a.40.2', width: null, height: null };
const playlist = multivariantPlaylist({ pictures: [rung(720), rung(480), rung(360)], sound });

function offered(text: string): string[] {
  return M3U8Parser.parseMasterPlaylist(text, 'http://x/').levels.map(({ url }) => url.replace('http://x/', ''));
}

it('offers a new viewer less, the nearer the cap is, and a shared screen everything', () => {
  const egress = new Egress(100, stoppedClock(NOW));
  expect([0, 79.9, 80, 94.9, 95, 300].map((used) => egress.offer(used, false))).toEqual([
    'all',
    'all',
    'low',
    'low',
    'sound',
    'sound',
  ]);
  expect(egress.offer(300, true)).toBe('all');
  expect(new Egress(null, stoppedClock(NOW)).offer(1e9, false)).toBe('all');
});

it('measures the last full seconds', () => {
  const clock = stoppedClock(NOW);
  const egress = new Egress(null, clock);
  for (let second = 0; second < 20; second += 1) {
    egress.add(1_000_000);
    egress.add(250_000);
    clock.advance(1_000);
  }
  expect(egress.measured).toBe(10);
  clock.advance(3_000);
  expect(egress.measured).toBe(4);
  clock.advance(60_000);
  expect(egress.measured).toBe(0);
});

it('knows what readers take who are served by a cache in front', () => {
  expect(taken({ all: 0, by: {} })).toBe(0);
  // 360p with its sound, and somebody who only listens.
  expect(taken({ all: 1_001, by: { '360p': 1_000 } })).toBeCloseTo((1_000 * 400 + 1_001 * 96) * 0.00115, 5);
});

it('leaves out pictures and nothing else of the playlist', () => {
  expect(lighter(playlist, 'all')).toBe(playlist);
  expect(offered(playlist)).toEqual(['720p/live.m3u8', '480p/live.m3u8', '360p/live.m3u8', 'sound/live.m3u8']);
  expect(offered(lighter(playlist, 'low'))).toEqual(['360p/live.m3u8', 'sound/live.m3u8']);
  const soundAlone = lighter(playlist, 'sound');
  expect(offered(soundAlone)).toEqual(['sound/live.m3u8']);
  expect(soundAlone).toContain('#EXT-X-MEDIA:TYPE=AUDIO');
  expect(lighter(soundAlone, 'low')).toBe(soundAlone);
});
