import { expect, test } from '@playwright/test';
import { publishTestSignal } from '#tests/support/publish.ts';
import { ownClass } from './own-class.ts';
import { expectTruth, leave, newViewer, playOn, skippedMs, watch } from './viewer.ts';

const AWAY = '讲师的信号中断，正在等待恢复';

test('a lost publisher costs nobody the class: the slate is shown and counts, and the picture comes back by itself', async ({
  browser,
}) => {
  const lesson = await ownClass(browser, '信号中断');
  let publisher = publishTestSignal(lesson.rtmpUrl);
  try {
    await lesson.become('live');
    const viewer = { ...(await newViewer(browser)), sessionId: lesson.sessionId };
    const { page } = viewer;
    await watch(viewer);

    publisher.kill();
    await expect(page.getByRole('status').filter({ hasText: AWAY })).toBeAttached();
    await playOn(page, 10_000);
    // The words are in the picture, and nothing lies over it.
    await expect(page.locator('.stage__over')).toBeHidden();
    // As large as the class's only rung, where the publisher's picture was.
    expect(await page.evaluate(() => document.querySelector('video')?.videoHeight)).toBe(360);

    publisher = publishTestSignal(lesson.rtmpUrl);
    await expect(page.getByText(AWAY)).toBeHidden();
    await playOn(page, 6_000);
    const skipped = await skippedMs(page);
    const played = await leave(page);
    await expectTruth('over a slate', viewer, played, skipped);
    await viewer.context.close();
  } finally {
    await publisher.stop();
    await lesson.close();
  }
});
