import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Mounting needs root. */
export const CAN_MOUNT = process.platform === 'linux' && process.getuid?.() === 0;

export interface SmallDisk {
  folder: string;
  /** Leaves no space but `bytes`. */
  fill(bytes?: number): void;
  free(): void;
  unmount(): void;
}

/** A disk in memory that is as small as that, in place of an empty folder. */
export function smallDisk(kilobytes: number, at: string): SmallDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at]);
  const ballast = path.join(at, 'ballast');
  return {
    folder: at,
    fill(bytes = 0) {
      const { bavail, bsize } = fs.statfsSync(at);
      const file = fs.openSync(ballast, 'a');
      for (let left = bavail * bsize - bytes; left > 0; left -= bsize) {
        try {
          fs.writeSync(file, Buffer.alloc(Math.min(bsize, left)));
        } catch {
          break;
        }
      }
      fs.closeSync(file);
    },
    free: () => fs.rmSync(ballast, { force: true }),
    unmount: () => void execFileSync('umount', ['-l', at]),
  };
}
