import type { OutsideProblem, OutsideVariant } from '#contract/outside.ts';
import { fetchPlaylist, OutsideError } from './fetch.ts';
import { type MediaPlaylist, type Playlist, parsePlaylist, type Variant } from './playlist.ts';

/** What a look at an outside address saw. */
export interface Sight {
  playlist: MediaPlaylist;
  /** Where that playlist is, to look at it alone the next time. */
  playlistUrl: string;
  /** Those that our pages can play, the best first; empty where the address is one stream without a choice. */
  variants: Variant[];
  /** Places from which a player reads. */
  origins: string[];
  /** Whether browsers may read all of it from our pages. */
  shared: boolean;
}

/**
 * Reads an outside address as a player does, from its top down to one media playlist.
 * @throws OutsideError saying why it can't be a class's picture
 */
export async function lookAt(url: string, origin: string | null, stop: AbortSignal): Promise<Sight> {
  const top = await read(url, origin, stop);
  if (top.playlist.kind === 'media') return sightOf(top, [], [url]);
  const variants = top.playlist.variants.filter(isPlayable).sort(byQuality);
  // All of them move together; the smallest costs its service the least.
  const smallest = variants.at(-1);
  if (!smallest) throw new OutsideError({ code: 'no-codec' });
  const below = await read(absolute(smallest.uri, top.url), origin, stop);
  const places = [url, top.url, ...variants.map(({ uri }) => absolute(uri, top.url))];
  return sightOf({ ...below, shared: top.shared && below.shared }, variants, places);
}

/** Reads again the media playlist that an earlier look found. @throws OutsideError */
export async function lookAgain(before: Sight, origin: string | null, stop: AbortSignal): Promise<Sight> {
  const again = await read(before.playlistUrl, origin, stop);
  return sightOf({ ...again, shared: before.shared && again.shared }, before.variants, before.origins);
}

/** What a browser on pages of `origin` will not forgive. */
export function refusalsOf(url: string, { shared }: Pick<Sight, 'shared'>, origin: string | null): OutsideProblem[] {
  const insecure = origin?.startsWith('https:') && url.startsWith('http:');
  return [
    ...(shared ? [] : [{ code: 'no-cors' } as const satisfies OutsideProblem]),
    ...(insecure ? [{ code: 'insecure' } as const satisfies OutsideProblem] : []),
  ];
}

export function variantsShown(variants: readonly Variant[]): OutsideVariant[] {
  return variants.map(({ width, height, bitrate }) => ({ width, height, bitrate }));
}

interface Read {
  url: string;
  shared: boolean;
  playlist: Playlist;
}

async function read(url: string, origin: string | null, stop: AbortSignal): Promise<Read> {
  const { text, ...where } = await fetchPlaylist(url, origin, stop);
  const playlist = parsePlaylist(text);
  if (!playlist) throw new OutsideError({ code: 'not-hls' });
  return { ...where, playlist };
}

function sightOf({ url, shared, playlist }: Read, variants: Variant[], places: string[]): Sight {
  if (playlist.kind !== 'media') throw new OutsideError({ code: 'not-hls' });
  if (playlist.over) throw new OutsideError({ code: 'not-live' });
  if (playlist.uris.length === 0) throw new OutsideError({ code: 'no-segments' });
  const all = [...places, url, ...playlist.uris.map((uri) => absolute(uri, url))];
  const origins = [...new Set(all.map((place) => new URL(place).origin))].filter(isNameable).slice(0, MAX_ORIGINS);
  return { playlist, playlistUrl: url, variants, origins, shared };
}

const MAX_ORIGINS = 8;

/** What can stand in a page's policy without meaning anything else there. */
function isNameable(origin: string): boolean {
  return /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/.test(origin);
}

/** Browsers play H.264 and AAC everywhere. What names no codecs may be that. */
function isPlayable({ codecs }: Variant): boolean {
  if (!codecs) return true;
  const names = codecs.map((codec) => codec.trim());
  return names.some((name) => /^avc[13]\./.test(name)) && names.every((name) => /^(avc[13]|mp4a)\./.test(name));
}

function byQuality(a: Variant, b: Variant): number {
  return (b.height ?? 0) - (a.height ?? 0) || (b.bitrate ?? 0) - (a.bitrate ?? 0);
}

/** @throws OutsideError `not-hls` for what is no address, or none of the web */
function absolute(uri: string, base: string): string {
  const url = URL.canParse(uri, base) ? new URL(uri, base) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new OutsideError({ code: 'not-hls' });
  return url.href;
}
