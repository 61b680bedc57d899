import { expect, test } from '@playwright/test';
import { expectPicture, signInAs } from './pages.ts';

test('a learner with a phone opens the live class, sees the picture move, and is credited', async ({ page }) => {
  await signInAs(page, '张晓梅');
  await page.waitForURL('**/learn');
  await page.locator('a[href^="/learn/"]').first().click();
  await expectPicture(page);

  const sessionId = page.url().split('/').at(-1) ?? '';
  const credited = () =>
    page.evaluate(async (id) => {
      const answer = await fetch(`/api/v1/sessions/${id}/credit`);
      return ((await answer.json()) as { creditedMs: number }).creditedMs;
    }, sessionId);
  const before = await credited();
  await expect.poll(credited).toBeGreaterThan(before + 5_000);
});

test('a learner who leaves the picture and comes back is not counted twice', async ({ page }) => {
  await signInAs(page, '张晓梅');
  await page.waitForURL('**/learn');
  await page.locator('a[href^="/learn/"]').first().click();
  await expectPicture(page);
  await page.reload();
  await expectPicture(page);
  const sessionId = page.url().split('/').at(-1) ?? '';
  const since = await page.evaluate(async (id) => {
    const [credit, session] = await Promise.all(
      [`/api/v1/sessions/${id}/credit`, `/api/v1/sessions/${id}`].map(async (path) => (await fetch(path)).json()),
    );
    return { creditedMs: credit.creditedMs as number, startedAt: session.startedAt as string };
  }, sessionId);
  expect(since.creditedMs).toBeLessThanOrEqual(Date.now() - Date.parse(since.startedAt) + 2_000);
});
