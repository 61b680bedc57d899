import { expect, type Page, test } from '@playwright/test';
import type { NetworkReport } from '#contract/network.ts';
import { address } from './pages.ts';
import { newViewer, signInToOffice, watch } from './viewer.ts';

test('a line that is too slow: the room offers the check, it says so, and the officer reads the report', async ({
  browser,
}) => {
  const viewer = await newViewer(browser);
  const { page, sessionId } = viewer;
  await watch(viewer);
  await throttle(page, 240);
  await page.getByRole('link', { name: '网络检测' }).click();
  await expect(page.getByRole('heading', { name: '网速不足，建议只听声音' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('row', { name: /画面停住/ })).toContainText(/[1-9]\d* 次/);
  await page.getByRole('button', { name: '发送给主管部门' }).click();
  const received = await page.getByText(/已收到，报告编号 \d+/).textContent();
  const number = Number(/\d+/.exec(received ?? '')?.[0]);

  const office = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await signInToOffice(office.request);
  const answer = await office.request.get(address(`/api/v1/sessions/${sessionId}/network-reports`));
  const { items } = (await answer.json()) as { items: NetworkReport[] };
  const { figures, personName } = items.find((each) => each.number === number) as NetworkReport;
  expect(personName).toBe('郑观看');
  // What was measured is the line that the browser was given.
  expect(figures.speed?.kbps).toBeLessThan(300);
  expect(figures.speed?.kbps).toBeGreaterThan(60);

  const desk = await office.newPage();
  await desk.goto(address(`/console/sessions/${sessionId}/live`));
  await desk.getByRole('link', { name: '查看报告' }).click();
  const row = desk.getByRole('row', { name: String(number) });
  await expect(row).toContainText('只够听声音');
  await row.getByRole('button').click();
  await expect(desk.getByText('本课需要')).toBeVisible();
  await office.close();
  await viewer.context.close();
});

test('an office that lets no video through is told what to ask for, with or without somebody signed in', async ({
  browser,
}) => {
  const viewer = await newViewer(browser);
  const { page, sessionId } = viewer;
  await page.route(/\/media\//, (route) => route.abort());
  await page.goto(address(`/learn/${sessionId}/check`));
  const blocked = page.getByRole('heading', { name: '无法连接视频服务器，请联系单位网管放行' });
  await expect(blocked).toBeVisible();
  await expect(page.getByText(/请网管放行 \S+:\d+ 的 \/media\//)).toBeVisible();

  // A page to log in at the office's own network stands in for whatever is asked for.
  await page.unroute(/\/media\//);
  await page.route(/\/media\//, (route) => route.fulfill({ contentType: 'text/html', body: '<html>上网认证</html>' }));
  await page.getByRole('button', { name: '重新检测' }).click();
  await expect(page.getByRole('heading', { name: '网络中有设备改动了视频内容，请联系单位网管' })).toBeVisible();

  await viewer.context.clearCookies();
  await page.unroute(/\/media\//);
  await page.goto(address('/check'));
  await expect(page.getByRole('heading', { name: '连接正常，现在没有画面可测网速' })).toBeVisible();
  await expect(page.getByRole('button', { name: '发送给主管部门' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: '登录' })).toBeVisible();
  await viewer.context.close();
});

/** The page's line from now on, kbit/s, with the delay of a bad one. */
async function throttle(page: Page, kbps: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 80,
    downloadThroughput: (kbps * 1_000) / 8,
    uploadThroughput: (kbps * 1_000) / 8,
  });
}
