import { expect, test } from '@playwright/test';
import { ffmpegHasSrt, type Publisher, publishTestSignal } from '#tests/support/publish.ts';
import { ownClass } from './own-class.ts';
import { address, signInAs } from './pages.ts';
import { leave, newViewer, playOn, watch } from './viewer.ts';

test('a class comes by SRT, from the address on the live desk; an encoder by RTMPS stands by and takes over', async ({
  browser,
}) => {
  test.skip(!ffmpegHasSrt(), 'this ffmpeg cannot publish by SRT');
  const lesson = await ownClass(browser, '编码器');
  const publishers: Publisher[] = [];
  const publish = (url: string, video?: string[]) => {
    const publisher = publishTestSignal(url, { ...(video && { video }) });
    publishers.push(publisher);
    return publisher;
  };
  try {
    const desk = await (await browser.newContext()).newPage();
    await signInAs(desk, '王建国');
    await desk.goto(address(`/console/sessions/${lesson.sessionId}/live`));
    await desk.getByRole('tab', { name: '用 OBS 等软件' }).click();
    const shown = (name: string) => desk.getByRole('textbox', { name, exact: true });
    await expect(shown('SRT 地址')).toHaveAttribute('type', 'password');
    await desk.getByRole('button', { name: '显示 SRT 地址' }).click();
    await expect(shown('SRT 地址')).toHaveAttribute('type', 'text');
    const bySrt = publish(await shown('SRT 地址').inputValue());
    await expect(desk.getByText('SRT 推流', { exact: true })).toBeVisible();
    await lesson.become('live');
    const viewer = { ...(await newViewer(browser)), sessionId: lesson.sessionId };
    await watch(viewer);

    const server = await shown('推流地址（加密，RTMPS）').inputValue();
    publish(`${server}/${await shown('串流密钥').inputValue()}`);
    await expect(desk.getByText('待命')).toBeVisible();
    const hevc = publish(await shown('SRT 地址').inputValue(), ['-c:v', 'libx265', '-preset', 'ultrafast']);
    await expect(desk.getByText('SRT 推流送来的是 HEVC')).toBeVisible();
    hevc.kill();

    bySrt.kill();
    await expect(desk.locator('.publishers').getByText('推流软件')).toBeVisible();
    await expect(desk.locator('.publishers')).toBeHidden();
    await playOn(viewer.page, 5_000);
    await leave(viewer.page);
    await viewer.context.close();
  } finally {
    for (const publisher of publishers) publisher.kill();
    await Promise.all(publishers.map(({ exited }) => exited));
    await lesson.close();
  }
});
