import Hls from 'hls.js';
import { playByHls } from './hls-player.ts';
import { playNatively } from './native-player.ts';
import type { Outside, Past, Player, PlayerEvents, Sources } from './playback.ts';
import type { Quality } from './quality.ts';

/** Plays a broadcast in the element, as it runs or from a point of its past on, and mends what breaks by itself, for as long as it is not destroyed. */
export function createPlayer(
  video: HTMLVideoElement,
  sources: Sources,
  quality: Quality,
  events: PlayerEvents,
  past: Past | null,
  outside: Outside | null,
): Player {
  const play = Hls.isSupported() ? playByHls : playNatively;
  return play(video, sources, quality, events, past, outside);
}
