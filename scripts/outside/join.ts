import type { Page } from '@playwright/test';
import type { RosterEntry } from '#tests/support/class.ts';

/** By hand through the page of the unit's code, to the list of classes. The browser keeps the login. */
export async function joinByCode(page: Page, url: string, { joinCode, name, phone }: RosterEntry): Promise<void> {
  await page.goto(`${url}/u/${joinCode}`);
  await page.getByLabel('姓名').fill(name);
  await page.getByLabel('手机号').fill(phone);
  await page.locator('button[type=submit]').click();
  await page.locator('a[href^="/learn/"]').first().waitFor();
}
