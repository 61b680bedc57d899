import { createRequire } from 'node:module';
import path from 'node:path';
import type { Broadcast, Input } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { type Ffmpeg, outputsOf, slateArguments, startEncoder } from './ffmpeg.ts';
import { Fmp4Reader, type Fragment, movedTo, ticks } from './fmp4.ts';
import type { InitSegment, Track } from './init-segment.ts';
import { type Rung, SOUND } from './ladder.ts';
import type { Logger } from './logger.ts';

/** One output of the slate: fragments that can follow each other without end. */
interface SlateTrack {
  init: InitSegment;
  track: Track;
  loop: Fragment[];
}

/** What viewers see while a class waits for its publisher, in memory, by the name of the rendition. */
export type Slate = ReadonlyMap<string, SlateTrack>;

const FONT = '500Medium/NotoSansSC_500Medium.ttf';

/** Encodes the slate once, so that nothing has to start when it is needed. @throws Error when ffmpeg makes none, with words or without */
export async function makeSlate(ffmpeg: Ffmpeg, rungs: readonly Rung[], logger: Logger): Promise<Slate> {
  const font = fontFile();
  try {
    return await encode(ffmpeg, rungs, font, logger);
  } catch (error) {
    // A build without freetype cannot write.
    logger.warn({ err: error }, 'the slate has no words');
    return encode(ffmpeg, rungs, null, logger);
  }
}

/** Of the npm package, which is there wherever this runs. */
function fontFile(): string {
  const about = createRequire(import.meta.url).resolve('@expo-google-fonts/noto-sans-sc/package.json');
  return path.join(path.dirname(about), FONT);
}

async function encode(ffmpeg: Ffmpeg, rungs: readonly Rung[], font: string | null, logger: Logger): Promise<Slate> {
  const names = outputsOf(rungs);
  // The font by its name alone: in a filter, a path would have to be written in ffmpeg's own escapes.
  const args = slateArguments(rungs, font && path.basename(font));
  const encoder = startEncoder(ffmpeg.path, args, names.length, logger, font ? path.dirname(font) : undefined);
  const written = await Promise.all(encoder.outputs.map((output) => output.toArray() as Promise<Buffer[]>));
  await encoder.exited;
  return new Map(names.map((name, at) => [name, trackOf(name, Buffer.concat(written[at] ?? []))]));
}

function trackOf(name: string, bytes: Buffer): SlateTrack {
  const items = new Fmp4Reader().push(bytes);
  const init = items.find((item) => item.kind === 'init');
  const fragments = items.filter((item) => item.kind === 'fragment');
  const track = init?.tracks[0];
  // Silence is alike everywhere once the encoder has settled, and the last fragment is shorter: one from the middle.
  const loop = name === SOUND ? fragments.slice(2, 3) : fragments;
  if (!init || !track || loop.length === 0) throw new Error(`ffmpeg made no slate of ${name}`);
  return { init, track, loop };
}

/** The slate's fragments one after the other, on a clock that begins at 0. */
function* endless({ track, loop }: SlateTrack): Generator<Fragment, never> {
  for (let at = 0; ; ) {
    for (const fragment of loop) {
      yield movedTo(fragment, track, at);
      at += ticks(fragment.duration, track.timescale);
    }
  }
}

/** The slate is as far behind the wall clock as a publisher's picture is, so that whoever comes back goes on where it ends, ms. */
const LAG_MS = 600;
/** When the class stood still for longer, the slate does not make up for it, ms. */
const MAX_CATCH_UP_MS = 5_000;

/** Shows the slate in every rendition of a broadcast, in real time, until another input begins or its time is over. */
export class SlateShow {
  readonly #broadcast: Broadcast;
  readonly #input: Input;
  readonly #clock: Clock;
  /** Wall time of the slate's zero, epoch ms. */
  readonly #zero: number;
  readonly #until: number;
  readonly #pictures: { name: string; next: Fragment; rest: Generator<Fragment, never> }[];
  readonly #sound: { next: Fragment; rest: Generator<Fragment, never> };
  #timer: NodeJS.Timeout | undefined;

  /** @param seconds how long it is shown at most */
  constructor(broadcast: Broadcast, slate: Slate, { clock, seconds }: { clock: Clock; seconds: number }) {
    this.#broadcast = broadcast;
    this.#clock = clock;
    const started = ({ name, track }: { name: string; track: SlateTrack }) => {
      const rest = endless(track);
      return { name, next: rest.next().value, rest };
    };
    // All of them: a broadcast has rungs that are not made any more when the ladder was changed while it ran.
    const tracks = [...slate].map(([name, track]) => ({ name, track }));
    const [sound] = tracks.filter(({ name }) => name === SOUND);
    const pictures = tracks.filter(({ name }) => name !== SOUND);
    if (!sound || pictures.length === 0) throw new Error('a slate needs a picture and sound');
    this.#pictures = pictures.map(started);
    this.#sound = started(sound);
    const now = clock();
    // Without a hole after what came last, as far as that is not long ago.
    this.#zero = Math.max(broadcast.lastPdt ?? 0, now - MAX_CATCH_UP_MS);
    this.#until = now + seconds * 1_000;
    this.#input = broadcast.begin([...slate.keys()], () => clearTimeout(this.#timer));
    for (const { name, track } of tracks) this.#input.init(name, track.init);
  }

  start(): void {
    this.#go();
  }

  #go(): void {
    const now = this.#clock();
    if (now >= this.#until || this.#broadcast.ended) {
      this.#broadcast.pause();
      return;
    }
    let end = this.#placePictures(now);
    for (; end !== null; end = this.#placePictures(now)) this.#placeSound(end);
    this.#timer = setTimeout(() => this.#go(), Math.max(1, this.#dueAt() - now));
  }

  /** When the pictures' next fragments are to be there, epoch ms. */
  #dueAt(): number {
    const next = this.#pictures[0]?.next;
    return this.#zero + ((next?.start ?? 0) + (next?.duration ?? 0)) / 1_000 + LAG_MS;
  }

  /** The next fragment of each picture, if it is due. @returns where they end on the slate's clock, microseconds */
  #placePictures(now: number): number | null {
    if (this.#dueAt() > now) return null;
    let end = 0;
    for (const picture of this.#pictures) {
      end = picture.next.start + picture.next.duration;
      this.#place(picture.name, picture.next);
      picture.next = picture.rest.next().value;
    }
    return end;
  }

  #placeSound(until: number): void {
    for (const sound = this.#sound; sound.next.start < until; sound.next = sound.rest.next().value) {
      this.#place(SOUND, sound.next);
    }
  }

  #place(name: string, fragment: Fragment): void {
    this.#input.take(name, fragment, () => this.#zero + fragment.start / 1_000);
  }
}
