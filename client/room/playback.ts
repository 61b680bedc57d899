import type { RoomSnapshot } from '#contract/live.ts';
import type { Ladder, Quality } from './quality.ts';

/** Addresses of the multivariant playlists of one broadcast. */
export interface Sources {
  picture: string;
  /** The sound alone, where `picture` has a variant of that kind. */
  sound: string;
}

export function sourcesOf(prefix: string, list: RoomSnapshot['delivery'] | 'past'): Sources {
  const { picture, sound } = LISTS[list];
  return { picture: `/media/${prefix}/${picture}.m3u8`, sound: `/media/${prefix}/${sound}.m3u8` };
}

const LISTS = {
  interactive: { picture: 'index', sound: 'sound' },
  crowd: { picture: 'crowd', sound: 'crowd-sound' },
  past: { picture: 'dvr', sound: 'dvr-sound' },
};

/** Where to begin in a playlist that lists the class from its first segment on. Epoch ms on the session axis. */
export interface Past {
  from: number;
  /** Where the class begins. */
  first: number;
}

/** Of a stream of somebody else's, read without a playback token and without the sound alone. */
export interface Outside {
  /** What to add to the playlist's dates for the session axis, ms; null: it has none, and the place on the axis is estimated. */
  offsetMs(): number | null;
}

export interface PlayerEvents {
  /** The element has another source, and forgot that it was playing. */
  onSource: () => void;
  /** The playlist was refused: a new playback token is needed. */
  onDenied: () => void;
  /** Playing is interrupted by that and being mended, or goes on (null). */
  onTrouble: (what: string | null) => void;
  /** What there is to choose from, and what of it is chosen now. */
  onQuality: (ladder: Ladder, chosen: Quality) => void;
}

export interface Player {
  /** The frame shown on the session axis (its PROGRAM-DATE-TIME), epoch ms; null while unknown. */
  pdt(): number | null;
  /** How far what is shown is behind the newest that the server has, ms; null while unknown. */
  latencyMs(): number | null;
  /** Plays that, or what is nearest to it among what there is. */
  setQuality(quality: Quality): void;
  /** Goes on with other playlists of the same class as it runs, leaving out nothing that was not shown yet. */
  setSources(sources: Sources): void;
  /** Goes to that point of the session axis, epoch ms, or to what is nearest to it. Only where the past is played. */
  seek(pdtMs: number): void;
  /** Takes up the class again where it is now, after the device slept or a pause. Where the past is played it goes on as it is. */
  catchUp(): void;
  destroy(): void;
}

/** Further behind the class than this a viewer is taken back to it at once; nearer, by playing a little faster. */
export const LOST_BEHIND_S = 12;
