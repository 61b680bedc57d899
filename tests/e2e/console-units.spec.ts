import { randomInt } from 'node:crypto';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { address, signInAs } from './pages.ts';

test('an officer adds a unit, closes it knowing what happens, finds it among the closed ones and reopens it', async ({
  page,
}) => {
  const short = `临江试点${randomInt(1_000_000)}`;
  const name = `${short}有限公司`;
  await signInAsOfficer(page);
  await page.getByRole('menuitem', { name: '单位' }).click();
  await page.getByRole('button', { name: '新增单位' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('单位名称').fill(name);
  await pick(page, form.getByLabel('街道 / 功能区'), '望江街道');
  await form.getByRole('button', { name: '保存' }).click();
  await expect(form).toBeHidden();

  await search(page, short);
  await follow(page, page.getByRole('link', { name }));
  const closing = page.getByRole('button', { name: '注销单位' });
  await closing.click();
  const question = page.getByRole('dialog');
  await expect(question).toContainText('以后开课不再计入应到');
  await question.getByRole('button', { name: '取消' }).click();
  await expect(question).toBeHidden();
  await closing.click();
  await question.getByRole('button', { name: '注销单位' }).click();

  await expect(page.getByText(/本单位已于 .+ 注销/)).toBeVisible();
  for (const act of ['修改', '新增人员', '导入人员', '更换代码', '注销单位']) {
    await expect(page.getByRole('button', { name: act })).toBeHidden();
  }
  await page.getByRole('link', { name: '‹ 单位' }).click();
  await search(page, short);
  await expect(page.getByText('没有符合条件的单位')).toBeVisible();
  await pick(page, page.getByLabel('单位状态'), '已注销');
  await follow(page, page.getByRole('row', { name: `${name} 已注销` }).getByRole('link'));

  await page.getByRole('button', { name: '恢复单位' }).click();
  await page.getByRole('tooltip').getByRole('button', { name: '恢复单位' }).click();
  await expect(page.getByRole('button', { name: '新增人员' })).toBeVisible();
  await expect(page.getByText(/本单位已于 .+ 注销/)).toBeHidden();
});

test('an officer says who learns with an account, and that nobody does any more', async ({ page }) => {
  await signInAsOfficer(page);
  await page.goto(address('/console/accounts'));
  const row = page.getByRole('row', { name: /周文斌/ });
  await row.getByRole('button', { name: '修改' }).click();
  const form = page.getByRole('dialog');
  await pick(page, form.getByLabel('先选单位'), '临江东港化工有限公司');
  const person = form.getByLabel('再选人员');
  await expect(person).toBeEnabled();
  await person.click();
  const first = page.locator('.ant-select-dropdown:visible .ant-select-item-option').first();
  const name = /^[^ ·]+/.exec((await first.textContent()) ?? '')?.[0] ?? '';
  await first.click();
  await form.getByRole('button', { name: '保存' }).click();
  await expect(form).toBeHidden();
  await expect(row).toContainText(`${name} 临江东港化工有限公司`);

  await row.getByRole('button', { name: '修改' }).click();
  await form.getByRole('button', { name: '取消关联' }).click();
  await form.getByRole('button', { name: '保存' }).click();
  await expect(form).toBeHidden();
  await expect(row).not.toContainText('临江东港化工有限公司');
});

async function signInAsOfficer(page: Page): Promise<void> {
  await signInAs(page, '王建国');
  await page.waitForURL('**/console/**');
}

/** To a unit's page. What is found comes in while its row is being pressed, and may take the row away from under the pointer. */
async function follow(page: Page, link: Locator): Promise<void> {
  await expect(async () => {
    if (!/\/units\/./.test(page.url())) await link.click({ timeout: 5_000 });
    await page.waitForURL('**/console/units/*', { timeout: 5_000 });
  }).toPass();
}

async function search(page: Page, text: string): Promise<void> {
  await page.getByLabel('单位名称或信用代码').fill(text);
  await page.getByLabel('单位名称或信用代码').press('Enter');
}

/** Chooses from a drop-down list, which the library keeps outside of its field. */
async function pick(page: Page, field: ReturnType<Page['getByLabel']>, option: string): Promise<void> {
  await field.click();
  await page.locator('.ant-select-dropdown:visible').getByTitle(option, { exact: true }).click();
  await expect(field.locator('..')).toContainText(option);
}
