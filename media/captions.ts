import crypto from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { CaptionLanguage, CaptionsRequest, type Cue } from '#contract/captions.ts';
import { replaceFile } from './disk.ts';
import type { FilmSource } from './film.ts';
import { Fmp4Reader } from './fmp4.ts';
import { readHead } from './head.ts';
import { parseJson } from './json.ts';
import { initName, isMissing, lengthOf, type RecordedSegment } from './recording-index.ts';
import { type CaptionStretch, captionPlaylist, captionText } from './webvtt.ts';

/*
 * Captions of a closed recording: the app's copy in a file of each language, and a rendition of WebVTT made of it. Its segments
 * are longer than those of the picture, as words are few, but none goes on over a discontinuity, behind which the picture has another clock.
 */

/** How long a segment of captions is about, microseconds. */
const STRETCH = 60_000_000;

const Stored = CaptionsRequest.omit({ broadcastId: true });

/** Keeps what was said, unless something later was said already. */
export async function storeCaptions(folder: string, said: CaptionsRequest): Promise<void> {
  const known = await storedCaptions(folder, said.language);
  if (known && known.changedAt >= said.changedAt) return;
  await replaceFile(path.join(folder, fileOf(said.language)), JSON.stringify(Stored.parse(said)));
}

async function storedCaptions(folder: string, language: CaptionLanguage) {
  const text = await fs.readFile(path.join(folder, fileOf(language)), 'utf8').catch(() => '');
  return Stored.safeParse(parseJson(text)).data;
}

function fileOf(language: CaptionLanguage): string {
  return `captions-${language}.json`;
}

/** All that a recording has, as it is shown. @param along a rendition, beside which they run */
export async function openCaptions(folder: string, along: FilmSource): Promise<CaptionTrack[]> {
  const stretches = stretchesOf(along.segments);
  const tracks = await Promise.all(
    CaptionLanguage.options.map(async (language) => {
      const stored = await storedCaptions(folder, language);
      return stored?.track ? [new CaptionTrack(language, stored.track, stored.changedAt, stretches, along.folder)] : [];
    }),
  );
  return tracks.flat();
}

interface RecordedStretch extends CaptionStretch {
  /** The first of its segments of which there is anything. */
  anchor: RecordedSegment | undefined;
}

function stretchesOf(segments: readonly RecordedSegment[]): RecordedStretch[] {
  const stretches: RecordedStretch[] = [];
  for (const segment of segments) {
    const { msn, pdt, discontinuity, discontinuitySequence } = segment;
    const anchor = isMissing(segment) ? undefined : segment;
    const last = stretches.at(-1);
    if (last && !discontinuity && last.duration < STRETCH) {
      last.duration += lengthOf(segment);
      last.anchor ??= anchor;
      continue;
    }
    const clockChanged = discontinuity && last !== undefined;
    const duration = lengthOf(segment);
    stretches.push({ msn, pdt, duration, discontinuity, discontinuitySequence, clockChanged, anchor });
  }
  return stretches;
}

/** The captions of one language as a rendition. */
export class CaptionTrack {
  readonly language: CaptionLanguage;
  readonly #track: { zero: number; cues: Cue[] };
  readonly #stretches: RecordedStretch[];
  readonly #folder: string;
  /** Changes with all that its segments are made of. */
  readonly #revision: string;

  constructor(
    language: CaptionLanguage,
    track: { zero: number; cues: Cue[] },
    changedAt: number,
    stretches: RecordedStretch[],
    folder: string,
  ) {
    this.language = language;
    this.#track = track;
    this.#stretches = stretches;
    this.#folder = folder;
    const shown = [stretches[0]?.msn, stretches.at(-1)?.msn, stretches.at(-1)?.duration];
    this.#revision = crypto
      .createHash('sha256')
      .update(JSON.stringify([changedAt, shown]))
      .digest('hex')
      .slice(0, 8);
  }

  playlist(): string {
    return captionPlaylist(this.#stretches, ({ msn }) => `${this.language}-${this.#revision}-${msn}.vtt`);
  }

  /** A segment by the name that the playlist has for it; null for any other. @throws Error when the disk has not got it */
  async segment(file: string): Promise<string | null> {
    const [, revision, msn] = /^[a-z]{2}-([0-9a-f]{8})-(\d{1,9})\.vtt$/.exec(file) ?? [];
    const stretch = this.#stretches.find((each) => each.msn === Number(msn));
    if (!stretch || file !== `${this.language}-${revision}-${msn}.vtt` || revision !== this.#revision) return null;
    return captionText(this.#track, stretch, await this.#clockOf(stretch));
  }

  /** What the picture's own clock says at the beginning of a stretch, microseconds. */
  async #clockOf({ anchor, pdt }: RecordedStretch): Promise<number | null> {
    if (!anchor) return null;
    const reader = new Fmp4Reader();
    reader.push(await fs.readFile(path.join(this.#folder, initName(anchor.init))));
    const [head] = reader.push(await readHead(this.#folder, anchor));
    return head?.kind === 'fragment' ? head.start - (anchor.pdt - pdt) * 1_000 : null;
  }
}
