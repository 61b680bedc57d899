import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '#scripts/folders.ts';
import { buildPages } from '#scripts/pages.ts';
import { newerApis } from '#tests/support/newer-apis.ts';

const DIST = path.join(ROOT, 'dist/client');
/** All that a phone loads to watch a class: React, the player, everything. */
const BUDGET_GZIPPED = 307 * 1_024;

interface Chunk {
  file: string;
  src?: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

/** The pages of phones and old meeting-room computers, built for Chrome 80 and Safari 14. */
describe('the learner’s pages as built', () => {
  let scripts: string[] = [];
  let styles: string[] = [];
  let manifest: Record<string, Chunk> = {};

  beforeAll(async () => {
    await buildPages();
    manifest = JSON.parse(readFileSync(path.join(DIST, '.vite/manifest.json'), 'utf8'));
    const chunks = reachable(manifest, 'index.html', (key) => !key.startsWith('console/'));
    scripts = [...new Set(chunks.map((chunk) => chunk.file))];
    styles = [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))];
  });

  it('load nothing from anywhere else', () => {
    const shell = readFileSync(path.join(DIST, 'index.html'), 'utf8');
    const addresses = [...shell.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(addresses.filter((address) => !address.startsWith('/') && !address.startsWith('data:'))).toEqual([]);
  });

  it('come in chunks that do not import each other in a circle', () => {
    const circles = Object.keys(manifest).filter((key) =>
      (manifest[key]?.imports ?? []).some((each) =>
        reachable(manifest, each, () => false).includes(manifest[key] as Chunk),
      ),
    );
    expect(circles).toEqual([]);
  });

  it('use no syntax and no API that their oldest browsers lack', () => {
    const found = scripts.flatMap((file) => newerApis(read(file)).map((api) => `${file}: ${api}`));
    expect(found).toEqual([]);
  });

  it('have styles that the oldest browsers understand', () => {
    const newer = [
      /[;{]aspect-ratio:/,
      /[;{]inset:/,
      /:has\(|:is\(|:where\(/,
      /\d[dsl]v[hw]\b/,
      // Of flex boxes it is Chrome 84 and Safari 14.1; grids use the older grid-gap.
      /[;{](?:row-|column-)?gap:/,
      /color-mix\(|@layer|@container|overflow:clip/,
      // An unknown selector takes its whole list with it.
      /,[^,{}]*:(?:focus-visible|fullscreen)|:(?:focus-visible|fullscreen)[^,{}]*,/,
    ];
    const found = styles.flatMap((file) =>
      newer.filter((rule) => rule.test(read(file))).map((rule) => `${file}: ${rule}`),
    );
    expect(found).toEqual([]);
  });

  it('leave the console’s libraries and the contract’s schemas out', () => {
    const all = scripts.map(read).join('\n');
    expect(all).not.toMatch(/ant-btn|anticon|zrender|ZodError|ZodString/);
  });

  it('reach the picture within the budget', () => {
    const files = new Set(
      ['index.html', 'list/list.tsx', 'room/room.tsx', 'room/player.ts'].flatMap((key) =>
        reachable(manifest, key, () => false).flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]),
      ),
    );
    const sizes = [...files].map((file) => ({ file, gzipped: gzipSync(readFileSync(path.join(DIST, file))).length }));
    const total = sizes.reduce((sum, { gzipped }) => sum + gzipped, 0);
    expect(total, JSON.stringify(sizes)).toBeLessThan(BUDGET_GZIPPED);
  });
});

/** A chunk, what it imports, and what it may load later where `follow` allows. */
function reachable(manifest: Record<string, Chunk>, from: string, follow: (key: string) => boolean): Chunk[] {
  const found = new Map<string, Chunk>();
  const visit = (key: string) => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`the build has no ${key}`);
    if (found.has(key)) return;
    found.set(key, chunk);
    for (const each of chunk.imports ?? []) visit(each);
    for (const each of chunk.dynamicImports ?? []) if (follow(each)) visit(each);
  };
  visit(from);
  return [...found.values()];
}

function read(file: string): string {
  return readFileSync(path.join(DIST, file), 'utf8');
}
