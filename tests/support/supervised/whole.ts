import { run } from '#server/supervisor/run.ts';

/* The whole product as it is. Tells its parent, on request, the process ids and where its database is. */

const supervisor = await run();
process.on('message', (message) => {
  if (message === 'pids') {
    process.send?.({ type: 'pids', ...supervisor.pids, databaseUrl: supervisor.databaseUrl });
  }
});
