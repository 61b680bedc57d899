import fs from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../logger.ts';

const OURS = /^[\w-]{16,64}\.\w{1,16}\.(?:init|seg|part)-[\d.]{1,14}\.(?:mp4|m4s)(?:\.new)?$/;

/** Parts and segments as files, for a web server in front that gives them without asking here. */
export class Store {
  readonly #folder: string;
  readonly #logger: Logger;
  #writing = new Map<string, Promise<void>>();
  #failing = false;

  constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Makes the folder, and removes what a process before this one has left. @throws when the folder can't be made */
  async open(): Promise<void> {
    await fs.mkdir(this.#folder, { recursive: true, mode: 0o755 });
    for (const name of await fs.readdir(this.#folder))
      if (OURS.test(name)) await fs.rm(path.join(this.#folder, name), { force: true });
  }

  /** A full disk is no reason to answer nobody: what could not be written is asked for here. */
  put(key: string, bytes: Buffer): Promise<void> {
    const under = this.#writing.get(key);
    if (under) return under;
    const writing = this.#write(key, bytes)
      .then(() => {
        this.#failing = false;
      })
      .catch((error: unknown) => {
        if (!this.#failing) this.#logger.error({ err: error }, 'EDGE_STORE cannot be written');
        this.#failing = true;
      })
      .finally(() => this.#writing.delete(key));
    this.#writing.set(key, writing);
    return writing;
  }

  async remove(key: string): Promise<void> {
    await this.#writing.get(key);
    await fs.rm(this.#path(key), { force: true }).catch(() => undefined);
  }

  /** Aside and renamed, so that nobody is given half of one. */
  async #write(key: string, bytes: Buffer): Promise<void> {
    const at = this.#path(key);
    await fs.writeFile(`${at}.new`, bytes, { mode: 0o644 });
    await fs.rename(`${at}.new`, at);
  }

  /** @param key `<prefix>/<rendition>/<file>` */
  #path(key: string): string {
    return path.join(this.#folder, key.replaceAll('/', '.'));
  }
}
