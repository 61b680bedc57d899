import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { PLAYBACK_COOKIE } from '#contract/plain.ts';
import { address, HEADERS } from './pages.ts';
import { expectTruth, leave, newViewer, playedMs, playOn, signInToOffice, skippedMs, watch } from './viewer.ts';

test('a playback token that is good no more is replaced in mid-class, and nothing of the class is lost', async ({
  browser,
}) => {
  const viewer = await newViewer(browser);
  const { page, context } = viewer;
  const picture = listen(page);
  await watch(viewer);
  await playOn(page, 3_000);
  await spoilToken(context, page, picture.prefix());
  const before = await playedMs(page);
  await expect.poll(() => picture.refused()).toBeGreaterThan(0);
  const served = picture.served();
  await playOn(page, 6_000, before);
  expect(picture.served()).toBeGreaterThan(served);
  const skipped = await skippedMs(page);
  const played = await leave(page);
  await expectTruth('over a new token', viewer, played, skipped);
  await context.close();
});

test('who has paused hears nothing after a new token, until it is played again', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { page, context } = viewer;
  const picture = listen(page);
  await watch(viewer);
  await playOn(page, 2_000);
  await page.evaluate(() => document.querySelector('video')?.pause());
  await expect(page.getByRole('button', { name: '点击播放' })).toBeVisible();
  await spoilToken(context, page, picture.prefix());
  await expect.poll(() => picture.refused()).toBeGreaterThan(0);
  const served = picture.served();
  await expect.poll(() => picture.served()).toBeGreaterThan(served + 3);
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
  expect(await page.evaluate(() => document.querySelector('video')?.paused)).toBe(true);
  await page.getByRole('button', { name: '点击播放' }).click();
  await playOn(page, 2_000, await playedMs(page));
  await context.close();
});

test('who is sent out in mid-class sees nothing more, and is told', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { page, context } = viewer;
  const picture = listen(page);
  await watch(viewer);
  await playOn(page, 3_000);
  const token = (await context.cookies(page.url().replace(/\/learn\/.*/, `/media/${picture.prefix()}/`))).find(
    ({ name }) => name === PLAYBACK_COOKIE,
  )?.value;
  expect(token).toBeTruthy();
  const me = (await (await context.request.get(address('/api/v1/me'))).json()) as { personId: string };
  const office = await browser.newContext();
  await signInToOffice(office.request);
  const url = address(`/api/v1/people/${me.personId}/verification`);
  const answer = await office.request.post(url, { headers: HEADERS, data: { verification: 'refused' } });
  expect(answer.ok(), await answer.text()).toBe(true);
  await office.close();
  // Whichever hears first, the socket or the player, the login's refusal says why.
  await expect(page.getByRole('alert')).toContainText('您的单位没有确认您的身份');
  const again = () => context.request.get(address(`/media/t/${token}/${picture.prefix()}/index.m3u8`));
  await expect.poll(async () => (await again()).status()).toBe(401);
  // Nothing is fetched where nothing is played.
  await expect(page.locator('video')).toHaveCount(0);
  await context.close();
});

/** What the media process answers to this page. */
function listen(page: Page) {
  let [served, refused, prefix] = [0, 0, ''];
  page.on('response', (response) => {
    const found = /\/media\/([\w-]{16,64})\//.exec(response.url())?.[1];
    if (found === undefined) return;
    prefix = found;
    if (response.status() === 401) refused += 1;
    else if (response.ok()) served += 1;
  });
  return { served: () => served, refused: () => refused, prefix: () => prefix };
}

/** To the media process one that has expired is as good as this. */
async function spoilToken(context: BrowserContext, page: Page, prefix: string): Promise<void> {
  const { hostname } = new URL(page.url());
  await context.addCookies([
    { name: PLAYBACK_COOKIE, value: 'spoilt', domain: hostname, path: `/media/${prefix}/`, sameSite: 'Strict' },
  ]);
}
