import { loadConfig, loadEnvFile } from '#server/config.ts';
import { holderOf } from '#server/supervisor/lock.ts';

/* npm run renew: has the product that runs on this data folder replace its workers by the present sources, one by one. Its log says how it went. */

loadEnvFile();
const { dataDir } = loadConfig();
const pid = await holderOf(dataDir);
if (pid === undefined) {
  console.error(`nothing runs on ${dataDir}`);
  process.exit(1);
}
process.kill(pid, 'SIGUSR2');
console.log(`asked process ${pid} to renew its workers; its log says "every worker is replaced", or why not`);
