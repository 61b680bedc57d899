import { holdLock } from '#server/supervisor/lock.ts';

await holdLock(process.argv[2] ?? '');
process.send?.('held');
process.once('disconnect', () => process.exit(0));
