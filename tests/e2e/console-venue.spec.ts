import { expect, type Page, test } from '@playwright/test';
import type { EnrolmentCandidate } from '#contract/venues.ts';
import { address, HEADERS, read, signInAs } from './pages.ts';

test('an offline class: places and a waiting list, the code at the door, and time from sign-in to sign-out', async ({
  browser,
  page: office,
}) => {
  test.slow();
  await signInAs(office, '王建国');
  const sessionId = await offlineClass(office);
  await office.goto(address(`/console/sessions/${sessionId}/venue`));
  await office.getByRole('button', { name: '设置会场' }).click();
  const plan = office.getByRole('dialog');
  await plan.getByLabel('容量（人）').fill('1');
  await plan.getByRole('button', { name: '保存' }).click();
  await expect(office.getByText('报名中')).toBeVisible();

  // The enterprise enrols two people for one place.
  const unit = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage();
  await signInAs(unit, '陈志强');
  await unit.goto(address(`/console/sessions/${sessionId}/venue`));
  const candidates = await read<EnrolmentCandidate[]>(unit, `/sessions/${sessionId}/enrolment-candidates`);
  const [seated, waiting] = candidates as [EnrolmentCandidate, EnrolmentCandidate];
  await unit.getByRole('button', { name: '报名', exact: true }).click();
  const form = unit.getByRole('dialog');
  for (const { personName } of [seated, waiting]) {
    await form.getByLabel('选择人员').fill(personName);
    await unit.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: personName }).first().click();
  }
  await form.getByLabel('选择人员').press('Escape');
  // It is said for a moment alone.
  const done = unit.getByText('报上 1 人，候补 1 人').waitFor();
  await form.getByRole('button', { name: '报名', exact: true }).click();
  await done;
  await expect(unit.getByRole('row', { name: seated.personName })).toContainText('1 号');
  await expect(unit.getByRole('row', { name: waiting.personName })).toContainText('候补第 1 位');

  await office.getByRole('button', { name: '开始上课' }).click();
  await office.getByRole('button', { name: '开始上课' }).last().click();
  await expect(office.getByRole('button', { name: '下课' })).toBeVisible();
  await office.goto(address(`/console/sessions/${sessionId}/door`));
  const counts = office.locator('.door-page__counts strong');
  await expect(counts).toHaveText(['0', '0']);

  // Whoever has a seat signs in with a phone, and out again; who waits is not found at the door.
  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await openDoor(phone, office, sessionId);
  await find(phone, waiting.personName);
  await expect(phone.getByText(`没有找到“${waiting.personName}”`, { exact: false })).toBeVisible();
  await find(phone, seated.personName);
  await phone.getByRole('button', { name: /^选择 / }).click();
  await phone.getByRole('button', { name: '签到', exact: true }).click();
  await expect(phone.getByText(/已签到 \d/)).toBeVisible();
  await expect(counts).toHaveText(['1', '1']);
  await openDoor(phone, office, sessionId);
  await find(phone, seated.personName);
  await phone.getByRole('button', { name: /^选择 / }).click();
  await phone.getByRole('button', { name: '签出', exact: true }).click();
  await expect(phone.getByText(/已签出 \d/)).toBeVisible();
  await expect(counts).toHaveText(['1', '0']);

  await office.goto(address(`/console/sessions/${sessionId}/venue`));
  await office.getByRole('button', { name: '下课' }).click();
  await office.getByRole('button', { name: '下课' }).last().click();
  const query = `q=${encodeURIComponent(seated.personName)}&page=1&pageSize=10`;
  await expect
    .poll(async () => {
      const { items } = await read<{ items: { personId: string; creditedSeconds: number }[] }>(
        office,
        `/sessions/${sessionId}/people?${query}`,
      );
      return items.find(({ personId }) => personId === seated.personId)?.creditedSeconds ?? 0;
    })
    .toBeGreaterThan(0);
});

/** Plans one to which everybody is invited. */
async function offlineClass(office: Page): Promise<string> {
  const send = async <T>(method: 'post' | 'put', path: string, data: object): Promise<T> => {
    const answer = await office.request[method](address(`/api/v1${path}`), { headers: HEADERS, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  };
  const { id: courseId } = await send<{ id: string }>('post', '/courses', { title: '高危企业专题班' });
  await send('put', `/courses/${courseId}/audience`, { rules: [{}] });
  const { id } = await send<{ id: string }>('post', `/courses/${courseId}/sessions`, {
    ...{ topic: '有限空间作业', plannedMinutes: 90, mode: 'offline', venue: '区委党校一楼报告厅' },
    startsAt: new Date(Date.now() + 30 * 60_000).toISOString(),
  });
  await send('post', `/sessions/${id}/state`, { to: 'scheduled' });
  return id;
}

/** Scans the code at the door; who is slower than it lives scans again. */
async function openDoor(phone: Page, office: Page, sessionId: string): Promise<void> {
  await expect(async () => {
    const { code } = await read<{ code: { path: string } }>(office, `/sessions/${sessionId}/door`);
    await phone.goto(address(code.path));
    await expect(phone.getByRole('heading', { name: '您是哪一位？' })).toBeVisible({ timeout: 8_000 });
  }).toPass({ timeout: 90_000 });
}

async function find(phone: Page, name: string): Promise<void> {
  await phone.getByLabel('姓名或手机号后四位').fill(name);
  await phone.getByRole('button', { name: '查找' }).click();
}
