import type { NetworkFigures } from '#contract/network.ts';
import type { ClassToCheck } from './class-to-check.ts';
import { goOn } from './go-on.ts';
import { isFragment, isPlaylist, needsOf, segmentsOf, variantsOf } from './playlists.ts';

export type MediaFigures = Pick<NetworkFigures, 'media' | 'speed' | 'needs'>;

const HEALTH = '/media/health';
const PLAYLIST_MS = 10_000;
/** What a check takes of the class at most, whichever comes first. */
const MOST_BYTES = 4_000_000;
const MOST_MS = 12_000;
const SEGMENTS = 3;
/** A first segment that came within this leaves time to measure by larger ones. */
const QUICK_MS = 1_500;

/** An answer, as far as it came. */
interface Taken {
  bytes: number;
  ms: number;
  head: Uint8Array;
  /** Up to its end. */
  whole: boolean;
}

/**
 * Reads what the room's player would read: the playlist, then a few of the newest segments, with the room's own token.
 * @param roundTripMs the shortest to the server: no part of a download's speed
 */
export async function checkMedia(
  of: ClassToCheck | null,
  roundTripMs: number,
  signal: AbortSignal,
  onSpeed: () => void,
): Promise<MediaFigures> {
  const { media, text, url } = await askPlaylist(of, signal);
  if (media.state !== 'reached' || text === null) return { media, speed: null, needs: null };
  onSpeed();
  const variants = variantsOf(text);
  const needs = needsOf(variants);
  const pictures = variants.filter(({ lines }) => lines !== null);
  const rungs = (pictures.length > 0 ? pictures : variants).map(({ uri }) => new URL(uri, url).href);
  const meter = new Meter(roundTripMs, signal, of?.outside ?? false);
  const [lowest = url, highest = lowest] = [rungs[0], rungs[rungs.length - 1]];
  const first = await meter.read(lowest, 1);
  if (first !== null && first < QUICK_MS) await meter.read(highest, SEGMENTS);
  else await meter.read(lowest, SEGMENTS);
  const { speed, altered } = meter;
  return { media: altered === null ? media : { ...media, state: 'altered', found: altered }, speed, needs };
}

async function askPlaylist(
  of: ClassToCheck | null,
  signal: AbortSignal,
): Promise<{ media: NetworkFigures['media']; text: string | null; url: string }> {
  const address = of?.playlist ?? HEALTH;
  const begun = performance.now();
  const answer = await take(address, PLAYLIST_MS, signal, true).catch(() => null);
  goOn(signal);
  const url = answer?.response.url || new URL(address, location.href).href;
  if (!answer) return { media: { state: 'unreachable', status: null, ms: null, found: null }, text: null, url };
  const { status, ok, headers } = answer.response;
  const ms = Math.round(performance.now() - begun);
  const type = headers.get('content-type') ?? 'no type';
  const found = plain(`${type}, ${answer.taken.bytes} bytes`);
  const media = (state: NetworkFigures['media']['state']) => ({ state, status, ms, found });
  if (status === 404 && of?.playlist) return { media: media('nothing-on'), text: null, url };
  if (status >= 500) return { media: media('failing'), text: null, url };
  if (!ok) return { media: media('refused'), text: null, url };
  if (!of?.playlist) {
    const ours = type.includes('json');
    return { media: { ...media(ours ? 'nothing-on' : 'altered'), ...(ours && { found: null }) }, text: null, url };
  }
  if (!isPlaylist(answer.text)) return { media: media('altered'), text: null, url };
  return { media: { ...media('reached'), found: null }, text: answer.text, url };
}

/** Takes segments one after the other, and keeps the figures. */
class Meter {
  readonly #roundTripMs: number;
  readonly #signal: AbortSignal;
  readonly #outside: boolean;
  readonly #begun = performance.now();
  #taken: { bytes: number; ms: number }[] = [];
  #lost = 0;
  #altered: string | null = null;

  constructor(roundTripMs: number, signal: AbortSignal, outside: boolean) {
    this.#roundTripMs = roundTripMs;
    this.#signal = signal;
    this.#outside = outside;
  }

  /** What was wrong with a segment; null: nothing. */
  get altered(): string | null {
    return this.#altered;
  }

  get speed(): NonNullable<NetworkFigures['speed']> {
    const bytes = this.#taken.reduce((sum, { bytes }) => sum + bytes, 0);
    const ms = this.#taken.reduce((sum, each) => sum + each.ms, 0);
    const each = this.#taken.map((taken) => kbps(taken.bytes, taken.ms));
    return {
      segments: this.#taken.length,
      lost: this.#lost,
      bytes,
      kbps: kbps(bytes, ms),
      slowestKbps: each.length > 0 ? Math.min(...each) : 0,
    };
  }

  /** Takes the newest segments of a playlist, within what is left. @returns how long the last of them took, ms; null: none came. */
  async read(playlist: string, segments: number): Promise<number | null> {
    let last: number | null = null;
    const list = await take(playlist, this.#left(), this.#signal, true).catch(() => null);
    goOn(this.#signal);
    for (const uri of segmentsOf(list?.text ?? '', segments)) {
      if (this.#left() <= 0 || this.speed.bytes >= MOST_BYTES) break;
      const answer = await take(new URL(uri, list?.response.url || playlist).href, this.#left(), this.#signal).catch(
        () => null,
      );
      goOn(this.#signal);
      last = answer && this.#note(answer);
    }
    return last;
  }

  #note({ response, taken }: { response: Response; taken: Taken }): number | null {
    if (!response.ok || taken.bytes === 0) {
      this.#lost += 1;
      return null;
    }
    const whole = Number(response.headers.get('content-length') ?? taken.bytes);
    const encoded = response.headers.get('content-encoding') !== null;
    const cut = taken.whole && !encoded && whole !== taken.bytes;
    if (cut || (!this.#outside && !isFragment(taken.head))) {
      this.#altered = plain(`${response.headers.get('content-type')}, ${taken.bytes} of ${whole} bytes`);
    }
    // What came until the time was up, or the line was cut, says how fast it was.
    // A share of the time at least: a guess at the round trip must not make a download of it that took none.
    const ms = Math.max(taken.ms - this.#roundTripMs, taken.ms / 4);
    this.#taken.push({ bytes: taken.bytes, ms });
    if (!taken.whole && this.#left() > 0) this.#lost += 1;
    return taken.ms;
  }

  #left(): number {
    return MOST_MS - (performance.now() - this.#begun);
  }
}

/** Reads an answer until its end, or until there is no time left. @throws when nothing answers in time */
async function take(
  url: string,
  withinMs: number,
  signal: AbortSignal,
  asText = false,
): Promise<{ response: Response; taken: Taken; text: string }> {
  const patience = new AbortController();
  const stop = () => patience.abort();
  const timer = setTimeout(stop, Math.max(0, withinMs));
  signal.addEventListener('abort', stop);
  const begun = performance.now();
  try {
    // What this device has kept is no measure of the network.
    const response = await fetch(url, { cache: 'no-store', signal: patience.signal });
    const chunks: Uint8Array[] = [];
    const whole = await readInto(response, chunks);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const text = asText ? new TextDecoder().decode(joined(chunks, bytes)) : '';
    const taken = { bytes, ms: performance.now() - begun, head: chunks[0] ?? new Uint8Array(), whole };
    return { response, taken, text };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Resolves to whether it came to its end. */
async function readInto(response: Response, chunks: Uint8Array[]): Promise<boolean> {
  const reader = response.body?.getReader();
  if (!reader) return true;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      chunks.push(value);
    }
  } catch {
    return false;
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function kbps(bytes: number, ms: number): number {
  return ms <= 0 ? 0 : Math.min(10_000_000, Math.round((bytes * 8) / ms));
}

function plain(words: string): string {
  return words.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
