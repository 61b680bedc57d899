import fs from 'node:fs/promises';
import path from 'node:path';
import type { Broadcast } from '#contract/media.ts';
import { MediaError } from './errors.ts';
import type { SOUND } from './ladder.ts';
import { Past } from './past.ts';
import { closedBroadcasts, PLAYLIST, recordingPath } from './recording.ts';
import { loadIndex } from './recording-index.ts';

/** Recordings whose index is kept in memory; of a class of two hours it takes a megabyte. */
const OPEN = 16;

/** Closed recordings by the prefix under which they were published. */
export class Archive {
  readonly #dataDir: string;
  readonly #folders = new Map<string, string>();
  #open = new Map<string, Promise<ClosedRecording>>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Finds what is on the disk. */
  async load(): Promise<void> {
    for (const broadcast of await closedBroadcasts(this.#dataDir)) this.add(broadcast);
  }

  add(broadcast: Broadcast): void {
    this.#folders.set(broadcast.prefix, path.join(this.#dataDir, recordingPath(broadcast.id)));
  }

  /** @throws MediaError `not-found` for a prefix without a closed recording */
  async find(prefix: string): Promise<ClosedRecording> {
    const folder = this.#folders.get(prefix);
    if (!folder) throw new MediaError('not-found');
    const opening = this.#open.get(prefix) ?? ClosedRecording.open(folder);
    // The newest last, so that the oldest is forgotten.
    this.#open.delete(prefix);
    this.#open.set(prefix, opening);
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN && oldest !== undefined) this.#open.delete(oldest);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(prefix);
      throw new MediaError('not-found', { cause: error });
    }
  }
}

/** A class that is over, as it lies on the disk. */
export class ClosedRecording {
  readonly #playlist: string;
  readonly #renditions: Map<string, Past>;

  private constructor(playlist: string, renditions: Map<string, Past>) {
    this.#playlist = playlist;
    this.#renditions = renditions;
  }

  /** @throws what the disk says when it is not there, or not closed */
  static async open(folder: string): Promise<ClosedRecording> {
    const playlist = await fs.readFile(path.join(folder, PLAYLIST), 'utf8');
    const renditions = new Map<string, Past>();
    for (const name of new Set(
      [...playlist.matchAll(/^(\w{1,16})\/index\.m3u8$/gm)].map(([, name]) => name as string),
    )) {
      const index = await loadIndex(path.join(folder, name)).catch(() => null);
      if (!index || index.segments.length === 0) continue;
      const { segments } = index;
      const recorded = { folder: path.join(folder, name), segments, count: segments.length, closed: true };
      renditions.set(name, new Past(() => recorded));
    }
    return new ClosedRecording(playlist, renditions);
  }

  rendition(name: string): Past | undefined {
    return this.#renditions.get(name);
  }

  /** The multivariant playlist, of what there is. @param only leaves out the pictures */
  multivariant(only?: typeof SOUND): string {
    const lines = this.#playlist.split('\n');
    const left = lines.filter((line, at) => {
      const address = line.startsWith('#EXT-X-STREAM-INF:') ? lines[at + 1] : line.startsWith('#') ? undefined : line;
      const name = /^(\w{1,16})\/index\.m3u8$/.exec(address ?? '')?.[1];
      return name === undefined || (this.#renditions.has(name) && (!only || name === only));
    });
    return left.join('\n').replaceAll('/index.m3u8', '/dvr.m3u8');
  }
}
