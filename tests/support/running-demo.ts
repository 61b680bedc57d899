import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { ROOT } from '#scripts/folders.ts';
import { freePort, freeUdpPort } from '#server/supervisor/ports.ts';
import { makeCertificate } from './certificate.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Where the running demo is, for the tests of a Playwright run. */
export const DEMO_URL = 'ANKE_E2E_URL';

/** Starts the demo on free ports with data of its own; returns what ends it. For Playwright's globalSetup. */
export default async function startDemo(): Promise<() => Promise<void>> {
  const dataDir = await temporaryFolder('anke-e2e-');
  const { certificate, key } = makeCertificate(dataDir);
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'scripts/demo.ts', '--learners', '20'], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: '0',
      RTMP_PORT: String(await freePort('0.0.0.0')),
      RTMPS_PORT: String(await freePort('0.0.0.0')),
      RTMPS_CERT: certificate,
      RTMPS_KEY: key,
      SRT_PORT: String(await freeUdpPort('0.0.0.0')),
      ANKE_DATA: dataDir,
      WORKERS: '2',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const ready = /^ready (\S+)$/m.exec(output);
      if (ready?.[1]) resolve(ready[1]);
    });
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${output}`)));
  });
  process.env[DEMO_URL] = address;
  return async () => {
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  };
}
