import { ensureSetup } from './setup.ts';

await ensureSetup({ client: true });
await import('#server/supervisor/main.ts');
