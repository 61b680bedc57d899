import type { Page } from '@playwright/test';
import { FRAME_AGE } from './clock-picture.ts';

/** What a page saw of the picture, in ms. */
export interface Glass {
  /** From the first request for a playlist, which is what `loadSource` does, to the first frame on the screen. */
  firstFrameMs: number;
  /** From the navigation to the first frame on the screen. */
  tapToPictureMs: number;
}

/** For the page, before any of its own scripts: notes when the first frame is shown, and each time that playing stops. */
const NOTING = `(() => {
  const glass = window.glass = { shownAt: null, stalls: 0 };
  const watch = (video) => {
    video.requestVideoFrameCallback(() => { glass.shownAt = performance.now(); });
    video.addEventListener('waiting', () => { if (glass.shownAt !== null && !video.seeking) glass.stalls += 1; });
  };
  const seen = new WeakSet();
  new MutationObserver(() => {
    for (const video of document.querySelectorAll('video')) {
      if (seen.has(video)) continue;
      seen.add(video);
      watch(video);
    }
  }).observe(document, { childList: true, subtree: true });
})()`;

const FIRST_FRAME = `(() => {
  const { shownAt } = window.glass;
  const asked = performance.getEntriesByType('resource').filter((entry) => entry.name.includes('.m3u8'));
  if (shownAt === null || asked.length === 0) return null;
  return { firstFrameMs: shownAt - Math.min(...asked.map((entry) => entry.startTime)), tapToPictureMs: shownAt };
})()`;

const POLL_MS = 50;

/** To be called before the page goes anywhere. */
export async function noteGlass(page: Page): Promise<void> {
  await page.addInitScript(NOTING);
}

/** Waits for the picture. @throws Error with the page's words when none comes */
export async function firstFrame(page: Page, patienceMs: number): Promise<Glass> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const glass = await page.evaluate<Glass | null>(FIRST_FRAME);
    if (glass) return glass;
    if (performance.now() > deadline) throw new Error(`no picture: ${await page.locator('body').textContent()}`);
    await page.waitForTimeout(POLL_MS);
  }
}

/** How often playing has stopped since the first frame. */
export function stallsSeen(page: Page): Promise<number> {
  return page.evaluate<number>('window.glass.stalls');
}

/** Ages of the frames on the screen, ms, read every `everyMs` for `forMs`. */
export async function readAges(
  page: Page,
  forMs: number,
  everyMs: number,
): Promise<{ ages: number[]; unreadable: number }> {
  const ages: number[] = [];
  let unreadable = 0;
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    const age = await page.evaluate<number | null>(FRAME_AGE);
    if (age === null) unreadable += 1;
    else ages.push(age);
    await page.waitForTimeout(everyMs);
  }
  return { ages, unreadable };
}
