import { defineConfig } from '@playwright/test';
import { CHROMIUM } from './scripts/outside/chromium.ts';

export default defineConfig({
  testDir: 'tests/e2e',
  globalSetup: './tests/support/running-demo.ts',
  // One machine plays the publisher, the encoder, the server and the viewers.
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    locale: 'zh-CN',
    launchOptions: CHROMIUM,
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'phone', use: { viewport: { width: 390, height: 844 } }, testMatch: /learner.*\.spec\.ts/ },
    {
      name: 'desktop',
      // A list that still opens under the pointer may take the press and lose the choice.
      use: { viewport: { width: 1280, height: 800 }, contextOptions: { reducedMotion: 'reduce' } },
      testMatch: /(class|console|accessibility).*\.spec\.ts/,
    },
  ],
});
