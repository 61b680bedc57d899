import { expect, test } from '@playwright/test';
import { address, expectPicture, signInAs } from './pages.ts';
import { newViewer, watch } from './viewer.ts';

test('an officer asks the room; a learner answers on the picture and the desk counts it; the result is for who was there', async ({
  browser,
}) => {
  const desk = await (await browser.newContext()).newPage();
  await signInAs(desk, '王建国');
  await desk.waitForURL('**/console/**');
  await desk.getByRole('link', { name: '开工第一课' }).click();
  await desk.getByRole('link', { name: '直播台' }).first().click();
  await expectPicture(desk);

  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await signInAs(phone, '张晓梅');
  await phone.waitForURL('**/learn');
  await phone.locator('a[href^="/learn/"]').first().click();
  await expectPicture(phone);

  await desk.getByRole('combobox').first().click();
  await desk.getByText('生产经营单位安全生产的第一责任人是谁？').last().click();
  await desk.getByRole('button', { name: '发出题目' }).click();

  await phone.getByText('主要负责人', { exact: false }).last().click();
  await phone.getByRole('button', { name: /提交/ }).click();
  await expect(phone.getByText(/已提交/)).toBeVisible();
  await expect(desk.getByText(/[1-9]\d* 人已答/)).toBeVisible();
  await desk.getByRole('button', { name: '结束作答' }).click();
  await expect(desk.getByRole('button', { name: '结束作答' })).toBeHidden();

  const result = /您(没有)?答对了?。\d+ 人作答/;
  await expect(phone.getByText(result)).toBeVisible();
  await phone.reload();
  await expect(phone.getByText(result)).toBeVisible();
  await phone.getByRole('button', { name: '收起' }).click();
  await phone.reload();
  const late = await newViewer(browser);
  await watch(late);
  await expectPicture(phone);
  await expect(phone.getByText('本题已结束')).toHaveCount(0);
  await expect(late.page.getByText('本题已结束')).toHaveCount(0);
});

test('the past class has a report whose figures are those of its export', async ({ page }) => {
  await signInAs(page, '王建国');
  await page.waitForURL('**/console/**');
  await page.getByRole('link', { name: '节前安全警示教育' }).click();
  await page.getByRole('link', { name: '考勤' }).first().click();
  await expect(page.getByText('参训率').first()).toBeVisible();
  const sessionId = /sessions\/([^/]+)/.exec(page.url())?.[1] ?? '';
  const report = await page.evaluate(
    async (id) =>
      (await (await fetch(`/api/v1/sessions/${id}/report`)).json()) as { totals: { present: number; due: number } },
    sessionId,
  );
  expect(report.totals.due).toBe(306);
  expect(report.totals.present).toBeGreaterThan(100);
  const csv = await page.request.get(address(`/api/v1/sessions/${sessionId}/export/attendance?format=csv`));
  expect(csv.ok()).toBe(true);
  const text = await csv.text();
  expect(text.charCodeAt(0)).toBe(0xfeff);
  expect(text).toContain('张晓梅');
});
