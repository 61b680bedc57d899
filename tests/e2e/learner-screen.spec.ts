import { randomInt } from 'node:crypto';
import { expect, type Page, test } from '@playwright/test';
import { address, expectPicture, HEADERS, signInAs } from './pages.ts';
import { signInToOffice } from './viewer.ts';

/** A picture of each page, for whoever looks at them. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.ANKE_E2E_PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/screen-${name}.png` });
}

test('a meeting room watches on one screen: people sign in with their phones or at the convenor’s, and are credited by name', async ({
  browser,
  page: phone,
}) => {
  test.slow();
  const wall = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await signInAs(wall, '陈志强');
  await wall.waitForURL('**/console/**');
  await wall.getByRole('menuitem', { name: '课程' }).click();
  await wall.getByRole('link', { name: '开工第一课' }).first().click();
  await wall.getByRole('link', { name: '会议室集中观看' }).first().click();
  await wall.getByLabel('会议室', { exact: true }).fill('三楼会议室');
  await wall.getByLabel('申报人数').fill('12');
  await picture(wall, 'open');
  await wall.getByRole('button', { name: '打开大屏' }).click();
  await wall.waitForURL('**/screen/*');
  await expectPicture(wall);
  const signedIn = wall.locator('.wall__heads strong').first();
  await expect(signedIn).toHaveText('0');

  const screenId = new URL(wall.url()).pathname.split('/').at(-1) ?? '';
  const shown = async () => {
    const answer = await wall.request.get(address(`/api/v1/screens/${screenId}`));
    return (await answer.json()) as { code: { path: string; digits: string }; shortCode: string };
  };
  const asked = phone.getByRole('heading', { name: '您是哪一位？' });
  // A page that takes longer than the code lives is scanned again, as in a room.
  await expect(async () => {
    await phone.goto(address((await shown()).code.path));
    await expect(asked).toBeVisible({ timeout: 8_000 });
  }).toPass({ timeout: 90_000 });
  await picture(phone, 'who');
  await phone.getByRole('button', { name: '名单里没有我' }).click();
  const name = `冯${String.fromCodePoint(0x4e00 + randomInt(3_000))}扫`;
  await phone.getByLabel('姓名').fill(name);
  await phone.getByLabel('手机号').fill(`197${randomInt(10_000_000, 99_999_999)}`);
  await phone.getByRole('button', { name: '添加并签到' }).click();
  await expect(phone.getByText('签到成功', { exact: false })).toBeVisible();
  await picture(phone, 'done');
  await expect(signedIn).toHaveText('1');
  await expect(wall.getByText('冯*扫')).toBeVisible();
  await picture(wall, 'wall');

  // Without a camera: the address is typed, and its digits.
  const { shortCode } = await shown();
  await phone.goto(address(`/s/${shortCode}`));
  await expect(async () => {
    await phone.getByLabel('屏幕上的数字').fill((await shown()).code.digits);
    await phone.getByRole('button', { name: '下一步' }).click();
    await expect(asked).toBeVisible({ timeout: 8_000 });
  }).toPass({ timeout: 90_000 });
  await phone.getByLabel('姓名或手机号后四位').fill(name);
  await phone.getByRole('button', { name: '查找' }).click();
  await phone.getByRole('button', { name: /选择 冯\*扫/ }).click();
  await expect(phone.getByText('已签到，无需再签', { exact: false })).toBeVisible();

  await phone.goto(address(`/s/${shortCode}/1.forged`));
  await expect(phone.getByRole('alert')).toContainText('签到码不对');
  await picture(phone, 'refused');

  // Somebody has no phone.
  const convenor = await wall.context().newPage();
  await convenor.setViewportSize({ width: 390, height: 844 });
  await convenor.goto(address(`/screen/${screenId}/people`));
  await convenor.getByRole('button', { name: '不在花名册' }).click();
  await convenor.getByLabel('姓名', { exact: true }).fill('冯无机');
  await convenor.getByLabel('手机号', { exact: true }).fill(`197${randomInt(10_000_000, 99_999_999)}`);
  await convenor.getByRole('button', { name: '添加并签到' }).click();
  await expect(convenor.getByRole('button', { name: '签退 冯无机' })).toBeVisible();
  await expect(signedIn).toHaveText('2');
  await picture(convenor, 'convenor');

  const office = await browser.newContext();
  await signInToOffice(office.request);
  const sessionId = await sessionOf(wall, screenId);
  await expect
    .poll(async () => {
      const query = `q=${encodeURIComponent(name)}&page=1&pageSize=10`;
      const people = await office.request.get(address(`/api/v1/sessions/${sessionId}/people?${query}`));
      const { items } = (await people.json()) as { items: { creditedSeconds: number }[] };
      return items[0]?.creditedSeconds ?? 0;
    })
    .toBeGreaterThan(0);
  await office.close();

  await wall.getByRole('button', { name: '结束集中观看' }).click();
  await wall.getByRole('dialog').getByRole('button', { name: '结束集中观看' }).click();
  await expect(wall.getByText('申报 12 人；实名签到 2 人')).toBeVisible();
  await picture(wall, 'closed');
});

async function sessionOf(page: Page, screenId: string): Promise<string> {
  const answer = await page.request.get(address(`/api/v1/screens/${screenId}`), { headers: HEADERS });
  return ((await answer.json()) as { screen: { sessionId: string } }).screen.sessionId;
}
