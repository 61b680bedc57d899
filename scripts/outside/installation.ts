import { rm } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { startWhole } from '#tests/support/whole-run.ts';
import { ROOT } from '../folders.ts';
import { buildPages } from '../pages.ts';

export interface OwnInstallation {
  url: string;
  /** For the first account. */
  setupCode: string;
  /** What it printed last. */
  lastWords(): string;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** The product as `npm start` runs it, fresh, on free ports and with a data folder of its own. */
export async function startOwnInstallation(env: NodeJS.ProcessEnv = {}): Promise<OwnInstallation> {
  await buildPages();
  const dataDir = await temporaryFolder('anke-own-');
  const run = await startWhole(dataDir, { env, program: path.join(ROOT, 'scripts/start.ts') });
  return {
    url: run.url,
    setupCode: await run.setupCode(),
    lastWords: () => run.output().slice(-4_000),
    async remove() {
      await run.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
