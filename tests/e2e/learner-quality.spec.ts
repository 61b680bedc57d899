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
  await expect.poll(() => creditedMs(viewer), { timeout: 60_000 }).toBeGreaterThan(before + 5_000);

  await page.reload();
  await expect(page.getByText('只听声音，省流量')).toBeVisible();
  await playOn(page, 2_000, 0);
  expect(await linesShown(page)).toBe(0);

  await choose(page, '自动');
  await expect.poll(() => linesShown(page)).toBeGreaterThan(0);
  await playOn(page, 2_000);
  await viewer.context.close();
});

async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^清晰度/ }).click();
  await page.getByRole('radio', { name, exact: true }).click();
}

function linesShown(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelector('video')?.videoHeight ?? 0);
}
