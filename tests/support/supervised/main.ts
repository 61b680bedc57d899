import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { run } from '#server/supervisor/run.ts';

/* The supervisor as it is, over the two programs beside this file. Tells its parent the process ids on request, and passes
 * `finish` on to the workers. */

const supervisor = await run({
  programs: {
    worker: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    media: fileURLToPath(new URL('./media.ts', import.meta.url)),
  },
});
process.on('message', (message) => {
  if (message === 'finish') for (const worker of Object.values(cluster.workers ?? {})) worker?.send('finish');
  if (message === 'pids') process.send?.({ type: 'pids', ...supervisor.pids });
});
