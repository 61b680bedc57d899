import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Of folders that a test run which died has left, and a later one sweeps up. */
export const SWEPT_PREFIX = 'anke-test-';

/** A temporary folder that PostgreSQL's account, if we are root, can pass through. */
export async function temporaryFolder(prefix = SWEPT_PREFIX): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), prefix));
  await chmod(folder, 0o711);
  return folder;
}
