import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import qrcode from 'qrcode';
import { findFfmpeg } from '#media/ffmpeg.ts';
import { seedDemo } from '#prisma-seed';
import { DEMO_ACCOUNTS } from '#server/accounts/demo.ts';
import { loadConfig, loadEnvFile, loadSecrets } from '#server/config.ts';
import { createLogger } from '#server/logger.ts';
import { freePort, freeUdpPort } from '#server/supervisor/ports.ts';
import { run } from '#server/supervisor/run.ts';
import { simulateLearners } from './demo/learners.ts';
import { keepPublishing } from './demo/lecture.ts';
import { buildPages } from './pages.ts';
import { buildPrograms } from './programs.ts';

/*
 * npm run demo [-- --learners 0]: the product with a district in it, and a class that is live at once.
 */

const ROLE_NAMES = {
  bureau: '应急局',
  supervisor: '街道监管',
  enterprise: '企业',
  instructor: '讲师',
  learner: '学员',
};

const { values } = parseArgs({ options: { learners: { type: 'string', default: '100' } } });
const learners = Number(values.learners);
if (!Number.isInteger(learners) || learners < 0 || learners > 280) {
  console.error('--learners takes a number from 0 to 280');
  process.exit(2);
}

await buildPages();
const programs = await buildPrograms();
loadEnvFile();
process.env.ANKE_DEMO = '1';
process.env.LOG_LEVEL ??= 'warn';
process.env.RTMP_PORT ??= String(await freePort('0.0.0.0', 1935).catch(() => freePort('0.0.0.0')));
process.env.SRT_PORT ??= String(await freeUdpPort('0.0.0.0', 9000).catch(() => freeUdpPort('0.0.0.0')));

const config = loadConfig();
const logger = createLogger(config.logLevel, 'demo');
let live: Awaited<ReturnType<typeof seedDemo>> | undefined;

const supervisor = await run({
  programs,
  prepare: async (databaseUrl) => {
    live = await seedDemo(databaseUrl, config, loadSecrets(config.dataDir));
  },
});
if (!live) throw new Error('the demo was not seeded');
const ffmpeg = await findFfmpeg(config.ffmpegPath, logger);
const lecture = keepPublishing({
  ffmpeg: ffmpeg.path,
  target: `rtmp://127.0.0.1:${config.rtmpPort}/live/${live.streamKey}`,
  workDir: path.join(config.dataDir, 'demo'),
});
process.on('exit', () => lecture.stop());
const simulated = learners > 0 ? simulateLearners(supervisor.address, live, learners, logger) : undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    lecture.stop();
    simulated?.stop();
  });
}

const port = new URL(supervisor.address).port;
const onNetwork = networkAddress();
console.log(`\n安课 Anke  ${supervisor.address}`);
if (onNetwork) {
  const address = `http://${onNetwork}:${port}`;
  console.log(`手机 / phone  ${address}\n`);
  console.log(await qrcode.toString(address, { type: 'terminal', small: true }));
}
for (const { role, name, login, password } of DEMO_ACCOUNTS) {
  console.log(`${ROLE_NAMES[role]}\t${name}\t${login}\t${password}`);
}
console.log('\nCtrl-C ends everything; the data stays in', config.dataDir);

/** This machine's address on the local network. */
function networkAddress(): string | undefined {
  return Object.values(os.networkInterfaces())
    .flat()
    .find((found) => found && found.family === 'IPv4' && !found.internal)?.address;
}
