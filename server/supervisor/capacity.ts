import fs from 'node:fs';

/** Open files that a worker needs beside its connections, as a share: the database, private connections, exports. */
const FOR_OTHERS = 0.05;

/** How many connections this process may hold. */
export function connectionCapacity(): number {
  return Math.floor(openFilesLimit() * (1 - FOR_OTHERS));
}

/** Node raises its soft limit to the hard one by itself. Other systems than Linux are not asked, and end at their limit. */
function openFilesLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Number.MAX_SAFE_INTEGER : Number(limit);
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}
