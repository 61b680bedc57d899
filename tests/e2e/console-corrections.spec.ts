import { expect, test } from '@playwright/test';
import type { Course } from '#contract/courses.ts';
import { address, read, signInAs } from './pages.ts';

const PDF = { name: '签到表.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') };

test('an officer corrects what is credited to somebody, withdraws it, and has the record checked', async ({
  browser,
  page,
}) => {
  await signInAs(page, '王建国');
  const courses = await read<Course[]>(page, '/courses');
  // Not one that another test has just held: corrections begin ten minutes after the end.
  const ended = courses.flatMap(({ sessions }) => sessions).filter(({ state }) => state === 'ended');
  const [over] = ended.sort((a, b) => a.startsAt.localeCompare(b.startsAt));
  await page.goto(address(`/console/sessions/${over?.id}/report`));
  await page.getByRole('tab', { name: '人员明细' }).click();
  const row = page.getByRole('row').filter({ has: page.getByRole('button', { name: /^更正/ }) });
  const open = row.first().getByRole('button');
  const title = (await open.getAttribute('aria-label')) ?? '';
  const name = title.split(' ')[1] ?? '';
  await open.click();

  const form = page.getByRole('dialog');
  await expect(form).toContainText(title);
  await form.getByLabel('增减分钟数').fill('-2');
  await expect(form.getByRole('status')).toContainText('更正后');
  await form.getByRole('button', { name: '写入更正' }).click();
  await expect(form).toContainText('请上传依据文件');
  await form.locator('input[type=file]').setInputFiles(PDF);
  await form.getByLabel('原因').fill('中途离开会议室，以现场照片为证');
  await form.getByRole('button', { name: '写入更正' }).click();
  await expect(form).toBeHidden();

  await page.getByRole('tab', { name: '更正记录' }).click();
  const entry = page.getByRole('row').filter({ hasText: '−2 分钟' });
  await expect(entry).toContainText(name);
  await entry.getByRole('button', { name: '撤回' }).click();
  await form.getByLabel('原因').fill('照片是另一期的，撤回');
  await form.getByRole('button', { name: '撤回' }).click();
  await expect(page.getByRole('row').filter({ hasText: '撤回更正' })).toContainText(name);
  await expect(entry).toContainText('已撤回');

  // The digest on an export leads to a page for anybody, which says what has come after it.
  const params = `/sessions/${over?.id}/export/attendance?format=csv`;
  const csv = await (await page.request.get(address(`/api/v1${params}`))).text();
  const [, link] = /核验地址 (\S+?)"?\r\n/.exec(csv) ?? [];
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(address(new URL(link ?? '').pathname));
  await expect(stranger.getByText('摘要相符：导出之后没有新增记录')).toBeVisible();

  await page.getByRole('link', { name: '核验', exact: true }).click();
  await page.getByRole('button', { name: '开始核验' }).click();
  await expect(page.getByText('核验通过：与生成时一致')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: '✓ 通过' }).first()).toContainText('王建国');
});
