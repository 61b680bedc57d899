import { afterEach, expect, it } from 'vitest';
import { playNatively } from '#client/room/native-player.ts';
import type { Past, Player, PlayerEvents } from '#client/room/playback.ts';

const FIRST = 1_700_000_000_000;
/** On the axis nothing was sent for half a minute from here on; the player's time runs on. */
const HOLE = 100;
const HOLE_LENGTH = 30;

/** The system reckons the date of the beginning from the date of the frame that it shows. */
class FakeVideo extends EventTarget {
  paused = true;
  src = '';
  seekable = { length: 0 };
  currentTime = 0;
  getStartDate = (): Date =>
    new Date(this.src ? FIRST + (this.currentTime < HOLE ? 0 : HOLE_LENGTH * 1_000) : Number.NaN);
  load(): void {}
  removeAttribute(): void {}
}

const events: PlayerEvents = { onSource() {}, onDenied() {}, onTrouble() {}, onQuality() {} };
let player: Player | null = null;
afterEach(() => player?.destroy());

function play(past: Past | null): FakeVideo {
  const video = new FakeVideo();
  const sources = { picture: '/index.m3u8', sound: '/sound.m3u8' };
  player = playNatively(video as unknown as HTMLVideoElement, sources, 'auto', events, past, null);
  return video;
}

it('a seek across a hole comes where it was to go', () => {
  const video = play({ from: FIRST, first: FIRST });
  player?.seek(FIRST + 200_000);
  video.dispatchEvent(new Event('seeked'));
  expect(player?.pdt()).toBe(FIRST + 200_000);
  // What somebody then does with the system's own controls is left alone.
  video.currentTime = 20;
  video.dispatchEvent(new Event('seeked'));
  expect(video.currentTime).toBe(20);
});

it('two changes of playlists in a row go on from where it was before the first', () => {
  const video = play(null);
  video.currentTime = 50;
  player?.setSources({ picture: '/crowd.m3u8', sound: '/crowd-sound.m3u8' });
  const date = video.getStartDate;
  video.getStartDate = () => new Date(Number.NaN);
  player?.setSources({ picture: '/index.m3u8', sound: '/sound.m3u8' });
  // The new playlist begins four seconds later than what was shown.
  video.getStartDate = date;
  video.currentTime = 54;
  video.dispatchEvent(new Event('loadedmetadata'));
  expect(video.currentTime).toBe(50);
});
