import { createInterface } from 'node:readline';
import { startCountingProxy } from '#tests/support/counting-proxy.ts';

/*
 * Stands between an edge and the media process, in a process of its own, and counts. Prints its address; a line on its
 * standard input is answered with how many requests there were since the last.
 */
const proxy = await startCountingProxy(process.argv[2] ?? '');
console.log(proxy.url);
createInterface({ input: process.stdin })
  .on('line', () => {
    const total = [...proxy.counts.values()].reduce((sum, times) => sum + times, 0);
    proxy.counts.clear();
    console.log(total);
  })
  .on('close', () => process.exit(0));
