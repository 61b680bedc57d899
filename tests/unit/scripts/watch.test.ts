import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchSources } from '#scripts/watch.ts';

let folder: string;
let watching: { close(): void };
let seen: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'anke-watch-'));
  await mkdir(path.join(folder, 'live'));
  await writeFile(path.join(folder, 'live/room.ts'), '1');
  seen = [];
  watching = watchSources(folder, (file) => seen.push(file));
});
afterEach(async () => {
  watching.close();
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<void> {
  seen.length = 0;
  await writeFile(path.join(folder, name), text);
}

test('a file that an editor replaces is seen every time', async () => {
  for (const text of ['2', '3']) {
    await write('live/room.ts~', text);
    await rename(path.join(folder, 'live/room.ts~'), path.join(folder, 'live/room.ts'));
    await expect.poll(() => seen).toEqual(['live/room.ts']);
  }
  await write('live/room.ts', '4');
  await expect.poll(() => seen).toEqual(['live/room.ts']);
});

test('a folder that was made later is watched as well', { timeout: 30_000 }, async () => {
  await mkdir(path.join(folder, 'quiz'));
  // Written again and again until the new folder is watched, with pauses longer than the quiet it waits for.
  const write = async () => {
    await writeFile(path.join(folder, 'quiz/paper.ts'), '1');
    return seen;
  };
  await expect.poll(write, { interval: 400, timeout: 20_000 }).toContain('quiz/paper.ts');
});

test('what is no source is not seen', async () => {
  await write('live/notes.md', '1');
  await write('live/room.ts', '2');
  await expect.poll(() => seen).toEqual(['live/room.ts']);
});
