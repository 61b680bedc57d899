import { watch } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { generateClient } from './database/generate.ts';
import { ensureSetup, ROOT, VITE_CONFIG } from './setup.ts';

/** Calls `act` once things have been quiet for a moment after a change: an editor writes a file in several steps. */
function onChange(folder: string, act: (file: string) => void): void {
  let timer: NodeJS.Timeout | undefined;
  watch(path.join(ROOT, folder), { recursive: true }, (_event, file) => {
    if (!file?.match(/\.(ts|prisma)$/)) return;
    clearTimeout(timer);
    timer = setTimeout(() => act(file), 150);
  });
}

await ensureSetup({ client: false });
await build({
  root: path.join(ROOT, 'client'),
  configFile: VITE_CONFIG,
  mode: 'development',
  logLevel: 'warn',
  build: { watch: {} },
});
const { run } = await import('#server/supervisor/run.ts');
const supervisor = await run({ patient: true });

onChange('server', (file) => {
  if (file.startsWith('supervisor')) return console.log(`${file} changed: it takes effect at the next start`);
  supervisor.renewWorkers();
  if (file.startsWith('contract')) supervisor.renewMedia();
});
onChange('media', () => supervisor.renewMedia());
onChange('prisma', async (file) => {
  if (file === 'schema.prisma' && (await generateClient())) supervisor.renewWorkers();
});
