import { expect, test } from '@playwright/test';
import { startOutsideStream } from '#tests/support/outside-stream.ts';
import { ownClass } from './own-class.ts';
import { address, expectPicture, HEADERS } from './pages.ts';
import { creditedMs, expectTruth, leave, newViewer, playedMs, playOn, watch } from './viewer.ts';

/** Longer than the test's streams are behind. */
const BEHIND_MS = 12_000;

test('an outside stream is watched, counts and is asked in like our own, also one without dates that comes later', async ({
  browser,
}) => {
  const dated = await startOutsideStream({ segmentSeconds: 2 });
  const undated = await startOutsideStream({ segmentSeconds: 2, dates: false });
  const lesson = await ownClass(browser, '外部直播');
  const { sessionId, office } = lesson;
  const choose = async (outsideUrl: string) => {
    const answer = await office.patch(address(`/api/v1/sessions/${sessionId}`), {
      headers: HEADERS,
      data: { outsideUrl },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  const send = async (path: string, data: object): Promise<{ id: string }> => {
    const answer = await office.post(address(`/api/v1${path}`), { headers: HEADERS, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return await answer.json();
  };
  try {
    dated.publish();
    await choose(dated.url);
    await lesson.become('live');
    const startedAt = Date.now();
    const viewer = { ...(await newViewer(browser)), sessionId };
    const { page } = viewer;
    // What was in the picture before the class does not count.
    await expect.poll(() => Date.now() - startedAt, { timeout: 30_000 }).toBeGreaterThan(BEHIND_MS);
    await watch(viewer);
    await send(`/courses/${lesson.courseId}/questions`, {
      kind: 'true_false',
      stem: '先断电后检修',
      options: ['对', '错'],
      answer: [0],
    }).then(({ id: questionId }) => send(`/sessions/${sessionId}/live-questions`, { questionId, seconds: 120 }));
    await expect(page.getByText('先断电后检修')).toBeVisible();
    await page.getByLabel('A. 对').check();
    await page.getByRole('button', { name: '提交' }).click();
    await playOn(page, 3_000);
    await expectTruth('an outside stream', viewer, await leave(page));
    // Nothing that opens our own stream goes elsewhere.
    expect(dated.requests.filter(({ cookie }) => cookie !== undefined)).toEqual([]);

    // The page that is open may not read from there before it is loaded anew.
    undated.publish();
    await choose(undated.url);
    const before = await creditedMs(viewer);
    await page.locator(`a[href="/learn/${sessionId}"]`).first().click();
    await page.waitForEvent('load');
    await expectPicture(page);
    await playOn(page, 8_000);
    const played = (await playedMs(page)) - 1_000;
    await leave(page);
    await expect.poll(async () => (await creditedMs(viewer)) - before).toBeGreaterThan(played - 1_000);
    await viewer.context.close();
  } finally {
    await lesson.close();
    await dated.close();
    await undated.close();
  }
});
