import { run } from '#server/supervisor/run.ts';
import { buildPages } from './pages.ts';
import { buildPrograms } from './programs.ts';
import { buildRenewal } from './renewal.ts';

await buildPages();
await run({ programs: await buildPrograms(), renewal: buildRenewal });
