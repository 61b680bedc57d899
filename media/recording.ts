import fs from 'node:fs/promises';
import path from 'node:path';
import { Broadcast } from '#contract/media.ts';
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
const PLAYLIST = 'index.m3u8';

export function recordingPath(broadcastId: string): string {
  return path.join('recordings', broadcastId);
}

/** Broadcasts in the data folder whose recording was never closed. */
export async function unfinishedBroadcasts(dataDir: string): Promise<Broadcast[]> {
  const root = path.join(dataDir, 'recordings');
  const names = await fs.readdir(root).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = path.join(root, name);
      if (await exists(path.join(folder, PLAYLIST))) return null;
      const text = await fs.readFile(path.join(folder, ABOUT), 'utf8').catch(() => '');
      const parsed = Broadcast.safeParse(parseJson(text));
      return parsed.success ? parsed.data : null;
    }),
  );
  return found.filter((broadcast) => broadcast !== null);
}

/** A broadcast on the disk, from its first byte to its closing. */
export class Recording {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #recorders = new Map<string, RenditionRecorder>();
  /** What a crash has left, by the name of the rendition. */
  readonly restored = new Map<string, StreamState | undefined>();

  private constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Opens the broadcast's folder, making it if there is none. What a crash left half written is cut off. */
  static async open(dataDir: string, broadcast: Broadcast, logger: Logger): Promise<Recording> {
    const folder = path.join(dataDir, recordingPath(broadcast.id));
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(path.join(folder, ABOUT), JSON.stringify(broadcast));
    const recording = new Recording(folder, logger);
    const present = await fs.readdir(folder);
    for (const name of RENDITIONS.filter((each) => present.includes(each))) {
      const { recorder, state } = await RenditionRecorder.restore(path.join(folder, name), logger);
      recording.#recorders.set(name, recorder);
      recording.restored.set(name, state);
    }
    return recording;
  }

  /** The recorder of a rendition, begun if it is new. */
  rendition(name: string): RenditionRecorder {
    const known = this.#recorders.get(name);
    if (known) return known;
    const recorder = RenditionRecorder.begin(path.join(this.#folder, name), this.#logger);
    this.#recorders.set(name, recorder);
    return recorder;
  }

  /** Writes the playlists of the whole, the outer one last. Microseconds of the longest rendition, bytes of all. */
  async close(playlist: string): Promise<{ duration: number; bytes: number }> {
    const closed = await Promise.all([...this.#recorders.values()].map((recorder) => recorder.close()));
    await fs.writeFile(path.join(this.#folder, PLAYLIST), playlist).catch((error: unknown) => {
      this.#logger.error({ err: error, folder: this.#folder }, 'the recording cannot be closed');
    });
    return {
      duration: Math.max(0, ...closed.map((each) => each.duration)),
      bytes: closed.reduce((sum, each) => sum + each.bytes, 0),
    };
  }

  /** Waits until everything is on its way to the disk. */
  async settled(): Promise<void> {
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder.settled()));
  }
}

function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
