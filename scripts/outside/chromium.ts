import { type Browser, chromium } from '@playwright/test';

/** How the tests, the smoke run and the benchmarks launch a real Chromium that plays without a tap: CHROMIUM_PATH, else Debian's. */
export const CHROMIUM = {
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
  ],
  // Without it a file whose name is Chinese can neither be chosen nor be saved under its name.
  env: { ...process.env, LANG: 'C.UTF-8' } as Record<string, string>,
};

export function launchChromium(): Promise<Browser> {
  return chromium.launch(CHROMIUM);
}
