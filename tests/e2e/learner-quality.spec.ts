import { expect, type Page, test } from '@playwright/test';
import { creditedMs, expectTruth, leave, newViewer, playOn, skippedMs, watch } from './viewer.ts';

test('another rung follows the one before it without a gap, and all of it counts', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  await watch(viewer);
  for (const lines of [360, 720, 480]) {
    await choose(page, `${lines}p`);
    await expect.poll(() => linesShown(page)).toBe(lines);
    await playOn(page, 2_000);
  }
  await expect(page.getByRole('button', { name: '清晰度：480p' })).toBeVisible();
  const skipped = await skippedMs(page);
  const played = await leave(page);
  await expectTruth('three rungs', viewer, played, skipped);
  await viewer.context.close();
});

test('the sound alone plays on, counts, is kept on the device, and gives the picture back', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  await watch(viewer);
  await choose(page, '只听声音');
  await expect(page.getByText('只听声音，省流量')).toBeVisible();
  await expect.poll(() => linesShown(page)).toBe(0);
  const before = await creditedMs(viewer);
  await expect.poll(() => creditedMs(viewer)).toBeGreaterThan(before + 5_000);

  await page.reload();
  await expect(page.getByText('只听声音，省流量')).toBeVisible();
  await playOn(page, 2_000, 0);
  expect(await linesShown(page)).toBe(0);

  await choose(page, '自动');
  await expect.poll(() => linesShown(page)).toBeGreaterThan(0);
  await playOn(page, 2_000);
  await viewer.context.close();
});

test('who fell behind comes nearer to the class again by playing a little faster', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  await watch(viewer);
  // More than hls.js would catch up with by itself.
  await page.evaluate((s) => {
    const video = document.querySelector('video');
    if (video) video.currentTime -= s;
  }, FELL_BEHIND_S);
  await expect.poll(() => aheadS(page)).toBeGreaterThan(FELL_BEHIND_S);
  const skippedBefore = await skippedMs(page);
  await expect.poll(() => aheadS(page), { timeout: 120_000 }).toBeLessThan(NEAR_S);
  expect(await skippedMs(page)).toBe(skippedBefore);
  await viewer.context.close();
});

const FELL_BEHIND_S = 2.5;
/** A second farther than without any trouble: a machine with much to do stalls now and then. */
const NEAR_S = 2;

/** What is loaded and was not played yet, s. */
function aheadS(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { buffered, currentTime } = document.querySelector('video') ?? document.createElement('video');
    return buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  });
}

async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^清晰度/ }).click();
  await page.getByRole('radio', { name, exact: true }).click();
}

function linesShown(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelector('video')?.videoHeight ?? 0);
}
