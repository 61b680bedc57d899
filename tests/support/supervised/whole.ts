import { buildPrograms } from '#scripts/programs.ts';
import { buildRenewal } from '#scripts/renewal.ts';
import { run } from '#server/supervisor/run.ts';

/* The whole product as `npm start` runs it. Tells its parent, on request, the process ids and where its database is. */

const supervisor = await run({ programs: await buildPrograms(), renewal: buildRenewal });
process.on('message', (message) => {
  if (message === 'pids') {
    process.send?.({ type: 'pids', ...supervisor.pids, databaseUrl: supervisor.databaseUrl });
  }
});
