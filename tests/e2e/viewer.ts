import { randomInt } from 'node:crypto';
import { type APIRequestContext, type Browser, type BrowserContext, expect, type Page, test } from '@playwright/test';
import type { MySession } from '#contract/courses.ts';
import { address, expectPicture, HEADERS } from './pages.ts';

declare global {
  interface Window {
    /** Set by `meter`: what the page's video says that it has played and skipped since the page was opened, ms of media. */
    meter: () => { played: number; skipped: number };
  }
}

/** Somebody of their own, with a browser of their own, at the live class. */
export interface Viewer {
  context: BrowserContext;
  page: Page;
  sessionId: string;
}

/** A person nobody knew yet joins a unit of the demo by its code, and gets a browser that is signed in as them. */
export async function newViewer(browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<Viewer> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  await context.addInitScript(meter);
  const joinCode = await anyJoinCode(browser);
  const joined = await context.request.post(address(`/api/v1/join/unit/${joinCode}`), {
    headers: HEADERS,
    data: { name: '郑观看', phone: `198${randomInt(10_000_000, 99_999_999)}` },
  });
  expect(joined.ok(), await joined.text()).toBe(true);
  return { context, page: await context.newPage(), sessionId: await liveSession(context.request) };
}

/** Opens the class and waits for its picture. */
export async function watch({ page, sessionId }: Viewer): Promise<void> {
  await page.goto(address(`/learn/${sessionId}`));
  await expectPicture(page);
}

/** What the page's video element says that it has played since the page was opened, ms of media. */
export function playedMs(page: Page): Promise<number> {
  return page.evaluate(() => window.meter().played);
}

/** What lies between the parts that the page's video has played, ms of media. */
export function skippedMs(page: Page): Promise<number> {
  return page.evaluate(() => window.meter().skipped);
}

/** Waits until the page's video has played so much more than `since`. */
export async function playOn(page: Page, ms: number, since?: number): Promise<void> {
  const from = since ?? (await playedMs(page));
  await expect.poll(() => playedMs(page), { timeout: ms * 3 + 60_000 }).toBeGreaterThan(from + ms);
}

/** 已计 as the server has it. */
export async function creditedMs(
  { context, sessionId }: Pick<Viewer, 'context' | 'sessionId'>,
  origin = address(''),
): Promise<number> {
  const answer = await context.request.get(`${origin}/api/v1/sessions/${sessionId}/credit`);
  return ((await answer.json()) as { creditedMs: number }).creditedMs;
}

/** Goes back to the list of classes; resolves with what was played until then. */
export async function leave(page: Page): Promise<number> {
  await page.locator('a.room__up').click();
  // The address changes before the room goes.
  await expect(page.locator('.room')).toBeHidden();
  return playedMs(page);
}

/**
 * Credited is what was played, give or take a second, once no page keeps any beat for the server; and at most so much more
 * as other pages of the same person may have shown of what this one `skipped`.
 */
export async function expectTruth(what: string, viewer: Viewer, played: number, skipped = 0): Promise<void> {
  const off = (credited: number) => credited - Math.min(Math.max(credited, played), played + skipped);
  await expect.poll(async () => Math.abs(off(await creditedMs(viewer))), what).toBeLessThanOrEqual(1_000);
  await expect.poll(() => keptBeats(viewer.page)).toEqual([]);
  const credited = await creditedMs(viewer);
  const figures = noteFigures(what, played, credited);
  expect(Math.abs(off(credited)), figures).toBeLessThanOrEqual(1_000);
}

/** Puts the figures into the report, and returns them in words. */
export function noteFigures(what: string, played: number, credited: number): string {
  const figures = `${what}: played ${(played / 1_000).toFixed(2)} s, credited ${(credited / 1_000).toFixed(2)} s`;
  test.info().annotations.push({ type: 'attendance', description: figures });
  return figures;
}

/** Beats that pages of this browser keep until the server has them. */
export function keptBeats(page: Page): Promise<{ connId: string; behindMs: number }[]> {
  return page.evaluate(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith('anke.beats.'))
      .map((key) => {
        const { beats, at } = JSON.parse(localStorage.getItem(key) ?? '{}') as {
          beats: { mediaTo: number }[];
          at: number;
        };
        return {
          connId: key.slice('anke.beats.'.length),
          behindMs: at - (beats[beats.length - 1]?.mediaTo ?? 0),
        };
      }),
  );
}

/** In the page: keeps count of what the browser itself says that the video played, over new sources. */
function meter(): void {
  const before = { played: 0, skipped: 0 };
  let now = { played: 0, skipped: 0 };
  const read = () => {
    const ranges = document.querySelector('video')?.played;
    const source = { played: 0, skipped: 0 };
    for (let i = 0; ranges && i < ranges.length; i += 1) {
      source.played += (ranges.end(i) - ranges.start(i)) * 1_000;
      if (i > 0) source.skipped += (ranges.start(i) - ranges.end(i - 1)) * 1_000;
    }
    // A new source begins at nothing.
    if (source.played < now.played) {
      before.played += now.played;
      before.skipped += now.skipped;
    }
    now = source;
    return { played: before.played + now.played, skipped: before.skipped + now.skipped };
  };
  window.meter = read;
  setInterval(read, 50);
  for (const event of ['timeupdate', 'pause', 'waiting', 'seeking']) document.addEventListener(event, read, true);
}

/** The demo's bureau officer. */
export async function signInToOffice(request: APIRequestContext): Promise<void> {
  const login = await request.post(address('/api/v1/login'), {
    headers: HEADERS,
    data: { login: 'officer', password: 'anke-officer' },
  });
  expect(login.ok(), await login.text()).toBe(true);
}

let joinCode: Promise<string> | undefined;

function anyJoinCode(browser: Browser): Promise<string> {
  joinCode ??= (async () => {
    const office = await browser.newContext();
    await signInToOffice(office.request);
    const units = await office.request.get(address('/api/v1/units?kind=enterprise'));
    const { items } = (await units.json()) as { items: { joinCode: string }[] };
    await office.close();
    return items[0]?.joinCode ?? '';
  })();
  return joinCode;
}

async function liveSession(request: APIRequestContext): Promise<string> {
  const mine = await request.get(address('/api/v1/my/sessions'));
  const live = ((await mine.json()) as MySession[]).find(({ session }) => session.state === 'live');
  return live?.session.id ?? '';
}
