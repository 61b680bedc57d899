import { parseArgs } from 'node:util';
import { findFfmpeg } from '#media/ffmpeg.ts';
import { createLogger } from '#media/logger.ts';
import { type OwnInstallation, startOwnInstallation } from './outside/installation.ts';
import { holdClass } from './smoke/class.ts';

/*
 * npm run smoke [-- --url http://… --setup-code CODE]: holds one class on a fresh installation, from outside, with a real
 * publisher, a real browser and twenty sockets, and compares what it says with what was done. Without --url it starts an
 * installation of its own and ends it. The last line is JSON; the exit code is 0 only if everything agreed.
 */

const { values } = parseArgs({ options: { url: { type: 'string' }, 'setup-code': { type: 'string' } } });
if (values.url && !values['setup-code']) {
  console.error('--url needs --setup-code: the one-time code from the log of a fresh installation');
  process.exit(2);
}

const startedAt = performance.now();
const say = (step: string) => console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s  ${step}`);
let own: OwnInstallation | undefined;
try {
  if (!values.url) {
    own = await startOwnInstallation();
    say(`started ${own.url}`);
  }
  const { result, wrong } = await holdClass({
    url: values.url?.replace(/\/$/, '') ?? own?.url ?? '',
    setupCode: values['setup-code'] ?? own?.setupCode ?? '',
    ffmpeg: (await findFfmpeg(process.env.FFMPEG_PATH, createLogger('warn'))).path,
    say,
  });
  for (const line of wrong) console.error(`wrong: ${line}`);
  console.log(JSON.stringify(result));
  process.exitCode = result.ok ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(own?.lastWords() ?? '');
  process.exitCode = 1;
} finally {
  await own?.remove();
}
