import type { HttpClient } from './http-client.ts';

export interface PlaylistState {
  prefix: string;
  /** Number of the newest segment, open or closed. */
  msn: number;
  /** PROGRAM-DATE-TIME of the end of the newest part, epoch ms. */
  edge: number;
}

const POLL_MS = 400;

/** Follows the live playlist of a class as a viewer's player does; through breaks, too. */
export class Picture {
  readonly #client: HttpClient;
  readonly #sessionId: string;
  readonly #polling: NodeJS.Timeout;
  #address: { prefix: string; token: string } | null = null;
  #state: PlaylistState | null = null;
  #busy = false;

  /** `officer` may watch the session from a console. */
  constructor(officer: HttpClient, sessionId: string) {
    this.#client = officer;
    this.#sessionId = sessionId;
    this.#polling = setInterval(() => void this.#poll(), POLL_MS);
  }

  /** As last read; null before the first picture. */
  get state(): PlaylistState | null {
    return this.#state;
  }

  close(): void {
    clearInterval(this.#polling);
  }

  async #poll(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#address ??= await this.#find();
      if (!this.#address) return;
      const { prefix, token } = this.#address;
      const response = await fetch(`${this.#client.url}/media/t/${token}/${prefix}/360p/live.m3u8`, {
        signal: AbortSignal.timeout(5_000),
      });
      const text = await response.text();
      if (response.ok) this.#state = { prefix, ...readPlaylist(text) };
      else if (response.status === 401 || response.status === 403) this.#address = null;
    } catch {
      // Something is down: asked again at the next turn.
    } finally {
      this.#busy = false;
    }
  }

  async #find() {
    const params = { sessionId: this.#sessionId };
    const { status, body } = await this.#client.call('POST /sessions/:sessionId/watch', { params });
    if (status !== 200 || body.kind !== 'live' || !body.prefix || !body.playbackToken) return null;
    return { prefix: body.prefix, token: body.playbackToken };
  }
}

/** Number of the newest segment, and where on the session axis the newest part ends. */
export function readPlaylist(text: string): { msn: number; edge: number } {
  let segment = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(text)?.[1]) - 1;
  let from = 0;
  let partsMs = 0;
  let closedMs: number | null = null;
  for (const line of text.split('\n')) {
    const [tag = '', value = ''] = line.split(/:(.*)/s);
    if (tag === '#EXT-X-PROGRAM-DATE-TIME') {
      segment += 1;
      from = Date.parse(value);
      partsMs = 0;
      closedMs = null;
    } else if (tag === '#EXT-X-PART') partsMs += Number.parseFloat(/DURATION=([\d.]+)/.exec(value)?.[1] ?? '0') * 1_000;
    else if (tag === '#EXTINF') closedMs = Number.parseFloat(value) * 1_000;
  }
  return { msn: segment, edge: Math.round(from + (closedMs ?? partsMs)) };
}
