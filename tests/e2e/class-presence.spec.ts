import { expect, type Page, test } from '@playwright/test';
import { expectPicture, signInAs } from './pages.ts';
import { newViewer, watch } from './viewer.ts';

const question = (page: Page) => page.getByRole('alertdialog', { name: '您还在听课吗？' });

test('a learner confirms with the keyboard; another sees that they missed it, and goes on; the desk counts both', async ({
  browser,
}) => {
  const desk = await (await browser.newContext()).newPage();
  await signInAs(desk, '王建国');
  await desk.waitForURL('**/console/**');
  await desk.getByRole('link', { name: '开工第一课' }).click();
  await desk.getByRole('link', { name: '直播台' }).first().click();

  const [there, away] = await Promise.all([newViewer(browser), newViewer(browser)]);
  await Promise.all([watch(there), watch(away)]);
  await there.page.getByRole('tab', { name: '提纲' }).focus();

  await desk.getByRole('button', { name: '现在确认一次' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: '现在确认一次' }).click();
  await expect(question(there.page)).toBeVisible();
  await expect(question(away.page)).toBeVisible();
  await expect(there.page.getByRole('button', { name: '我在听' })).toBeFocused();
  // It is said for a moment alone.
  const confirmed = there.page.getByText('已确认，时长照常计入').waitFor();
  await there.page.keyboard.press('Enter');
  await confirmed;
  await expect(question(there.page)).toBeHidden();
  await expect(there.page.getByRole('tab', { name: '提纲' })).toBeFocused();
  await expect(desk.getByText(/已确认 1 人/)).toBeVisible();

  // Their minute has to pass: the page goes by the server's clock.
  const missed = away.page.getByRole('alert').getByText('没有收到您的在线确认。');
  await expect(missed).toBeVisible({ timeout: 90_000 });
  await away.page.getByRole('button', { name: '我在听' }).click();
  await expect(missed).toBeHidden();
  await expectPicture(away.page);
  await expect(desk.getByText(/已确认 2 人/)).toBeVisible();
});
