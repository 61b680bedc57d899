import path from 'node:path';
import { expect, test } from '@playwright/test';
import type { Course, MySession } from '#contract/courses.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { makeVideo, testSignal } from '#tests/support/videos.ts';
import { address, expectPicture, HEADERS, read, signInAs } from './pages.ts';

test('an officer uploads a video; it begins the class at its time, and a learner sees it; held, it goes on from there', async ({
  browser,
}) => {
  const file = path.join(await temporaryFolder(), '事故案例 讲解.mp4');
  await makeVideo(file, ...testSignal(90, { size: '320x180' }));
  const desk = await (await browser.newContext()).newPage();
  await signInAs(desk, '王建国');
  await desk.getByRole('link', { name: '视频', exact: true }).click();
  // Broken off in the middle, it goes on when the same file is chosen again.
  const line = await desk.context().newCDPSession(desk);
  const slow = { offline: false, latency: 20, downloadThroughput: 4_000_000, uploadThroughput: 500_000 };
  await line.send('Network.emulateNetworkConditions', slow);
  await desk.locator('input[type=file]').setInputFiles(file);
  await expect(desk.getByText(/约剩/)).toBeVisible();
  await desk.getByRole('button', { name: '暂停' }).click();
  await expect(desk.getByText('已暂停')).toBeVisible();
  await desk.getByRole('button', { name: '继续' }).click();
  await expect(desk.getByText(/约剩/)).toBeVisible();
  desk.once('dialog', (leaving) => void leaving.accept());
  await desk.reload();
  await expect(desk.getByText(/已传 [1-9]\d*%/)).toBeVisible();
  await line.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: 100_000_000 });
  await desk.locator('input[type=file]').setInputFiles(file);
  const row = desk.getByRole('listitem').filter({ hasText: '事故案例 讲解.mp4' });
  await expect(row.getByText('可用', { exact: true })).toBeVisible({ timeout: 120_000 });
  await expect(row.getByText('01:30')).toBeVisible();

  const courses = await read<Course[]>(desk, '/courses');
  const planned = courses.flatMap(({ sessions }) => sessions).find(({ state }) => state === 'scheduled');
  const sessionId = planned?.id ?? '';
  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await signInAs(phone, '张晓梅');
  expect((await read<MySession[]>(phone, '/my/sessions')).map(({ session }) => session.id)).toContain(sessionId);
  await phone.goto(address(`/learn/${sessionId}`));

  // A whole second, as a person plans it.
  const startsAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 30_000).toISOString();
  const moved = await desk.request.patch(address(`/api/v1/sessions/${sessionId}`), {
    headers: HEADERS,
    data: { startsAt },
  });
  expect(moved.ok(), await moved.text()).toBe(true);
  await desk.goto(address(`/console/sessions/${sessionId}/live`));
  await desk.getByRole('combobox', { name: '视频' }).click();
  await desk.getByText('事故案例 讲解.mp4').last().click();
  await expect(desk.getByRole('checkbox', { name: '到时自动开始上课' })).toBeChecked();
  await desk.getByRole('button', { name: '安排播放' }).click();
  await expect(desk.getByText(/自动开始上课并播放/)).toBeVisible();

  await expectPicture(phone);
  await expect(desk.getByText('正在播放')).toBeVisible();
  await expect(desk.getByRole('button', { name: '下课' })).toBeVisible();
  const watched = await desk.request.post(address(`/api/v1/sessions/${sessionId}/watch`), { headers: HEADERS });
  const { prefix, playbackToken } = (await watched.json()) as { prefix: string; playbackToken: string };
  // The whole class, of which the live list may have left the beginning.
  const lateBy = async () => {
    const list = await desk.request.get(address(`/media/t/${playbackToken}/${prefix}/360p/dvr.m3u8`));
    const [, first = ''] = /#EXT-X-PROGRAM-DATE-TIME:(\S+)/.exec(await list.text()) ?? [];
    return Date.parse(first) - Date.parse(startsAt);
  };
  await expect.poll(lateBy).toBeGreaterThanOrEqual(0);
  // By the second where the machine is its own.
  expect(await lateBy()).toBeLessThan(5_000);

  await desk.getByRole('button', { name: '暂停播放' }).click();
  await expect(desk.getByText('已暂停，学员看到的画面静止')).toBeVisible();
  const position = desk.getByText(/剩余/);
  // The picture stands still, but it does not end. Where it stands the desk hears a moment after it has stopped.
  let standing: string | null = null;
  await expect(async () => {
    standing = await position.textContent();
    await expectPicture(phone);
    expect(await position.textContent()).toBe(standing);
  }).toPass();
  await desk.getByRole('button', { name: '继续播放' }).click();
  await expect(position).not.toHaveText(standing ?? '');

  await desk.getByRole('button', { name: '停止播放' }).click();
  await desk.getByRole('tooltip').getByRole('button', { name: '停止播放' }).click();
  await expect(desk.getByText(/《事故案例 讲解\.mp4》已停止/)).toBeVisible();
  // Nothing is broken, and nobody is told so.
  await expect(desk.getByText(/视频已播完或已停止/)).toBeVisible();
  await expect(phone.getByText('视频已播放完毕，请稍候')).toBeAttached();
  await desk.getByRole('button', { name: '下课' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: '下课' }).click();
  await expect(desk.getByRole('heading', { name: /已结束/ })).toBeVisible();
});
