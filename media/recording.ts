import fs from 'node:fs/promises';
import path from 'node:path';
import { Broadcast } from '#contract/media.ts';
import { replaceFile } from './disk.ts';
import { parseJson } from './json.ts';
import { RENDITIONS } from './ladder.ts';
import type { Logger } from './logger.ts';
import { RenditionRecorder } from './recorder.ts';
import type { StreamState } from './stream.ts';

/*
 * A folder for each broadcast:
 *
 *   broadcast.json   which broadcast this is
 *   720p/ … sound/   what was published, a folder for each rendition (recorder.ts)
 *   index.m3u8       the multivariant playlist; its presence means that the recording is closed
 */

const ABOUT = 'broadcast.json';
export const PLAYLIST = 'index.m3u8';

const CLOSE_AGAIN_MS = 10_000;

export function recordingPath(broadcastId: string): string {
  return path.join('recordings', broadcastId);
}

/** Broadcasts in the data folder, and whether their recording was closed. */
export async function broadcastsOnDisk(dataDir: string): Promise<{ broadcast: Broadcast; closed: boolean }[]> {
  const root = path.join(dataDir, 'recordings');
  const names = await fs.readdir(root).catch((): string[] => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = path.join(root, name);
      const text = await fs.readFile(path.join(folder, ABOUT), 'utf8').catch(() => '');
      const parsed = Broadcast.safeParse(parseJson(text));
      // A copy under another name is nobody's.
      if (!parsed.success || parsed.data.id !== name) return [];
      return [{ broadcast: parsed.data, closed: await exists(path.join(folder, PLAYLIST)) }];
    }),
  );
  return found.flat();
}

/** A broadcast on the disk, from its first byte to its closing. A failing disk never holds up the class. */
export class Recording {
  readonly #folder: string;
  readonly #broadcast: Broadcast;
  readonly #logger: Logger;
  readonly #recorders = new Map<string, RenditionRecorder>();
  /** Renditions whose recording a crash has left unreadable: they are left as they are, and nothing is added. */
  readonly #unreadable = new Set<string>();
  /** Whether the folder says which broadcast it is. */
  #named = false;
  /** What a crash has left, by the name of the rendition. */
  readonly restored = new Map<string, StreamState | undefined>();

  private constructor(folder: string, broadcast: Broadcast, logger: Logger) {
    this.#folder = folder;
    this.#broadcast = broadcast;
    this.#logger = logger;
  }

  /** Opens the broadcast's folder, making it if there is none. What a crash left half written is cut off. */
  static async open(dataDir: string, broadcast: Broadcast, logger: Logger): Promise<Recording> {
    const folder = path.join(dataDir, recordingPath(broadcast.id));
    const recording = new Recording(folder, broadcast, logger);
    await recording.#name().catch((error: unknown) => {
      logger.error({ err: error, folder }, 'the recording cannot be begun');
    });
    const present = await fs.readdir(folder).catch((): string[] => []);
    for (const name of RENDITIONS.filter((each) => present.includes(each))) await recording.#restore(name);
    return recording;
  }

  /** The recorder of a rendition, begun if it is new; null for one that is unreadable. */
  rendition(name: string): RenditionRecorder | null {
    if (this.#unreadable.has(name)) return null;
    const known = this.#recorders.get(name);
    if (known) return known;
    const recorder = RenditionRecorder.begin(path.join(this.#folder, name), this.#logger, () => this.#name());
    this.#recorders.set(name, recorder);
    return recorder;
  }

  get state(): 'ok' | 'failing' {
    const failing = [...this.#recorders.values()].some((recorder) => recorder.failing);
    return failing || this.#unreadable.size > 0 ? 'failing' : 'ok';
  }

  /**
   * Writes the playlists of the whole, the outer one last; a disk that refuses them is asked again until it takes them.
   * Microseconds of the longest rendition, bytes of all.
   */
  async close(playlist: string): Promise<{ duration: number; bytes: number }> {
    const recorders = [...this.#recorders.values()];
    const closed = await Promise.all(recorders.map((recorder) => recorder.close()));
    await this.#writePlaylists(playlist);
    return {
      duration: closed.reduce((longest, each) => Math.max(longest, each.duration), 0),
      bytes: closed.reduce((sum, each) => sum + each.bytes, 0),
    };
  }

  async #writePlaylists(playlist: string): Promise<void> {
    try {
      for (const recorder of this.#recorders.values()) await recorder.writePlaylist();
      await this.#name();
      await replaceFile(path.join(this.#folder, PLAYLIST), playlist);
    } catch (error) {
      this.#logger.error({ err: error, folder: this.#folder }, 'the recording cannot be closed');
      setTimeout(() => void this.#writePlaylists(playlist), CLOSE_AGAIN_MS).unref();
    }
  }

  /** Waits until everything is on its way to the disk. */
  async settled(): Promise<void> {
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder.settled()));
  }

  async #name(): Promise<void> {
    if (this.#named) return;
    await fs.mkdir(this.#folder, { recursive: true });
    await replaceFile(path.join(this.#folder, ABOUT), JSON.stringify(this.#broadcast));
    this.#named = true;
  }

  async #restore(name: string): Promise<void> {
    const folder = path.join(this.#folder, name);
    try {
      const { recorder, state } = await RenditionRecorder.restore(folder, this.#logger, () => this.#name());
      this.#recorders.set(name, recorder);
      this.restored.set(name, state);
    } catch (error) {
      this.#logger.error({ err: error, folder }, 'a recording cannot be read, and is left as it is');
      this.#unreadable.add(name);
      // Its viewers get what is published from now on.
      const newest = { msn: -1, run: 0 };
      this.restored.set(name, { segments: [], inits: new Map(), newest, longestPart: 0, longestSegment: 0 });
    }
  }
}

function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
