import { fileURLToPath } from 'node:url';
import { run } from '#server/supervisor/run.ts';

/* The supervisor as it is, over the two programs beside this file. Tells its parent the process ids on request, and passes
 * `finish` on to the workers as SIGUSR2. Its workers are renewed by the program that ANKE_TEST_RENEWAL names. */

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));
const supervisor = await run({
  programs: { worker, media: fileURLToPath(new URL('./media.ts', import.meta.url)) },
  renewal: async () => process.env.ANKE_TEST_RENEWAL ?? worker,
});
process.on('message', (message) => {
  if (message === 'finish') for (const pid of supervisor.pids.workers) process.kill(pid, 'SIGUSR2');
  if (message === 'pids') process.send?.({ type: 'pids', ...supervisor.pids });
});
