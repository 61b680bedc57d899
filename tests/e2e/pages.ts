import { expect, type Page } from '@playwright/test';
import { DEMO_URL } from '#tests/support/running-demo.ts';

export function address(path = '/'): string {
  return `${process.env[DEMO_URL]}${path}`;
}

/** Signs in with a card of the demo's login page. */
export async function signInAs(page: Page, name: string): Promise<void> {
  await page.goto(address('/login'));
  await page.getByRole('button', { name }).click();
}

/** Frames that the page's video has shown so far. */
export function framesShown(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
}

/** Waits until the picture moves. */
export async function expectPicture(page: Page): Promise<void> {
  await expect.poll(() => framesShown(page), { timeout: 60_000 }).toBeGreaterThan(10);
  const shown = await framesShown(page);
  await expect.poll(() => framesShown(page), { timeout: 30_000 }).toBeGreaterThan(shown + 25);
}
