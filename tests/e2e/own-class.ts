import { type APIRequestContext, type Browser, expect } from '@playwright/test';
import { address, HEADERS } from './pages.ts';
import { signInToOffice } from './viewer.ts';

/** A class of the test's own in the running demo, to which everybody is invited. */
export interface OwnClass {
  courseId: string;
  sessionId: string;
  /** Server and key as one address, for ffmpeg. */
  rtmpUrl: string;
  /** The officer who runs it. */
  office: APIRequestContext;
  become(to: 'live' | 'ended'): Promise<void>;
  /** Ends it, so that the demo's class is again the only one. */
  close(): Promise<void>;
}

/** Plans one that starts now. */
export async function ownClass(browser: Browser, topic: string): Promise<OwnClass> {
  const context = await browser.newContext();
  const office = context.request;
  await signInToOffice(office);
  const send = async <T>(method: 'post' | 'put', path: string, data: object): Promise<T> => {
    const answer = await office[method](address(`/api/v1${path}`), { headers: HEADERS, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  };
  const { id: courseId } = await send<{ id: string }>('post', '/courses', { title: topic });
  await send('put', `/courses/${courseId}/audience`, { rules: [{}] });
  const planned = { topic, startsAt: new Date().toISOString(), plannedMinutes: 30 };
  const { id: sessionId } = await send<{ id: string }>('post', `/courses/${courseId}/sessions`, planned);
  let state = 'draft';
  const become = async (to: 'scheduled' | 'live' | 'ended') => {
    await send('post', `/sessions/${sessionId}/state`, { to });
    state = to;
  };
  await become('scheduled');
  const where = await office.get(address(`/api/v1/sessions/${sessionId}/stream-key`));
  const { server, key } = (await where.json()) as { server: string; key: string };
  return {
    courseId,
    sessionId,
    rtmpUrl: `${server}/${key}`,
    office,
    become,
    async close() {
      if (state === 'live') await become('ended');
      await context.close();
    },
  };
}
