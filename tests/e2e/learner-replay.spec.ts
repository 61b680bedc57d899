import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import type { Course, Session } from '#contract/courses.ts';
import type { RoomSnapshot } from '#contract/live.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { address, askRoom, expectPicture, HEADERS, read } from './pages.ts';
import { creditedMs, newViewer, playedMs, playOn, signInToOffice, watch } from './viewer.ts';

/** How far the picture is behind the present, as the server sees it, ms. */
async function behindMs(page: Page): Promise<number> {
  const text = (await page.getByRole('slider', { name: '课堂进度' }).getAttribute('aria-valuetext')) ?? '';
  const [, clock = '0'] = /比直播晚 ([\d:]+)/.exec(text) ?? [];
  return clock.split(':').reduce((sum, each) => sum * 60 + Number(each), 0) * 1_000;
}

test('a late comer goes back in the class that runs, is credited for it, and returns to the present', async ({
  browser,
  page: desk,
}) => {
  const viewer = await newViewer(browser);
  const { page } = viewer;
  await signInToOffice(desk.request);
  const room = () => read<RoomSnapshot>(desk, `/sessions/${viewer.sessionId}/room`);
  await expect
    .poll(async () => Date.now() - ((await room()).firstPdt ?? 0), { timeout: 90_000 })
    .toBeGreaterThan(75_000);
  await watch(viewer);
  await page.getByRole('button', { name: '从头看' }).click();
  const slider = page.getByRole('slider', { name: '课堂进度' });
  await expect.poll(() => behindMs(page)).toBeGreaterThan(30_000);
  await playOn(page, 4_000);
  await expect(page.getByText('补看同样计时')).toBeVisible();
  const before = await creditedMs(viewer);
  await playOn(page, 17_000);
  await expect.poll(() => creditedMs(viewer)).toBeGreaterThan(before + 5_000);

  // A question of the present is not shown over the past.
  const question = await askRoom(desk, viewer.sessionId, 'single');
  await expect(page.getByText('课堂正在提问')).toBeVisible();
  await expect(page.locator('.quiz')).toHaveCount(0);

  await slider.focus();
  const back = await behindMs(page);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => behindMs(page)).toBeLessThan(back - 5_000);
  await playOn(page, 2_000);
  await page.getByRole('button', { name: '回到直播作答' }).click();
  await expect(page.getByText('补看同样计时')).toBeHidden();
  await expectPicture(page);
  await expect(page.locator('.quiz')).toBeVisible();
  await question.close();
  expect(await slider.getAttribute('aria-valuetext')).toContain('直播');
  await viewer.context.close();
});

test('a class that has ended is replayed from the list, with another speed, and not credited', async ({
  browser,
  page: desk,
}) => {
  await signInToOffice(desk.request);
  const session = await shortClass(desk, desk.request, 0);
  const viewer = await newViewer(browser);
  const { page } = viewer;
  await page.goto(address('/learn'));
  await page.locator(`a[href="/learn/${session.id}"]`, { hasText: '看回放' }).click();
  const picture = page.getByLabel('回放').locator('video');
  await expect(picture).toHaveAttribute('poster', /poster-\w+\.jpg$/);
  expect(await isThere(page, (await picture.getAttribute('poster')) ?? '')).toBe(true);
  await page.getByRole('button', { name: '看回放' }).click();
  await playOn(page, 3_000);
  await expect(page.getByText('回放不计入有效时长')).toBeVisible();

  const slider = page.getByRole('slider', { name: '课堂进度' });
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(slider).toHaveAttribute('aria-valuetext', /第 00:0\d/);
  await expect.poll(() => previewed(page)).toBe(true);
  await page.keyboard.press('Escape');
  await expect(page.locator('.timeline__picture')).toHaveCount(0);
  await slider.hover();
  await expect.poll(() => previewed(page)).toBe(true);
  await page.mouse.move(0, 0);
  await expect(page.locator('.timeline__picture')).toHaveCount(0);
  await page.getByRole('button', { name: '播放速度 1 倍' }).click();
  await expect(page.getByRole('button', { name: '播放速度 1.25 倍' })).toBeVisible();
  expect(await page.evaluate(() => document.querySelector('video')?.playbackRate)).toBe(1.25);
  // As far from the end as can be, however long the rest has taken.
  await slider.press('Home');
  await page.keyboard.press('Escape');
  await expectPicture(page);
  await page.getByRole('button', { name: '暂停' }).click();
  await expect(page.getByRole('button', { name: '点击播放' })).toBeVisible();
  expect(await creditedMs({ context: viewer.context, sessionId: session.id })).toBe(0);

  // The desk of the session shows it, too. A chapter that is marked there leads learners to its place.
  await desk.goto(address(`/console/sessions/${session.id}/live`));
  await desk.getByLabel('回放').waitFor();
  // Refused while the recording is only being attached.
  const plays = () =>
    document
      .querySelector('video')
      ?.play()
      .then(
        () => true,
        () => false,
      );
  await expect.poll(() => desk.evaluate(plays)).toBe(true);
  await expectPicture(desk);
  await desk.getByLabel('这一段讲什么').fill('两起事故');
  await desk.getByRole('button', { name: '标记' }).click();
  await expect(desk.getByRole('listitem').filter({ hasText: '两起事故' })).toBeVisible();
  await desk.evaluate(() => document.querySelector('video')?.pause());
  await page.getByRole('button', { name: '两起事故' }).click();
  await expect(slider).not.toHaveAttribute('aria-valuetext', /第 00:00/);

  // Captions, of which a wrong file is refused with its line, are on the picture at their time; off and on again by key.
  await expect(page.getByRole('button', { name: /^字幕/ })).toHaveCount(0);
  await giveCaptions(desk, '1\n00:00:01,000 -> 00:00:09,000\n各位学员\n');
  await expect(desk.getByText('第 1 行：')).toBeVisible();
  await giveCaptions(desk, '1\n00:00:01,000 --> 00:00:09,000\n各位学员，<i>大家好</i>\n');
  await expect(desk.getByText('中文字幕：1 条，到 00:09')).toBeVisible();
  await expect
    .poll(async () => (await page.request.get(await mediaAddress(page, session.id))).text())
    .toContain('captions/zh.m3u8');
  await page.reload();
  await page.getByRole('button', { name: '看回放' }).click();
  const captions = page.getByRole('button', { name: /^字幕/ });
  await expect(captions).toHaveAccessibleName('字幕：关');
  expect(await captioned(page)).toBeNull();
  await page.keyboard.press('c');
  await expect(captions).toHaveAccessibleName('字幕：中文');
  await slider.focus();
  await page.keyboard.press('Home');
  // Read together with the words: a moment later they may be over.
  const captionedAt = () =>
    slider.evaluate((input: HTMLInputElement) => {
      const tracks = Array.from(document.querySelector('video')?.textTracks ?? []);
      const cue = tracks.find(({ mode }) => mode === 'showing')?.activeCues?.[0] as VTTCue | undefined;
      return { text: cue?.text, isEarly: Number(input.value) - Number(input.min) < 9_500 };
    });
  await expect.poll(captionedAt).toEqual({ text: '各位学员，大家好', isEarly: true });
  await expect.poll(() => captioned(page)).toBeNull();
  await page.reload();
  await page.getByRole('button', { name: '看回放' }).click();
  await expect(captions).toHaveAccessibleName('字幕：中文');
  await captions.click();
  await expect(captions).toHaveAccessibleName('字幕：关');

  // The bureau takes a copy away.
  await desk.getByRole('button', { name: '生成 MP4 文件' }).click();
  const download = desk.waitForEvent('download');
  await desk.getByRole('button', { name: '下载 MP4' }).click();
  // Asked of the server: what a browser makes of the name depends on the locale in which it runs.
  const file = await desk.request.head((await download).url());
  expect(decodeURIComponent(file.headers()['content-disposition'] ?? '')).toContain('回放检查');
  await viewer.context.close();
});

test('who missed a class makes up for it by its replay, from where they were on another device, and skips nothing', async ({
  browser,
  page: desk,
}) => {
  await signInToOffice(desk.request);
  const session = await shortClass(desk, desk.request, 30);
  const viewer = await newViewer(browser);
  const { page } = viewer;
  const credited = () => creditedMs({ context: viewer.context, sessionId: session.id });
  await page.goto(address('/learn'));
  await page.locator('.card', { hasText: '补课至' }).locator(`a[href="/learn/${session.id}"]`).click();
  await page.getByRole('button', { name: '看回放' }).click();
  await playOn(page, 3_000);
  await expect(page.getByText('补课至')).toBeVisible();
  await expect(page.getByRole('button', { name: /播放速度/ })).toHaveCount(0);
  const slider = page.getByRole('slider', { name: '课堂进度' });
  await slider.focus();
  // It is said for a moment alone.
  const said = page.getByText('还没有看到那里').waitFor();
  await page.keyboard.press('End');
  await said;
  await page.getByRole('button', { name: '暂停' }).click();
  await expect.poll(credited).toBeGreaterThan(2_000);
  expect(await credited()).toBeLessThanOrEqual((await playedMs(page)) + 1_000);

  await page.reload();
  await page.getByRole('button', { name: /从 00:\d\d 接着看/ }).click();
  const before = await credited();
  await playOn(page, 3_000);
  await expect.poll(credited).toBeGreaterThan(before + 1_000);
  await viewer.context.close();
});

async function giveCaptions(desk: Page, text: string): Promise<void> {
  const file = { name: '字幕.srt', mimeType: 'application/x-subrip', buffer: Buffer.from(text) };
  await desk.locator('input[type=file][accept*=".srt"]').first().setInputFiles(file);
}

/** The words that are on the picture. */
function captioned(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const tracks = Array.from(document.querySelector('video')?.textTracks ?? []);
    const shown = tracks.find(({ mode }) => mode === 'showing');
    return (shown?.activeCues?.[0] as VTTCue | undefined)?.text ?? null;
  });
}

/** The list of what there is of a session's recording. */
async function mediaAddress(page: Page, sessionId: string): Promise<string> {
  const { prefix } = await read<RoomSnapshot>(page, `/sessions/${sessionId}/room`);
  return address(`/media/${prefix}/dvr.m3u8`);
}

/** Whether what lies at that address is a picture. */
function isThere(page: Page, source: string): Promise<boolean> {
  return page.evaluate(
    (src) =>
      new Promise<boolean>((resolve) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth > 0);
        image.onerror = () => resolve(false);
        image.src = src;
      }),
    source,
  );
}

/** Whether a picture of the place is shown over the timeline. */
async function previewed(page: Page): Promise<boolean> {
  const shown = page.locator('.timeline__picture');
  if ((await shown.count()) === 0) return false;
  const background = await shown.evaluate((element) => getComputedStyle(element).backgroundImage);
  return isThere(page, /url\("(.*)"\)/.exec(background)?.[1] ?? '');
}

/** Holds a class of a quarter of a minute, of a course of its own, whose replay counts for so many days. */
async function shortClass(desk: Page, office: APIRequestContext, replayDays: number): Promise<Session> {
  const post = async <T>(path: string, data: object): Promise<T> => {
    const answer = await office.post(address(`/api/v1${path}`), { headers: HEADERS, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as T;
  };
  const plan = { topic: '回放检查', startsAt: new Date().toISOString(), plannedMinutes: 30, mode: 'online' };
  const course = await post<Course>('/courses', {
    title: '回放检查',
    presenceMinutes: 0,
    completePercent: 100,
    replayDays,
  });
  const session = await post<Session>(`/courses/${course.id}/sessions`, plan);
  for (const to of ['scheduled', 'live']) await post(`/sessions/${session.id}/state`, { to });
  const { server, key } = await read<{ server: string; key: string }>(desk, `/sessions/${session.id}/stream-key`);
  const publisher = publishTestSignal(`${server}/${key}`, { size: '320x180' });
  try {
    await expect
      .poll(async () => (await read<RoomSnapshot>(desk, `/sessions/${session.id}/room`)).firstPdt)
      .not.toBeNull();
    const { firstPdt } = await read<RoomSnapshot>(desk, `/sessions/${session.id}/room`);
    await expect.poll(() => Date.now() - (firstPdt ?? 0), { timeout: 30_000 }).toBeGreaterThan(15_000);
    await post(`/sessions/${session.id}/state`, { to: 'ended' });
  } finally {
    await publisher.stop();
  }
  await expect.poll(async () => (await read<Session>(desk, `/sessions/${session.id}`)).replay).toBe(true);
  return session;
}
