import { expect, type Page, test } from '@playwright/test';
import { address, askRoom, expectPicture, signInAs } from './pages.ts';

test('with the keyboard alone a learner signs in, enters the class and answers a question', async ({
  page,
  browser,
}) => {
  await page.goto(address('/login'));
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await reach(page, '手机号或账号名');
  await page.keyboard.type('learner');
  await reach(page, '密码');
  await page.keyboard.type('anke-learner');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/learn');

  await expect(page.getByRole('link', { name: '进入课堂' })).toBeVisible();
  await reach(page, '进入课堂');
  await page.keyboard.press('Enter');
  await expectPicture(page);

  const desk = await (await browser.newContext()).newPage();
  await signInAs(desk, '周文斌');
  const asked = await askRoom(desk, page.url().split('/').at(-1) ?? '', 'single');

  await expect(page.getByRole('radio').first()).toBeVisible();
  await reach(page, 'A');
  await page.keyboard.press('Space');
  await reach(page, '提交');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/已提交/)).toBeVisible();

  await asked.close();
});

/** Presses Tab until the focus is on what begins with these words, and sees that the focus shows. */
async function reach(page: Page, words: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return { words: '', shown: false };
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element.textContent;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return {
        words: (element.getAttribute('aria-label') ?? label ?? '').trim(),
        shown: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0,
      };
    });
    if (focused.words.startsWith(words)) {
      expect(focused.shown, `the focus on ${words} shows`).toBe(true);
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reaches ${words}`);
}
