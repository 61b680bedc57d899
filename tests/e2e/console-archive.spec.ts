import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import type { Export } from '#contract/archives.ts';
import type { Course } from '#contract/courses.ts';
import type { LedgerOverview } from '#contract/hours.ts';
import type { Unit } from '#contract/organisations.ts';
import { address, HEADERS, read, signInAs } from './pages.ts';

test('an officer has a session’s archive made: its progress shows, twice asked for it is made once, and the file comes', async ({
  page,
}) => {
  await signInAs(page, '王建国');
  const past = await pastSession(page);
  await page.goto(address(`/console/sessions/${past}/report`));
  // A file of a demo is made within the second: its way there is shown for as long as this lasts.
  let underWay: Partial<Export> | null = { state: 'queued' };
  await page.route('**/api/v1/exports', async (route) => {
    const answer = await route.fetch();
    const [newest, ...older] = (await answer.json()) as Export[];
    const shown = newest && underWay ? { ...newest, name: null, ...underWay } : newest;
    await route.fulfill({ json: shown ? [shown, ...older] : [] });
  });
  await page.getByRole('button', { name: '一期一档' }).click();
  const dialog = page.getByRole('dialog', { name: '一期一档' });
  const asked = page.waitForResponse((answer) => answer.url().endsWith(`/sessions/${past}/exports`));
  await dialog.getByRole('button', { name: '生成PDF' }).click();
  const { id } = (await (await asked).json()) as Export;
  const file = dialog.getByRole('list', { name: '导出文件' }).getByRole('listitem').first();
  const standing = file.getByRole('status');
  await expect(standing).toHaveText('排队中');
  underWay = { state: 'running', rowsDone: 1_200, rowsTotal: 4_000 };
  await expect(file).toContainText('1,200 / 4,000 行');
  // What is read out does not change with every row.
  await expect(standing).toHaveText('生成中');
  underWay = null;
  await expect(standing).toHaveText('已生成', { timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), file.getByRole('link').click()]);
  expect(download.suggestedFilename()).toMatch(/^一期一档-.*事故案例警示.*\.pdf$/);
  expect((await readFile(await download.path())).subarray(0, 5).toString()).toBe('%PDF-');
  const { sha256, state } = await mine(page, id);
  expect([state, sha256?.length]).toEqual(['done', 64]);

  // The answer to somebody who asks for a file while the same one is being made names that one.
  await page.route('**/exports', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    await route.fulfill({ json: { ...(await mine(page, id)), state: 'running' } });
  });
  await dialog.getByRole('button', { name: '生成PDF' }).click();
  await expect(page.getByText('同一份文件正在生成，不再重复生成')).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });

  // Away and back: what was made is still there.
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: '一期一档' }).click();
  await expect(dialog.getByText('已生成').first()).toBeVisible();
});

test('a person’s own file comes from their line in the roster', async ({ page }) => {
  await signInAs(page, '王建国');
  const [unit] = (await read<{ items: Unit[] }>(page, '/units?kind=enterprise')).items;
  await page.goto(address(`/console/units/${unit?.id}`));
  const opening = page.getByRole('button', { name: /^一人一档：/ }).first();
  const title = (await opening.getAttribute('aria-label')) ?? '';
  const name = title.replace('一人一档：', '');
  await opening.click();
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByRole('button', { name: '生成PDF' }).click();
  const file = dialog.getByRole('list', { name: '导出文件' }).getByRole('listitem').filter({ hasText: name });
  await expect(file.getByRole('status')).toHaveText('已生成');
  const [download] = await Promise.all([page.waitForEvent('download'), file.getByRole('link').click()]);
  expect(download.suggestedFilename()).toContain(name);
  expect((await readFile(await download.path())).subarray(0, 5).toString()).toBe('%PDF-');
});

test('the ledger’s figures are those of its rows, and the page of retention says what goes when', async ({ page }) => {
  await signInAs(page, '王建国');
  await page.goto(address('/console/hours'));
  const overview = await read<LedgerOverview>(page, '/hours');
  const { people, behind } = overview.totals;
  await expect(figure(page, '在册人数')).toHaveText(String(people));
  await expect(figure(page, '未达到（人）')).toHaveText(String(behind));
  const panel = page.getByRole('tabpanel', { name: '按人员' });
  await panel.getByRole('combobox', { name: '是否达到' }).click();
  await page.locator('.ant-select-dropdown:visible').getByText('未达到', { exact: true }).click();
  await expect(panel.getByText(`共 ${behind} 人`)).toBeVisible();
  const row = panel.getByRole('row').filter({ hasText: '未达到' }).first();
  await row.getByRole('button').first().click();
  await expect(panel.getByText(/只记参训时长|这一年没有参训记录/).first()).toBeVisible();
  const [sheet] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: '导出 .xlsx' }).click(),
  ]);
  expect((await readFile(await sheet.path())).subarray(0, 2).toString()).toBe('PK');
  // Minutes of all areas together are those of everybody.
  await page.getByRole('tab', { name: '按街道 / 功能区' }).click();
  const areas = page.getByRole('tabpanel', { name: '按街道 / 功能区' });
  await expect(areas.getByRole('row')).toHaveCount(overview.byArea.length + 1);

  await page.goto(address('/console/retention'));
  await expect(figure(page, '培训记录')).toHaveText('3 年');
  await expect(figure(page, '特种作业人员培训记录')).toHaveText('6 年');
  await expect(figure(page, '网络日志（登录、连接）')).toHaveText('184 天');
  const due = page.getByRole('row').filter({ hasText: '事故案例警示' });
  await expect(due.first()).toContainText('保存中');
  await expect(page.getByText('还没有清除过记录。')).toBeVisible();
});

/** The demo's class of a week ago. */
async function pastSession(page: Page): Promise<string> {
  const courses = await read<Course[]>(page, '/courses');
  return courses.find(({ title }) => title === '节前安全警示教育')?.sessions[0]?.id ?? '';
}

async function mine(page: Page, id: string): Promise<Export> {
  const answer = await page.request.get(address('/api/v1/exports'), { headers: HEADERS });
  const found = ((await answer.json()) as Export[]).find((each) => each.id === id);
  if (!found) throw new Error(`there is no export ${id}`);
  return found;
}

function figure(page: Page, name: string) {
  const named = page.locator('.figure').filter({ has: page.getByText(name, { exact: true }) });
  return named.locator('.figure__value');
}
