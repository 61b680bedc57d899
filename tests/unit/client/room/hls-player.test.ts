import { afterEach, expect, it, vi } from 'vitest';
import { playByHls } from '#client/room/hls-player.ts';
import type { Past, Player, PlayerEvents } from '#client/room/playback.ts';
import { FakeHls } from '../../../support/fake-hls.ts';

vi.mock('hls.js', async (original) => ({
  ...(await original<typeof import('hls.js')>()),
  default: (await import('../../../support/fake-hls.ts')).FakeHls,
}));

const events: PlayerEvents = { onSource() {}, onDenied() {}, onTrouble() {}, onQuality() {} };
const sourcesOf = (name: string) => ({ picture: `/${name}.m3u8`, sound: `/${name}-sound.m3u8` });
const FIRST = 1_700_000_000_000;
const details = {
  fragments: Array.from({ length: 60 }, (_, index) => ({
    programDateTime: FIRST + index * 1_000,
    duration: 1,
    start: index,
    gap: false,
  })),
};

let player: Player | null = null;
afterEach(() => player?.destroy());

function play(past: Past | null): { currentTime: number } {
  const video = { currentTime: 0, paused: false };
  player = playByHls(video as HTMLVideoElement, sourcesOf('index'), 'auto', events, past, null);
  return video;
}

it('a seek while another rung comes in goes by the playlist of the last one', () => {
  const video = play({ from: FIRST, first: FIRST });
  FakeHls.newest.levels = [{ details }, {}];
  FakeHls.newest.loadLevel = 1;
  FakeHls.newest.latestLevelDetails = details;
  player?.seek(FIRST + 30_500);
  expect(video.currentTime).toBe(30.5);
});

it('a seek before any playlist is done when there is one', () => {
  const video = play({ from: FIRST, first: FIRST });
  player?.seek(FIRST + 30_500);
  expect(video.currentTime).toBe(0);
  FakeHls.newest.report('hlsLevelLoaded', { details });
  expect(video.currentTime).toBe(30.5);
  // Once: it is nobody's wish any more when the next playlist comes.
  video.currentTime = 40;
  FakeHls.newest.report('hlsLevelLoaded', { details });
  expect(video.currentTime).toBe(40);
});

it('two changes of playlists in a row go on from where it was before the first', () => {
  play(null);
  FakeHls.newest.playingDate = new Date(FIRST + 5_000);
  player?.setSources(sourcesOf('crowd'));
  player?.setSources(sourcesOf('index'));
  expect(beginningOf(FakeHls.newest)).toBe('#EXT-X-START:TIME-OFFSET=5.000');
});

/** Where a playlist that the player loads says that it begins. */
function beginningOf(hls: FakeHls): string | undefined {
  const { pLoader } = hls.config;
  if (!pLoader) throw new Error('no loader');
  FakeHls.playlist = [
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:1',
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(FIRST).toISOString()}`,
    ...Array.from({ length: 30 }, () => '#EXTINF:1.0,'),
  ].join('\n');
  const loaded: string[] = [];
  new pLoader().load({}, {}, { onSuccess: ({ data }) => loaded.push(data) });
  return /^#EXT-X-START.*$/m.exec(loaded[0] ?? '')?.[0];
}
