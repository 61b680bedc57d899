import { expect, type Page } from '@playwright/test';
import type { Session } from '#contract/courses.ts';
import type { LiveQuestion, Question, QuestionKind } from '#contract/quiz.ts';
import { DEMO_URL } from '#tests/support/running-demo.ts';

/** Without it the server refuses whatever changes something. */
export const HEADERS = { 'x-anke-client': 'e2e' };

export function address(path = '/'): string {
  return `${process.env[DEMO_URL]}${path}`;
}

/** Signs in with a card of the demo's login page. */
export async function signInAs(page: Page, name: string): Promise<void> {
  await page.goto(address('/login'));
  await page.getByRole('button', { name }).click();
  await page.waitForURL((url) => url.pathname !== '/login');
}

/** Asks the server for what the page's account may read. */
export async function read<T>(page: Page, path: string): Promise<T> {
  const answer = await page.request.get(address(`/api/v1${path}`));
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()) as T;
}

/** Opens the first question of a kind in the room, from a page of somebody who may. */
export async function askRoom(desk: Page, sessionId: string, kind: QuestionKind): Promise<{ close(): Promise<void> }> {
  const { courseId } = await read<Session>(desk, `/sessions/${sessionId}`);
  const bank = await read<Question[]>(desk, `/courses/${courseId}/questions`);
  const opened = await desk.request.post(address(`/api/v1/sessions/${sessionId}/live-questions`), {
    headers: HEADERS,
    data: { questionId: bank.find((question) => question.kind === kind)?.id, seconds: 120 },
  });
  expect(opened.ok(), await opened.text()).toBe(true);
  const { id } = (await opened.json()) as LiveQuestion;
  return {
    async close() {
      const closed = await desk.request.post(address(`/api/v1/live-questions/${id}/close`), { headers: HEADERS });
      expect(closed.ok(), await closed.text()).toBe(true);
    },
  };
}

/** Frames that the page's video has shown so far. */
export function framesShown(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
}

/** Waits until the picture moves. */
export async function expectPicture(page: Page): Promise<void> {
  await expect.poll(() => framesShown(page)).toBeGreaterThan(10);
  const shown = await framesShown(page);
  await expect.poll(() => framesShown(page)).toBeGreaterThan(shown + 25);
}
