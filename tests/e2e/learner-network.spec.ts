import { type Browser, expect, test } from '@playwright/test';
import { requestCut, socketCut } from './cuts.ts';
import { creditedMs, expectTruth, leave, newViewer, playedMs, playOn, watch } from './viewer.ts';

const CUT_MS = 30_000;

/*
 * Parts of the network go away for thirty seconds, in browsers side by side. What is credited is held against what each
 * browser itself says that it played.
 */
test('a cut of thirty seconds costs nobody what they saw, and gives nobody what they did not see', async ({
  browser,
}) => {
  await Promise.all([socketTorn(browser), everythingButThePictureGone(browser), pictureGone(browser)]);
});

/** The socket is refused: beats go by plain requests, and it comes back by itself. */
async function socketTorn(browser: Browser): Promise<void> {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  const socket = await socketCut(page, 'closed');
  await watch(viewer);
  await expect(page.getByText('台设备在线')).toBeVisible();

  await socket.cut();
  const playedBefore = await playedMs(page);
  await expect(page.getByText('正在重新连接')).toBeVisible();
  await playOn(page, CUT_MS, playedBefore);
  await expect.poll(() => creditedMs(viewer)).toBeGreaterThan(playedBefore + 10_000);

  await socket.mend();
  await expect(page.getByText('台设备在线')).toBeVisible();
  const played = await leave(page);
  await expectTruth('socket torn for 30 s', viewer, played);
  await viewer.context.close();
}

/**
 * Nothing reaches the server and nobody says so: what was watched waits in the browser, whose owner is told. It goes as soon as
 * requests get through, though the socket stays silent.
 */
async function everythingButThePictureGone(browser: Browser): Promise<void> {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  const socket = await socketCut(page, 'silent');
  const requests = requestCut(page, /\/api\//);
  await watch(viewer);
  await expect(page.getByText('台设备在线')).toBeVisible();

  const playedBefore = await playedMs(page);
  await Promise.all([socket.cut(), requests.cut()]);
  await expect(page.getByText('已看的时间会在恢复后补记')).toBeVisible();
  await playOn(page, CUT_MS, playedBefore);
  expect(await creditedMs(viewer)).toBeLessThan(playedBefore + 1_000);

  await requests.mend();
  const playedSince = await playedMs(page);
  await expect.poll(() => creditedMs(viewer)).toBeGreaterThan(playedSince - 1_000);
  await expect(page.getByText('已看的时间会在恢复后补记')).toBeHidden();
  const played = await leave(page);
  await expectTruth('socket silent, requests cut for 30 s', viewer, played);
  await viewer.context.close();
}

/** No picture for thirty seconds: they are not credited, and the class goes on by itself where it is then. */
async function pictureGone(browser: Browser): Promise<void> {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  const media = requestCut(page, /\/media\//);
  await watch(viewer);

  const cutAt = Date.now();
  await media.cut();
  await expect(page.getByText('正在缓冲')).toBeVisible();
  await expect.poll(() => Date.now() - cutAt, { timeout: CUT_MS * 2 }).toBeGreaterThan(CUT_MS);
  await expect(page.getByText('台设备在线')).toBeVisible();
  await expect(page.getByText('网络较慢')).toBeVisible();
  await media.mend();
  const playedBefore = await playedMs(page);
  await playOn(page, 5_000, playedBefore);
  await expect(page.getByText('网络较慢')).toBeHidden();
  const watchedFor = Date.now() - cutAt;
  const played = await leave(page);
  await expectTruth('picture cut for 30 s', viewer, played);
  expect(played).toBeLessThan(watchedFor);
  await viewer.context.close();
}
