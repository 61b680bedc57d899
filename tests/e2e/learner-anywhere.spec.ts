import os from 'node:os';
import { expect, type Page, test } from '@playwright/test';
import type { RoomSnapshot } from '#contract/live.ts';
import { address, expectPicture, HEADERS } from './pages.ts';
import { creditedMs, expectTruth, leave, newViewer, playOn, watch } from './viewer.ts';

test('where sound needs a tap the picture plays silently and counts, and one tap gives sound', async ({ playwright }, {
  project,
}) => {
  const { launchOptions = {} } = project.use;
  const args = (launchOptions.args ?? []).filter((arg) => !arg.startsWith('--autoplay-policy'));
  const strict = await playwright.chromium.launch({
    ...launchOptions,
    args: [...args, '--autoplay-policy=document-user-activation-required'],
  });
  const viewer = await newViewer(strict);
  const { page, context, sessionId } = viewer;
  // Whatever Playwright evaluates counts as a tap, so that it must not look at the page itself before the picture plays.
  const devtools = await context.newCDPSession(page);
  const look = async (expression: string): Promise<unknown> =>
    (await devtools.send('Runtime.evaluate', { expression, userGesture: false })).result.value;
  await page.goto(address(`/learn/${sessionId}`));
  await expect.poll(() => look('window.meter().played')).toBeGreaterThan(3_000);
  expect(await look('navigator.userActivation.hasBeenActive')).toBe(false);
  expect(await look('document.querySelector("video").muted')).toBe(true);

  await page.getByRole('button', { name: '点击打开声音' }).click();
  await expect(page.getByRole('button', { name: '点击打开声音' })).toBeHidden();
  expect(await look('document.querySelector("video").muted')).toBe(false);
  await playOn(page, 2_000);
  const played = await leave(page);
  await expectTruth('muted, then aloud', viewer, played);
  await strict.close();
});

test('on the local network, over plain http, a learner signs in, sees the picture and is credited', async ({
  browser,
}) => {
  const host = Object.values(os.networkInterfaces())
    .flat()
    .find((found) => found && found.family === 'IPv4' && !found.internal)?.address;
  test.skip(!host, 'this machine has no address but its own');
  const origin = `http://${host}:${new URL(address()).port}`;
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${origin}/login`);
  expect(await page.evaluate(() => window.isSecureContext || 'randomUUID' in crypto)).toBe(false);
  await page.getByRole('button', { name: '张晓梅' }).click();
  await page.waitForURL('**/learn');
  await page.locator('a[href^="/learn/"]').first().click();
  await expectPicture(page);
  const sessionId = page.url().split('/').at(-1) ?? '';
  const credited = () => creditedMs({ context, sessionId }, origin);
  const before = await credited();
  const stored = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/beats') && answer.ok());
  await page.locator('a.room__up').click();
  await stored;
  expect(await credited()).toBeGreaterThan(before + 500);
  expect(errors).toEqual([]);
  await context.close();
});

test('beats with a forged ticket are dropped, and the page that found them goes on', async ({ browser }) => {
  const [viewer, other] = await Promise.all([newViewer(browser), newViewer(browser)]);
  const { page, context, sessionId } = viewer;
  const ticketOf = async ({ context: { request } }: typeof viewer) => {
    const admission = await request.post(address(`/api/v1/sessions/${sessionId}/ticket`), {
      headers: HEADERS,
      data: { deviceId: '11111111-1111-4111-8111-111111111111' },
    });
    return ((await admission.json()) as { ticket: string }).ticket;
  };
  const now = Date.now();
  const [head = '', claims = '', signature = ''] = (await ticketOf(other)).split('.');
  const changed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const me = (await (await context.request.get(address('/api/v1/me'))).json()) as { personId: string };
  changed.sub = me.personId;
  changed.iat = Math.floor(now / 1_000) - 3_600;
  const forged = [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
  const beat = { seq: 1, mediaFrom: now - 600_000, mediaTo: now, monotonicMs: 1, state: {} };
  const state = { playing: true, stalled: false, hidden: false };
  const leftovers = {
    forged: { ticket: forged, beats: [{ ...beat, state }], at: now - 120_000 },
    // A true ticket with beats that are not beats.
    damaged: { ticket: await ticketOf(viewer), beats: [{ seq: 'x' }], at: now - 120_000 },
  };
  await context.addInitScript((kept) => {
    if (sessionStorage.getItem('planted')) return;
    sessionStorage.setItem('planted', '1');
    for (const [name, left] of Object.entries(kept)) localStorage.setItem(`anke.beats.${name}`, JSON.stringify(left));
    localStorage.setItem('anke.beats.garbage', '{');
  }, leftovers);

  await watch(viewer);
  const planted = () =>
    page.evaluate(
      (forgedTicket) =>
        Object.entries(localStorage).filter(
          ([key, value]) => /^anke\.beats\.(forged|damaged|garbage)$/.test(key) || String(value).includes(forgedTicket),
        ).length,
      forged,
    );
  await expect.poll(planted).toBe(0);
  const played = await leave(page);
  await expectTruth('forged leftovers', viewer, played);
  expect(await creditedMs(other)).toBe(0);
  await Promise.all([context.close(), other.context.close()]);
});

for (const viewport of [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
]) {
  test(`the learner’s pages are in English at ${viewport.width} pixels, and fit`, async ({ browser }) => {
    const viewer = await newViewer(browser, { viewport });
    const { page, context, sessionId } = viewer;
    await page.goto(address('/learn'));
    await page.getByRole('button', { name: 'English' }).click();
    const me = (await (await context.request.get(address('/api/v1/me'))).json()) as { name: string; unitName: string };
    const room = (await (
      await context.request.get(address(`/api/v1/sessions/${sessionId}/room`))
    ).json()) as RoomSnapshot;
    const sessions = await (await context.request.get(address('/api/v1/my/sessions'))).text();
    const content = JSON.stringify([me, room]) + sessions;

    await expect(page.locator(`a[href="/learn/${sessionId}"]`).first()).toBeVisible();
    await expectEnglishThatFits(page, content);
    await watch(viewer);
    await expect(page.getByText('devices online')).toBeVisible();
    for (const tab of ['Outline', 'Ask']) {
      await page.getByRole('tab', { name: tab }).click();
      await expectEnglishThatFits(page, content);
    }
    await context.close();
  });
}

/** Every Chinese word on the page is of what people wrote (`content`), and nothing sticks out to the side. */
async function expectEnglishThatFits(page: Page, content: string): Promise<void> {
  const chinese = await page.evaluate(() => {
    const found: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent?.trim() ?? '';
      if (!texts.currentNode.parentElement?.closest('script, style, noscript')) found.push(text);
    }
    for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]')) {
      for (const name of ['aria-label', 'placeholder', 'title', 'alt']) found.push(element.getAttribute(name) ?? '');
    }
    return found.filter((text) => /\p{Script=Han}/u.test(text));
  });
  const written = content.replace(/\\n/g, '\n');
  const isWritten = (words: string) => written.includes(words);
  const untranslated = chinese.filter(
    (text) =>
      !(text.match(/[^\n]*\p{Script=Han}[^\n]*/gu) ?? []).every((line) => isWritten(line.replace(/^Given by /, ''))),
  );
  expect(untranslated.filter((text) => text !== '中文')).toEqual([]);
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(wide).toBeLessThanOrEqual(seen ?? 0);
}
