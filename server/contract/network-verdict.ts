/*
 * What a network check found out about watching a class. Apart from the schemas: the learner's pages carry this file, and must
 * not carry zod.
 */

/** From the best to the worst. */
export const NETWORK_VERDICTS = [
  'good',
  'fair',
  'connected',
  'unstable',
  'sound-only',
  'too-slow',
  'media-failing',
  'altered',
  'media-blocked',
  'no-player',
  'offline',
] as const;
export type NetworkVerdict = (typeof NETWORK_VERDICTS)[number];

/** Beside the verdict: what else is worth a word. */
export type NetworkRemark = 'clock-off' | 'polling-only' | 'no-socket' | 'stalled';

/** How far the media server's answer came. `altered`: something on the way answered for it. */
export const MEDIA_STATES = ['reached', 'nothing-on', 'unreachable', 'refused', 'failing', 'altered'] as const;

/** As much of the figures as the verdict needs; lengths in ms, speeds in kbit/s. */
export interface Measured {
  /** By what this browser plays a class; null: not at all. */
  playsBy: 'media-source' | 'native' | null;
  clockOffsetMs: number | null;
  api: { sent: number; lost: number };
  /** How long connecting took; null: it did not come about. */
  socket: { websocketMs: number | null; pollingMs: number | null };
  media: { state: (typeof MEDIA_STATES)[number] };
  /** Of segments of the class; null: none was asked for. */
  speed: { segments: number; lost: number; kbps: number; slowestKbps: number } | null;
  /** What the class takes; null: its list did not say. */
  needs: { soundKbps: number | null; lowestKbps: number | null; highestKbps: number | null } | null;
  /** What happened to the picture before; null: none was played. */
  playing: { stalls: number; stalledMs: number } | null;
}

/** Where a class does not say what it takes: the usual ladder, kbit/s. */
const USUAL = { soundKbps: 100, lowestKbps: 600, highestKbps: 2_000 };
/** So much more than a rung takes must be carried for it to be watched without stalls. */
const ROOM_TO_SPARE = 1.2;
/** The player climbs to a rung that takes no more than this share of what it measured. */
const CLIMBS_AT = 0.6;
/** Of ten requests one may be lost to chance. */
const LOST_SHARE = 0.15;
/** Beyond this, moments shown on the page and the device's own clock tell two stories. */
const CLOCK_MS = 60_000;
const STALLS = 3;

/** One verdict for a worker with a phone: the first trouble on the way from the browser to the picture. */
export function verdictOf(measured: Measured): NetworkVerdict {
  const { playsBy, api, media, speed } = measured;
  if (api.lost >= api.sent) return 'offline';
  if (playsBy === null) return 'no-player';
  if (media.state === 'altered') return 'altered';
  if (media.state === 'unreachable' || media.state === 'refused') return 'media-blocked';
  if (media.state === 'failing') return 'media-failing';
  const shaky = api.lost / api.sent > LOST_SHARE;
  if (media.state === 'nothing-on' || speed === null) return shaky ? 'unstable' : 'connected';
  // The list came through and none of what it lists: by its type or its size something on the way keeps it out.
  if (speed.segments === 0) return 'media-blocked';
  const { sound, lowest, highest } = needsOf(measured);
  if (speed.kbps < sound * ROOM_TO_SPARE) return 'too-slow';
  if (speed.kbps < lowest * ROOM_TO_SPARE) return 'sound-only';
  if (shaky || speed.lost > 0 || speed.slowestKbps < lowest) return 'unstable';
  return speed.kbps * CLIMBS_AT < highest ? 'fair' : 'good';
}

export function remarksOf({ clockOffsetMs, socket, playing, api }: Measured): NetworkRemark[] {
  const { websocketMs, pollingMs } = socket;
  return [
    ...(clockOffsetMs !== null && Math.abs(clockOffsetMs) > CLOCK_MS ? (['clock-off'] as const) : []),
    ...(websocketMs === null && api.lost < api.sent
      ? [pollingMs === null ? ('no-socket' as const) : ('polling-only' as const)]
      : []),
    ...(playing && playing.stalls >= STALLS ? (['stalled'] as const) : []),
  ];
}

/** Above a class's own figures none is usual: a class of one rung has the same lowest and highest. */
function needsOf({ needs }: Measured): { sound: number; lowest: number; highest: number } {
  const sound = needs?.soundKbps ?? USUAL.soundKbps;
  const lowest = needs?.lowestKbps ?? needs?.highestKbps ?? USUAL.lowestKbps;
  return { sound: Math.min(sound, lowest), lowest, highest: needs?.highestKbps ?? Math.max(lowest, USUAL.highestKbps) };
}
