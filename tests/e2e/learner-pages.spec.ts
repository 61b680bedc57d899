import { type Browser, expect, type Page, test } from '@playwright/test';
import { address, expectPicture } from './pages.ts';
import {
  creditedMs,
  expectTruth,
  keptBeats,
  leave,
  newViewer,
  noteFigures,
  playedMs,
  playOn,
  signInToOffice,
  skippedMs,
  type Viewer,
  watch,
} from './viewer.ts';

const ASLEEP_MS = 30_000;
/** A page notes what it played every two seconds. */
const NOTED_WITHIN_MS = 3_000;
/** A page further behind the class is taken back to it. */
const FARTHEST_BEHIND_MS = 12_000;

/*
 * Pages are duplicated, reloaded, killed and put to sleep. What is credited is held against what each browser itself says
 * that it played.
 */
// A tab duplicated by the browser takes the session storage with it. What one page skips, another may have shown.
test('two tabs count once, as one device, and so does a phone of the same person, as a second', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { context, page, sessionId } = viewer;
  await watch(viewer);
  const opened = context.waitForEvent('page');
  await page.evaluate(() => void window.open(location.href));
  const second = await opened;
  await expectPicture(second);
  await playOn(page, 10_000);

  const connections = async () => new Set((await keptBeats(page)).map(({ connId }) => connId)).size;
  await expect.poll(connections).toBe(2);
  const playedInSecond = await leave(second);
  expect(playedInSecond).toBeGreaterThan(8_000);
  await expect.poll(() => devicesOf(browser, viewer)).toBe(1);

  const phone = await browser.newContext({ storageState: { cookies: await context.cookies(), origins: [] } });
  const onPhone = await phone.newPage();
  await onPhone.goto(address(`/learn/${sessionId}`));
  await expectPicture(onPhone);
  await expect.poll(() => devicesOf(browser, viewer)).toBe(2);
  await phone.close();
  // Whoever is ahead has seen what this page has not: it plays on past that. Further behind, a page skips.
  await playOn(page, FARTHEST_BEHIND_MS);
  const played = await leave(page);
  await expectTruth('two tabs and a phone', viewer, played, await skippedMs(page));
  expect(await devicesOf(browser, viewer)).toBe(2);
  await context.close();
});

test('what a page kept that was reloaded between beats, or killed, is sent by the next', async ({ browser }) => {
  const viewer = await newViewer(browser);
  const { context, page } = viewer;
  await watch(viewer);
  await playOn(page, 4_000);
  let played = await playedMs(page);
  await page.reload();
  await expectPicture(page);
  await playOn(page, 8_000);

  await expect.poll(() => keptBeats(page)).not.toEqual([]);
  played += await playedMs(page);
  const devtools = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  devtools.send('Page.crash').catch(() => undefined);
  await crashed;

  // The next page need not be in the room for it.
  const next = await context.newPage();
  await next.goto(address('/learn'));
  await expect.poll(() => keptBeats(next)).toEqual([]);
  const credited = await creditedMs(viewer);
  // A killed page takes with it what it had not yet kept.
  const lost = played - credited;
  noteFigures('killed page', played, credited);
  expect(lost).toBeGreaterThan(-1_000);
  expect(lost).toBeLessThan(8_000);
  await context.close();
});

test('a phone asleep is credited what it played before and after, and finds the class where that is when it wakes', async ({
  playwright,
}, { project }) => {
  const browser = await playwright.chromium.launch(project.use.launchOptions);
  const viewer = await newViewer(browser);
  const { page } = viewer;
  await watch(viewer);
  await playOn(page, 4_000);

  // What a sleeping phone does to its pages: no process of theirs gets any time.
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  expect(pages).not.toEqual([]);
  const playedBefore = await playedMs(page);
  const asleepAt = Date.now();
  for (const pid of pages) process.kill(pid, 'SIGSTOP');
  await expect.poll(() => Date.now() - asleepAt, { timeout: ASLEEP_MS * 2 }).toBeGreaterThan(ASLEEP_MS);
  for (const pid of pages) process.kill(pid, 'SIGCONT');

  await expect.poll(() => behindMs(page)).toBeLessThan(FARTHEST_BEHIND_MS + NOTED_WITHIN_MS);
  await playOn(page, 3_000);
  const awakeForMs = Date.now() - asleepAt - ASLEEP_MS;
  const played = await leave(page);
  await expectTruth('asleep for 30 s', viewer, played);
  expect(played - playedBefore).toBeLessThan(awakeForMs * 1.1 + 5_000);
  await browser.close();
});

/** 设备 of a person in the session, as its report has it. */
async function devicesOf(browser: Browser, { context, sessionId }: Viewer): Promise<number | undefined> {
  const me = (await (await context.request.get(address('/api/v1/me'))).json()) as { personId: string };
  const office = await browser.newContext();
  await signInToOffice(office.request);
  const answer = await office.request.get(address(`/api/v1/sessions/${sessionId}/people?pageSize=500`));
  const people = ((await answer.json()) as { items: { personId: string; devices: number }[] }).items;
  await office.close();
  return people.find(({ personId }) => personId === me.personId)?.devices;
}

/** How far behind the moment the frame is that the page noted last; the lecture comes from this machine's clock. */
async function behindMs(page: Page): Promise<number> {
  const [kept] = await keptBeats(page);
  return kept?.behindMs ?? Number.POSITIVE_INFINITY;
}
