import { expect, type Page, test } from '@playwright/test';
import axe from 'axe-core';
import type { Course, MySession } from '#contract/courses.ts';
import type { Unit } from '#contract/organisations.ts';
import { BUREAU_NAME, personName, phone } from '#scripts/demo/district.ts';
import { startOwnInstallation } from '#scripts/outside/installation.ts';
import { address, askRoom, expectPicture, HEADERS, read, signInAs } from './pages.ts';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

/** Rules of WCAG 2.1 AA, and what axe-core holds for good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'];

test.describe.configure({ timeout: 240_000 });

test('no barrier before signing in', async ({ page }) => {
  for (const path of ['/login', '/u', '/u/NOTHERE1', '/j/nothing', '/nothing', '/check']) await judge(page, path);
});

test('no barrier where a new installation is set up', async ({ page }) => {
  const installation = await startOwnInstallation();
  try {
    await page.goto(`${installation.url}/setup`);
    await judge(page);
  } finally {
    await installation.remove();
  }
});

test('no barrier for a learner: the list, the room and the paper', async ({ browser, page }) => {
  const desk = await (await browser.newContext()).newPage();
  await signInAs(desk, '王建国');
  await enter(page, desk);
  await judge(page, '/learn');
  await judge(page, '/hours');
  const mine = await read<MySession[]>(page, '/my/sessions');
  const ofState = (state: string) => mine.find(({ session }) => session.state === state)?.session.id ?? '';
  const [before, live, over] = [ofState('scheduled'), ofState('live'), ofState('ended')];
  await judge(page, `/learn/${before}`);
  await judge(page, `/learn/${over}`);
  await judge(page, '/learn/00000000-0000-4000-8000-000000000000');

  await page.goto(address(`/learn/${live}/check`));
  await page.getByRole('button', { name: '发送给主管部门' }).click();
  await expect(page.getByText('已收到')).toBeVisible();
  await judge(page);

  await page.goto(address(`/learn/${live}`));
  await expectPicture(page);
  await judge(page);
  const asked = await askRoom(desk, live, 'multiple');
  await expect(page.getByRole('checkbox').first()).toBeVisible();
  await judge(page);
  await page.getByRole('checkbox').first().click();
  await page.getByRole('button', { name: '提交' }).click();
  await expect(page.getByText('已提交')).toBeVisible();
  await asked.close();
  await expect(page.getByText('正确答案').first()).toBeVisible();
  await judge(page);

  await judge(page, `/learn/${over}/paper`);
  await page.getByRole('button', { name: '开始答题' }).click();
  await page.getByRole('radio').first().click();
  await judge(page);
  await page.getByRole('button', { name: '交卷' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '交卷' }).click();
  await expect(page.getByText('第 1 次作答')).toBeVisible();
  await judge(page);
});

test('no barrier in the console', async ({ page }) => {
  await signInAs(page, '王建国');
  await page.waitForURL('**/console/**');
  for (const path of await consolePages(page)) await judge(page, path);
  for (const [where, button] of [
    ['courses', '新建课程'],
    ['units', '导入单位'],
    ['accounts', '新建账号'],
  ] as const) {
    await page.goto(address(`/console/${where}`));
    await page.getByRole('button', { name: button }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await judge(page);
  }
});

for (const name of ['李慧敏', '陈志强', '周文斌']) {
  test(`no barrier where the console begins for ${name}`, async ({ page }) => {
    await signInAs(page, name);
    await page.waitForURL('**/console/**');
    await judge(page);
  });
}

/** Enters by a unit's code as somebody of the demo's roster who was at its past class and has not sat the paper. */
async function enter(page: Page, desk: Page): Promise<void> {
  const { items } = await read<{ items: Unit[] }>(desk, `/units?q=${encodeURIComponent(BUREAU_NAME)}`);
  await page.goto(address(`/u/${items[0]?.joinCode}`));
  await page.getByRole('button', { name: '进入' }).click();
  await expect(page.getByText('请填写姓名')).toBeVisible();
  await judge(page);
  await page.getByLabel('姓名').fill(personName(0));
  await page.getByLabel('手机号').fill(phone(0));
  await page.getByRole('button', { name: '进入' }).click();
  await page.waitForURL('**/learn');
}

/** The console's pages for an officer. */
async function consolePages(page: Page): Promise<string[]> {
  const courses = await read<Course[]>(page, '/courses');
  const { items: units } = await read<{ items: Unit[] }>(page, '/units');
  const sessions = courses.flatMap((course) => course.sessions);
  const live = sessions.find(({ state }) => state === 'live');
  const past = sessions.find(({ state }) => state === 'ended');
  const empty = await newCourse(page);
  const full = courses.find((course) => course.sessions.length > 1);
  const [unit] = units;
  return [
    'courses',
    `courses/${empty}`,
    ...(full ? [`courses/${full.id}`, `courses/${full.id}/report`] : []),
    ...(live ? [`sessions/${live.id}/live`, `sessions/${live.id}/network`] : []),
    ...(past ? [`sessions/${past.id}/report`, `sessions/${past.id}/record`, `sessions/${past.id}/bulletin`] : []),
    'units',
    ...(unit ? [`units/${unit.id}`] : []),
    'hours',
    'videos',
    'accounts',
    'retention',
    'me',
  ].map((path) => `/console/${path}`);
}

/** A course of which nothing is planned yet. */
async function newCourse(page: Page): Promise<string> {
  const data = { title: '尚无安排的课程' };
  const made = await page.request.post(address('/api/v1/courses'), { headers: HEADERS, data });
  expect(made.ok(), await made.text()).toBe(true);
  return ((await made.json()) as Course).id;
}

/** Finds nothing to mend on a page that has loaded, as a desktop shows it and as a phone does. */
async function judge(page: Page, path?: string): Promise<void> {
  if (path !== undefined) await page.goto(address(path));
  for (const size of [DESKTOP, PHONE]) {
    await page.setViewportSize(size);
    const loading = page.locator('.waiting, .ant-skeleton, .ant-spin-spinning');
    let found: unknown[];
    // A page loads in steps: one that has begun another meanwhile is judged once that is done.
    do {
      await expect(loading).toHaveCount(0);
      await expect(page.getByRole('heading').first()).toBeVisible();
      await page.evaluate(axe.source);
      found = await page.evaluate(async (rules) => {
        const { violations } = await window.axe.run({ runOnly: rules, resultTypes: ['violations'] });
        return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html) }));
      }, RULES);
    } while ((await loading.count()) > 0);
    expect.soft(found, `${path ?? page.url()}, ${size.width} pixels wide`).toEqual([]);
  }
}
