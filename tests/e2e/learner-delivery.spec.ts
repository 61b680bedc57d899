import { expect, type Page, test } from '@playwright/test';
import { publishTestSignal } from '#tests/support/publish.ts';
import { ownClass } from './own-class.ts';
import { address, HEADERS } from './pages.ts';
import { creditedMs, keptBeats, leave, newViewer, noteFigures, playOn, skippedMs, watch } from './viewer.ts';

/** A crowd's playlist begins so far before where an interactive viewer is. */
const REPEATED_MS = 9_000;

test('a class goes over to a crowd and back under its learners, who miss nothing and are credited for all of it', async ({
  browser,
}) => {
  const lesson = await ownClass(browser, '大规模传送');
  const publisher = publishTestSignal(lesson.rtmpUrl);
  try {
    await lesson.become('live');
    const viewer = { ...(await newViewer(browser)), sessionId: lesson.sessionId };
    const { page } = viewer;
    const asked = playlistsOf(page);
    await watch(viewer);
    await playOn(page, 5_000);
    expect(asked()).toMatch(/live\.m3u8/);
    for (const choice of ['crowd', 'interactive'] as const) {
      const url = address(`/api/v1/sessions/${lesson.sessionId}/delivery`);
      const answer = await lesson.office.post(url, { headers: HEADERS, data: { choice } });
      expect(answer.ok()).toBe(true);
      await expect.poll(asked).toMatch(choice === 'crowd' ? /crowd\.m3u8/ : /live\.m3u8/);
      await playOn(page, 12_000);
    }
    expect(await skippedMs(page)).toBeLessThan(1_000);
    const played = await leave(page);
    await expect.poll(() => keptBeats(page)).toEqual([]);
    const credited = await creditedMs(viewer);
    const figures = noteFigures('over both deliveries', played, credited);
    // What a change repeats is credited once.
    expect(credited, figures).toBeLessThanOrEqual(played + 1_000);
    expect(credited, figures).toBeGreaterThan(played - REPEATED_MS);
    await viewer.context.close();
  } finally {
    await publisher.stop();
    await lesson.close();
  }
});

/** Name of the rendition's playlist that was asked for last. */
function playlistsOf(page: Page): () => string {
  let last = '';
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/\/(live|crowd)\.m3u8$/.test(pathname) && pathname.split('/').length > 4) last = pathname;
  });
  return () => last;
}
