import fs from 'node:fs';
import path from 'node:path';

/**
 * Calls `changed` with the path, relative to `folder`, of a source below it that was written, a moment after things have
 * become quiet: an editor saves in several steps. Every folder is watched by itself, since Node 20's recursive watch
 * on Linux loses a file that an editor has replaced.
 */
export function watchSources(folder: string, changed: (file: string) => void): { close(): void } {
  const watchers = new Map<string, fs.FSWatcher>();
  let timer: NodeJS.Timeout | undefined;

  const watchTree = (at: string) => {
    if (watchers.has(at) || !fs.statSync(at, { throwIfNoEntry: false })?.isDirectory()) return;
    const watcher = fs.watch(at, (event, name) => {
      if (!name) return;
      const file = path.join(at, name);
      if (event === 'rename') watchTree(file);
      if (!/\.(ts|prisma)$/.test(name)) return;
      clearTimeout(timer);
      timer = setTimeout(() => changed(path.relative(folder, file)), 150);
    });
    const forget = () => {
      watcher.close();
      watchers.delete(at);
    };
    watcher.on('error', forget);
    watchers.set(at, watcher);
    for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
      if (entry.isDirectory()) watchTree(path.join(at, entry.name));
    }
  };

  watchTree(folder);
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
