import Hls from 'hls.js';
import { playByHls } from './hls-player.ts';
import { playNatively } from './native-player.ts';
import type { Player, PlayerEvents, Sources } from './playback.ts';
import type { Quality } from './quality.ts';

/** Plays a live broadcast in the element and mends what breaks by itself, for as long as it is not destroyed. */
export function createPlayer(
  video: HTMLVideoElement,
  sources: Sources,
  quality: Quality,
  events: PlayerEvents,
): Player {
  const play = Hls.isSupported() ? playByHls : playNatively;
  return play(video, sources, quality, events);
}
