import { buildPages } from './pages.ts';

await buildPages();
await import('#server/supervisor/main.ts');
