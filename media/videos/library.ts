import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UnusableReason } from '#contract/media-videos.ts';
import { replaceFile } from '../disk.ts';
import { MediaError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Logger } from '../logger.ts';
import { FlvIndex } from './flv-index.ts';

/** `uploaded` waits to be checked. */
const About = z.object({
  id: z.uuid(),
  /** Of the whole upload. */
  bytes: z.int().positive(),
  state: z.enum(['uploading', 'uploaded', 'ready', 'unusable']),
  reason: UnusableReason.nullable(),
});
type About = z.infer<typeof About>;

/** Free space that uploads and conversions leave for the recordings of classes. */
export const RESERVE_BYTES = 1024 ** 3;

/** Free space is looked at again after so many bytes. */
export const ROOM_EVERY_BYTES = 64 * 1024 * 1024;

/** Files that another try could make use of are kept; the others are nothing but weight. */
const RETRYABLE: readonly string[] = ['disk-full', 'failed'] satisfies UnusableReason[];

/** Prepared videos on the disk, each in `videos/<id>/`: what was uploaded, then the file that is played with its index. */
export class VideoLibrary {
  readonly #root: string;
  readonly #logger: Logger;
  readonly #reserve: number;
  #byId = new Map<string, About>();

  constructor(options: { dataDir: string; logger: Logger; reserveBytes?: number }) {
    this.#root = path.join(options.dataDir, 'videos');
    this.#logger = options.logger;
    this.#reserve = options.reserveBytes ?? RESERVE_BYTES;
  }

  /** Finds what is there. @returns those that wait to be checked */
  async open(): Promise<string[]> {
    await fs.mkdir(this.#root, { recursive: true });
    for (const id of await fs.readdir(this.#root)) {
      const text = await fs.readFile(path.join(this.#root, id, 'about.json'), 'utf8').catch(() => '');
      const about = About.safeParse(parseJson(text));
      if (!about.success || about.data.id !== id) {
        this.#logger.warn({ folder: path.join(this.#root, id) }, 'this is no prepared video');
        continue;
      }
      this.#byId.set(id, about.data);
      // The process may have died between the last byte and the word of it.
      if (about.data.state === 'uploading' && (await this.received(id)) === about.data.bytes)
        await this.markUploaded(id);
    }
    return [...this.#byId.values()].filter(({ state }) => state === 'uploaded').map(({ id }) => id);
  }

  /** Makes room for an upload. Saying it twice is harmless. @throws MediaError `disk-full` */
  async expect(id: string, bytes: number): Promise<void> {
    if (this.#byId.has(id)) return;
    if (!(await this.hasRoomFor(bytes))) throw new MediaError('disk-full');
    await fs.mkdir(path.join(this.#root, id), { recursive: true });
    await fs.writeFile(this.uploadPath(id), '', { flag: 'a' });
    await this.#write({ id, bytes, state: 'uploading', reason: null });
  }

  get(id: string): About | undefined {
    return this.#byId.get(id);
  }

  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** Bytes of the upload that are stored. */
  async received(id: string): Promise<number> {
    const about = this.#byId.get(id);
    if (!about) return 0;
    if (about.state !== 'uploading') return about.bytes;
    return (await fs.stat(this.uploadPath(id)).catch(() => null))?.size ?? 0;
  }

  markUploaded(id: string): Promise<void> {
    return this.#change(id, { state: 'uploaded', reason: null });
  }

  async markUnusable(id: string, reason: UnusableReason): Promise<void> {
    await this.#change(id, { state: 'unusable', reason });
    await fs.rm(this.partPath(id), { force: true });
    if (!RETRYABLE.includes(reason)) await fs.rm(this.uploadPath(id), { force: true });
  }

  /** The converted file, whole in its part, takes the place of the upload. */
  async markReady(id: string, index: FlvIndex): Promise<void> {
    await fs.writeFile(this.#path(id, 'index.json'), JSON.stringify(index));
    await fs.rename(this.partPath(id), this.videoPath(id));
    await this.#change(id, { state: 'ready', reason: null });
    await fs.rm(this.uploadPath(id), { force: true });
  }

  /** Whether there is something that can be checked again; then it waits for that. */
  async retry(id: string): Promise<boolean> {
    const about = this.#byId.get(id);
    if (about?.state !== 'unusable' || !RETRYABLE.includes(about.reason ?? '')) return false;
    await this.markUploaded(id);
    return true;
  }

  /** Null unless it is ready. */
  async index(id: string): Promise<FlvIndex | null> {
    if (this.#byId.get(id)?.state !== 'ready') return null;
    const text = await fs.readFile(this.#path(id, 'index.json'), 'utf8').catch(() => '');
    const index = FlvIndex.safeParse(parseJson(text));
    return index.success ? index.data : null;
  }

  /** Removing what is not there is harmless. */
  async remove(id: string): Promise<void> {
    this.#byId.delete(id);
    await fs.rm(path.join(this.#root, path.basename(id)), { recursive: true, force: true });
  }

  /** Whether so many bytes leave the reserve free. */
  async hasRoomFor(bytes: number): Promise<boolean> {
    const { bavail, bsize } = await fs.statfs(this.#root);
    return bavail * bsize - bytes >= this.#reserve;
  }

  uploadPath(id: string): string {
    return this.#path(id, 'upload');
  }

  partPath(id: string): string {
    return this.#path(id, 'video.part');
  }

  videoPath(id: string): string {
    return this.#path(id, 'video.flv');
  }

  #path(id: string, file: string): string {
    return path.join(this.#root, id, file);
  }

  async #change(id: string, changes: Partial<About>): Promise<void> {
    const about = this.#byId.get(id);
    // Removed in the meantime.
    if (about) await this.#write({ ...about, ...changes });
  }

  async #write(about: About): Promise<void> {
    this.#byId.set(about.id, about);
    await replaceFile(this.#path(about.id, 'about.json'), JSON.stringify(about));
  }
}
