import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from '../logger.ts';

/** Of one stream key, and stream keys. The oldest give way; whoever has one key can push out nothing of another. */
const MAX_SALTS = 1_000;
const MAX_KEYS = 1_000;
/** Lines after which the file is written anew with what still counts. */
const MAX_LINES = 50_000;
const LINE = /^([\w-]{16}) ([\w-]{22})$/;

/**
 * Key material that was once opened. Every SRT socket makes its own, with a salt of its own, so the same again is a handshake that
 * somebody has heard on the line and says after another. Kept also over a restart, one a line, because a key is good for days.
 */
export class Salts {
  readonly #file: string;
  readonly #logger: Logger;
  /** Stream key → salt → whose it is as long as that caller has not been let in. */
  readonly #used = new Map<string, Map<string, string | null>>();
  #lines = 0;

  constructor(dataDir: string, logger: Logger) {
    this.#file = path.join(dataDir, 'srt-salts');
    this.#logger = logger;
    for (const line of readLines(this.#file)) {
      const [, key, salt] = LINE.exec(line) ?? [];
      if (key && salt) this.#add(key, salt, null);
    }
    // Without the half line on which a crash may have ended.
    this.#rewrite();
  }

  /**
   * Synchronous, so that of two who come with the same the first alone is let in.
   * @param streamId the sealed stream key
   * @param caller who may say the same again until it is let in; null for nobody
   * @returns false for one that was used before
   */
  use(streamId: string, salt: Buffer, caller: string | null): boolean {
    // Its first sixteen letters are made of the whole key: as good as a name.
    const [key, text] = [streamId.slice(0, 16), salt.toString('base64url')];
    const known = this.#used.get(key)?.get(text);
    if (known !== undefined) return known !== null && known === caller;
    this.#add(key, text, caller);
    this.#lines += 1;
    if (this.#lines > MAX_LINES) this.#rewrite();
    else this.#write(() => fs.appendFileSync(this.#file, `${key} ${text}\n`, { mode: 0o600 }));
    return true;
  }

  /** Whoever used it was let in. */
  spend(streamId: string, salt: Buffer): void {
    this.#used.get(streamId.slice(0, 16))?.set(salt.toString('base64url'), null);
  }

  #add(key: string, salt: string, caller: string | null): void {
    const salts = this.#used.get(key) ?? new Map<string, string | null>();
    // Behind the others: it is the one that was used last.
    this.#used.delete(key);
    this.#used.set(key, salts.set(salt, caller));
    if (salts.size > MAX_SALTS) dropFirst(salts);
    if (this.#used.size > MAX_KEYS) dropFirst(this.#used);
  }

  #rewrite(): void {
    const lines = [...this.#used].flatMap(([key, salts]) => [...salts.keys()].map((salt) => `${key} ${salt}\n`));
    this.#lines = lines.length;
    this.#write(() => {
      fs.writeFileSync(`${this.#file}.new`, lines.join(''), { mode: 0o600 });
      fs.renameSync(`${this.#file}.new`, this.#file);
    });
  }

  /** A disk that is full keeps no publisher out; until the next start we know what was used all the same. */
  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#logger.error({ err: error }, 'what SRT callers used cannot be written down');
    }
  }
}

function readLines(file: string): string[] {
  try {
    return fs.readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function dropFirst(of: Map<string, unknown>): void {
  const [first] = of.keys();
  if (first !== undefined) of.delete(first);
}
