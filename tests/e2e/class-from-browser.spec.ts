import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import type { Course } from '#contract/courses.ts';
import { CHROMIUM } from '#scripts/outside/chromium.ts';
import { address, expectPicture, framesShown, HEADERS, read, signInAs } from './pages.ts';
import { newViewer, signInToOffice, type Viewer } from './viewer.ts';

declare global {
  interface Window {
    /** The screen that the page shares. */
    shared?: MediaStream;
  }
}

/* An instructor with a browser and nothing else. The devices are Chromium's: a moving picture, and a beep a second. */
test.use({
  launchOptions: {
    ...CHROMIUM,
    args: [
      ...CHROMIUM.args,
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--auto-select-desktop-capture-source=Entire screen',
    ],
  },
});
test.describe.configure({ mode: 'serial' });

let context: BrowserContext;
let desk: Page;
let sessionId: string;
let learner: Viewer;
/** Cuts the page's way to the server, as a network does that is lost; resolves with what lets it through again. */
let cut: () => Promise<() => void>;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  desk = await context.newPage();
  await desk.addInitScript(() => {
    const { mediaDevices } = navigator;
    const share = mediaDevices.getDisplayMedia.bind(mediaDevices);
    mediaDevices.getDisplayMedia = async (options) => {
      window.shared = await share(options);
      return window.shared;
    };
  });
  let away = false;
  await desk.routeWebSocket('**/media/publish', async (page) => {
    if (away) return page.close();
    const server = page.connectToServer();
    cut = async () => {
      away = true;
      await page.close();
      await server.close();
      return () => {
        away = false;
      };
    };
  });
  await signInAs(desk, '周文斌');
  await desk.waitForURL('**/console/**');
  const courses = await read<Course[]>(desk, '/courses');
  const next = courses.flatMap(({ sessions }) => sessions).find(({ state }) => state === 'scheduled');
  sessionId = next?.id ?? '';
});
test.afterAll(async () => {
  await learner?.context.close();
  await context.close();
});

test('the camera is seen here first, with the microphone’s level, and then by the desk', async () => {
  await desk.goto(address(`/console/sessions/${sessionId}/live`));
  await desk.getByRole('button', { name: '打开摄像头' }).click();
  await expect(desk.getByRole('button', { name: '开始推流' })).toBeEnabled();
  const level = () => desk.getByRole('meter').evaluate((meter) => (meter as HTMLMeterElement).value);
  await expect.poll(level).toBeGreaterThan(20);
  await desk.getByRole('combobox', { name: '清晰度' }).click();
  await desk.getByTitle('360p').click();
  await desk.getByRole('button', { name: '开始推流' }).click();
  await expect(desk.getByText('正在推流')).toBeVisible();
  await expect(desk.getByText('试播画面，只有这里看得到')).toBeVisible();
  await expect(desk.getByText('640×360')).toBeVisible();
  await expectPicture(desk);
});

test('a learner sees it move and hears it', async ({ browser }) => {
  const office = await browser.newContext();
  await signInToOffice(office.request);
  const started = await office.request.post(address(`/api/v1/sessions/${sessionId}/state`), {
    headers: HEADERS,
    data: { to: 'live' },
  });
  expect(started.ok(), await started.text()).toBe(true);
  await office.close();

  learner = { ...(await newViewer(browser)), sessionId };
  await learner.page.goto(address(`/learn/${sessionId}`));
  await expectPicture(learner.page);
  await expect.poll(() => loudest(learner.page)).toBeGreaterThan(0.01);
  await expect(desk.getByText(/^直播画面/)).toBeVisible();
});

test('a network that is lost is found again, and the learner sees on', async () => {
  const comesBack = await cut();
  await expect(desk.getByText(/正在重新连接/)).toBeVisible();
  await expect(desk.getByText('画面中断', { exact: false })).toBeVisible();
  comesBack();
  await expect(desk.getByText('正在推流')).toBeVisible();
  await moreFrames(learner.page);
});

test('on another page of the console it goes on, and leads back', async () => {
  await desk.getByRole('link', { name: '开工第一课' }).click();
  await expect(desk.getByText(/正在用浏览器直播/)).toBeVisible();
  await moreFrames(learner.page);
  await desk.getByRole('link', { name: '回到直播台' }).click();
  await expect(desk.getByText('正在推流')).toBeVisible();
});

test('the microphone is turned off and on', async () => {
  await desk.getByRole('button', { name: '关闭麦克风' }).click();
  await expect(desk.getByText('麦克风已关闭，学员听不到声音')).toBeVisible();
  await expect.poll(() => loudest(learner.page)).toBeLessThan(0.001);
  await desk.getByRole('button', { name: '打开麦克风' }).click();
  await expect.poll(() => loudest(learner.page)).toBeGreaterThan(0.01);
});

test('the picture changes while it is on air; when sharing ends the learner still has one, and the desk says so', async () => {
  await desk.getByText('屏幕', { exact: true }).click();
  await expect(desk.getByRole('button', { name: '换一个窗口或屏幕' })).toBeVisible();
  // Nothing moves on that screen.
  await moreFrames(learner.page);
  await desk.evaluate(() => {
    for (const track of window.shared?.getTracks() ?? []) {
      track.stop();
      // As for the browser's own bar; a page that stops a track by itself hears nothing.
      track.dispatchEvent(new Event('ended'));
    }
  });
  await expect(desk.getByText(/屏幕共享已结束/)).toBeVisible();
  await moreFrames(learner.page);
  await desk.getByText('摄像头', { exact: true }).first().click();
  await expect(desk.getByText(/屏幕共享已结束/)).toBeHidden();
});

test('it ends when the person says so', async () => {
  await desk.getByRole('button', { name: '停止推流' }).click();
  await desk.getByRole('tooltip').getByRole('button', { name: '停止推流' }).click();
  await expect(desk.getByRole('button', { name: '开始推流' })).toBeVisible();
  await expect(desk.getByText('画面中断', { exact: false })).toBeVisible();
});

async function moreFrames(page: Page): Promise<void> {
  const shown = await framesShown(page);
  await expect.poll(() => framesShown(page)).toBeGreaterThan(shown + 50);
}

/** Peak of what the page's video sounds like over the next second and a half, 0 to 1. */
function loudest(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const video = document.querySelector('video') as HTMLVideoElement & { captureStream(): MediaStream };
    const audio = new AudioContext();
    const meter = audio.createAnalyser();
    audio.createMediaStreamSource(video.captureStream()).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    let peak = 0;
    for (const until = performance.now() + 1_500; performance.now() < until; ) {
      meter.getFloatTimeDomainData(samples);
      peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), peak);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await audio.close();
    return peak;
  });
}
