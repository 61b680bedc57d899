import path from 'node:path';
import { build } from 'vite';
import { generateClient } from './database/generate.ts';
import { CLIENT_FOLDER, PRISMA_FOLDER, ROOT } from './folders.ts';
import { VITE_CONFIG } from './pages.ts';
import { watchSources } from './watch.ts';

await build({
  root: CLIENT_FOLDER,
  configFile: VITE_CONFIG,
  mode: 'development',
  logLevel: 'warn',
  build: { watch: {} },
});
const { run } = await import('#server/supervisor/run.ts');
const supervisor = await run({ patient: true });

watchSources(path.join(ROOT, 'server'), (file) => {
  if (file.startsWith('supervisor')) return console.log(`${file} changed: it takes effect at the next start`);
  supervisor.renewWorkers();
  if (file.startsWith('contract')) supervisor.renewMedia();
});
watchSources(path.join(ROOT, 'media'), () => supervisor.renewMedia());
watchSources(PRISMA_FOLDER, async (file) => {
  if (file === 'schema.prisma' && (await generateClient())) supervisor.renewWorkers();
});
