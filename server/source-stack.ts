import fs from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';

const maps = new Map<string, SourceMap | undefined>();

/**
 * A stack of a bundled program with our lines as they are in the sources; those of packages, and of a program that is not
 * bundled, stay as they are. Node's own mapping (--enable-source-maps) reads every map at the start of the process, which costs more than
 * half a second of it; this reads one at the first error that is logged.
 */
export function sourceStack(stack: string): string {
  return stack.replaceAll(
    /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g,
    (place, url: string, line: string, column: string) => {
      // What the bundler wrote itself has an entry without a source, other than Node's types say.
      const found: Partial<SourceMapping> | undefined = mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (!found?.originalSource?.endsWith('.ts')) return place;
      const { href } = new URL(found.originalSource, url);
      return `${href}:${(found.originalLine ?? 0) + 1}:${(found.originalColumn ?? 0) + 1}`;
    },
  );
}

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(fs.readFileSync(new URL(`${url}.map`), 'utf8')));
  } catch {
    return undefined;
  }
}
