import type { Broadcast } from '#contract/media.ts';
import {
  checkDates,
  checkDelta,
  checkNext,
  checkPlaylist,
  checkTogether,
  type Playlist,
  readPlaylist,
} from './hls-rules.ts';
import { playbackToken, playbackUrl, until } from './media-run.ts';

/** A publisher's clock is followed by this much a segment. */
export const DRIFT_MS = 5;
/** Sound is cut at its fragment nearest to the picture's boundary. */
const SOUND_OFF_MS = 342;

/** Reads every version of every playlist of a class, to hold them against the draft's rules. */
export class ClassFollower {
  /** By rendition, in the order of their reading. */
  readonly seen = new Map<string, Playlist[]>();
  /** Delta updates, each with the whole playlist of its moment. */
  readonly deltas = new Map<string, { delta: Playlist; whole: Playlist }[]>();
  readonly #media: { url: string };
  readonly #broadcast: Broadcast;
  readonly #token: string;
  readonly #names: readonly string[];

  /** @param names of the renditions, the sound the last */
  constructor(media: { url: string }, broadcast: Broadcast, names: readonly string[]) {
    this.#media = media;
    this.#broadcast = broadcast;
    this.#token = playbackToken(broadcast);
    this.#names = names;
  }

  /** Text of a file of the class; empty when there is none. */
  async get(file: string): Promise<string> {
    const answer = await fetch(playbackUrl(this.#media, this.#broadcast, file, this.#token));
    return answer.ok ? answer.text() : '';
  }

  /** Until the class has ended. */
  async follow(): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#follow(name)));
  }

  /** By blocking reloads, as a player does; every few versions also as a delta update. */
  async #follow(name: string): Promise<void> {
    const versions: Playlist[] = [];
    this.seen.set(name, versions);
    const updates: { delta: Playlist; whole: Playlist }[] = [];
    this.deltas.set(name, updates);
    let now = readPlaylist(await until(async () => (await this.get(`${name}/live.m3u8`)) || undefined));
    while (!now.ended) {
      versions.push(now);
      const last = now.segments.at(-1);
      const open = last?.uri === null;
      const [msn, part] = open ? [last.msn, last.parts.length] : [(last?.msn ?? -1) + 1, 0];
      const text = await this.get(`${name}/live.m3u8?_HLS_msn=${msn}&_HLS_part=${part}`);
      now = readPlaylist(text);
      if (versions.length % 5 === 0 && !now.ended) {
        const delta = readPlaylist(await this.get(`${name}/live.m3u8?_HLS_skip=YES`));
        const whole = readPlaylist(await this.get(`${name}/live.m3u8`));
        // Of one moment: nothing was added in between.
        if (delta.hint === whole.hint) updates.push({ delta, whole });
      }
    }
    versions.push(now);
  }

  /** What of all that was read breaks a rule. */
  problems(): string[] {
    const problems = new Set<string>();
    const report = (where: string) => (rule: string, problem: string) =>
      void problems.add(`${where} ${rule}: ${problem}`);
    for (const [name, versions] of this.seen) {
      for (const [at, version] of versions.entries()) {
        checkPlaylist(version, report(name));
        const before = versions[at - 1];
        if (before) checkNext(before, version, report(name));
        checkDates(
          version.segments.filter(({ uri }) => uri !== null),
          DRIFT_MS + 1,
          report(name),
        );
      }
      for (const { delta, whole } of this.deltas.get(name) ?? []) {
        const known = versions.findLast((version) => version.mediaSequence <= delta.mediaSequence) as Playlist;
        checkDelta(known, delta, whole, report(name));
      }
    }
    const [top = '', ...others] = this.#names;
    for (const [at, other] of others.entries()) {
      const slack = at === others.length - 1 ? SOUND_OFF_MS : 1;
      checkTogether(this.#last(top), this.#last(other), slack, report(`${top} and ${other}`));
    }
    return [...problems];
  }

  /** Of the segments of its last playlist, s. */
  lengths(name: string): number[] {
    return this.#last(name).segments.map(({ duration }) => Math.round(duration * 100) / 100);
  }

  #last(name: string): Playlist {
    return this.seen.get(name)?.at(-1) as Playlist;
  }
}
