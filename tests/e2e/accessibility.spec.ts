import { expect, type Page, test } from '@playwright/test';
import axe from 'axe-core';
import type { Course, MySession, Session } from '#contract/courses.ts';
import type { Unit } from '#contract/organisations.ts';
import type { EnrolmentCandidate } from '#contract/venues.ts';
import { BUREAU_NAME, personName, phone } from '#scripts/demo/district.ts';
import { startOwnInstallation } from '#scripts/outside/installation.ts';
import { ownClass } from './own-class.ts';
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
  for (const path of ['/hours', '/proofs', '/my-data']) await judge(page, path);
  const copy = page.waitForEvent('download');
  await page.getByRole('button', { name: '下载我的全部信息' }).click();
  expect((await copy).suggestedFilename()).toBe(`个人信息-${personName(0)}.json`);
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
});

test('no barrier in the console’s dialogs', async ({ page }) => {
  await signInAs(page, '王建国');
  await page.waitForURL('**/console/**');
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
  const [unit] = (await read<{ items: Unit[] }>(page, '/units')).items;
  await page.goto(address(`/console/units/${unit?.id}`));
  await page.getByRole('button', { name: '一企一档' }).click();
  const archive = page.getByRole('dialog');
  await archive.getByRole('button', { name: '生成PDF' }).click();
  await expect(archive.getByText('已生成').first()).toBeVisible();
  await judge(page);
});

test('no barrier at a shared screen, for its convenor and whoever signs in there, nor in a presence check', async ({
  browser,
  page: wall,
}) => {
  const own = await ownClass(browser, '集中观看与在线确认');
  try {
    await own.become('live');
    await signInAs(wall, '陈志强');
    await judge(wall, `/learn/${own.sessionId}/screen`);
    await wall.getByRole('button', { name: '打开大屏' }).click();
    await wall.waitForURL('**/screen/*');
    const screenId = new URL(wall.url()).pathname.split('/').at(-1) ?? '';
    await judge(wall);

    const convenor = await wall.context().newPage();
    await judge(convenor, `/screen/${screenId}/people`);
    await convenor
      .getByRole('button', { name: /^签到 / })
      .first()
      .click();
    await convenor.getByRole('tab', { name: '已签到 1' }).click();
    await judge(convenor);
    await convenor.getByRole('tab', { name: '签到表和照片' }).click();
    await judge(convenor);
    await judge(convenor, `/screen/${screenId}/sheet`);

    const phone = await (await browser.newContext({ viewport: PHONE })).newPage();
    const shown = () => read<{ code: { path: string }; shortCode: string }>(wall, `/screens/${screenId}`);
    await judge(phone, `/s/${(await shown()).shortCode}`, [PHONE]);
    await expect(async () => {
      await phone.goto(address((await shown()).code.path));
      await expect(phone.getByRole('heading', { name: '您是哪一位？' })).toBeVisible({ timeout: 8_000 });
    }).toPass({ timeout: 90_000 });
    await judge(phone, undefined, [PHONE]);
    await phone.getByRole('button', { name: '名单里没有我' }).click();
    await judge(phone, undefined, [PHONE]);

    await signInAs(phone, '张晓梅');
    await phone.goto(address(`/learn/${own.sessionId}`));
    const ask = phone.getByPlaceholder('写下问题');
    await ask.fill('正在写');
    const path = `/api/v1/sessions/${own.sessionId}/presence-checks`;
    const opened = await own.office.post(address(path), { headers: HEADERS, data: {} });
    expect(opened.ok(), await opened.text()).toBe(true);
    const question = phone.getByRole('alertdialog', { name: '您还在听课吗？' });
    await expect(question).toBeVisible();
    // Who writes goes on writing, and hears of it all the same.
    await expect(ask).toBeFocused();
    await expect(question.locator('[aria-live=assertive]')).toHaveText(/您还在听课吗|还剩/);
    await judge(phone, undefined, [PHONE]);
    const count = wall.getByRole('alertdialog', { name: '在线确认：请清点现场人数' });
    await expect(count.getByRole('button', { name: '确认在场' })).toBeFocused();
    await judge(wall, undefined, [DESKTOP]);
    await wall.keyboard.press('Enter');
    await expect(count).toBeHidden();
  } finally {
    await own.close();
  }
});

test('no barrier in an offline class: its page, the door, the poster, and the phone at the door', async ({
  browser,
  page,
}) => {
  await signInAs(page, '王建国');
  const { sessionId, end } = await offlineClass(page);
  try {
    const at = `/console/sessions/${sessionId}`;
    await judge(page, `${at}/venue`);
    await page.getByRole('button', { name: '报名', exact: true }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await judge(page);
    for (const path of ['door', 'poster']) await judge(page, `${at}/${path}`);
    const phone = await (await browser.newContext({ viewport: PHONE })).newPage();
    await expect(async () => {
      const { code } = await read<{ code: { path: string } }>(page, `/sessions/${sessionId}/door`);
      await phone.goto(address(code.path));
      await expect(phone.getByRole('heading', { name: '您是哪一位？' })).toBeVisible({ timeout: 8_000 });
    }).toPass({ timeout: 90_000 });
    await judge(phone, undefined, [PHONE]);
  } finally {
    await end();
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

/** One that runs, with a seat that is taken. */
async function offlineClass(page: Page): Promise<{ sessionId: string; end: () => Promise<void> }> {
  const send = async <T>(method: 'post' | 'put', path: string, data: object): Promise<T> => {
    const answer = await page.request[method](address(`/api/v1${path}`), { headers: HEADERS, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  };
  const { id: courseId } = await send<Course>('post', '/courses', { title: '线下课的无障碍检查' });
  await send('put', `/courses/${courseId}/audience`, { rules: [{}] });
  const startsAt = new Date(Date.now() + 30 * 60_000).toISOString();
  const planned = { topic: '有限空间作业', plannedMinutes: 90, mode: 'offline', venue: '报告厅', startsAt };
  const { id } = await send<Session>('post', `/courses/${courseId}/sessions`, planned);
  const become = (to: string) => send('post', `/sessions/${id}/state`, { to });
  await become('scheduled');
  await send('put', `/sessions/${id}/venue`, { capacity: 20, enrolUntil: null });
  const [somebody] = await read<EnrolmentCandidate[]>(page, `/sessions/${id}/enrolment-candidates`);
  await send('post', `/sessions/${id}/enrolments`, { personIds: [somebody?.personId] });
  await become('live');
  return { sessionId: id, end: async () => void (await become('ended')) };
}

/** A course of which nothing is planned yet. */
async function newCourse(page: Page): Promise<string> {
  const data = { title: '尚无安排的课程' };
  const made = await page.request.post(address('/api/v1/courses'), { headers: HEADERS, data });
  expect(made.ok(), await made.text()).toBe(true);
  return ((await made.json()) as Course).id;
}

/** Finds nothing to mend on a page that has loaded, as a desktop shows it and as a phone does. */
async function judge(page: Page, path?: string, sizes = [DESKTOP, PHONE]): Promise<void> {
  if (path !== undefined) await page.goto(address(path));
  for (const size of sizes) {
    await page.setViewportSize(size);
    const loading = page.locator('.waiting, .ant-skeleton, .ant-spin-spinning');
    let found: { id: string }[];
    let before = '';
    // A page loads in steps: what is found while it shows another is looked at once more.
    for (;;) {
      await expect(loading).toHaveCount(0);
      await expect(page.getByRole('heading').first()).toBeVisible();
      await page.evaluate(axe.source);
      found = await page.evaluate(async (rules) => {
        const { violations } = await window.axe.run({ runOnly: rules, resultTypes: ['violations'] });
        return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html) }));
      }, RULES);
      const rules = found.map(({ id }) => id).join();
      if (rules === before && (await loading.count()) === 0) break;
      before = rules;
    }
    expect.soft(found, `${path ?? page.url()}, ${size.width} pixels wide`).toEqual([]);
  }
}
