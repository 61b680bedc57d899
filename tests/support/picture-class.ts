import { startApp, type TestApp } from './app.ts';
import { done } from './class.ts';
import type { District } from './district.ts';
import { type MediaRun, startMediaProcess } from './media-run.ts';

/** A scheduled session with a real media process: it reports to one worker, and another one tells it what to do. */
export interface PictureClass {
  /** The worker that media reports to. */
  hooked: TestApp;
  /** The one that everybody else talks to. */
  app: TestApp;
  media: MediaRun;
  district: District;
  sessionId: string;
  become(to: 'scheduled' | 'live' | 'ended'): Promise<void>;
  close(): Promise<void>;
}

/** @param outsideUrl where its picture comes from, if not from publishers of ours */
export async function startPictureClass(outsideUrl?: string): Promise<PictureClass> {
  const hooked = await startApp();
  const media = await startMediaProcess(hooked.config.dataDir, hooked.url, { SRT_PORT: '0' });
  const app = await startApp({ beside: hooked, config: { mediaUrl: media.url, srtPort: media.srtPort ?? undefined } });
  const district = await hooked.seedDistrict();
  for (const client of Object.values(district.clients)) Object.assign(client, { url: app.url });
  const { bureau } = district.clients;
  const course = done('course', await bureau.call('POST /courses', { body: { title: '开工第一课' } }));
  const planned = { topic: '有限空间', startsAt: new Date(app.clock()).toISOString(), plannedMinutes: 60 };
  const inCourse = { params: { courseId: course.id }, body: { ...planned, ...(outsideUrl && { outsideUrl }) } };
  const { id: sessionId } = done('session', await bureau.call('POST /courses/:courseId/sessions', inCourse));
  const become: PictureClass['become'] = async (to) => {
    done(to, await bureau.call('POST /sessions/:sessionId/state', { params: { sessionId }, body: { to } }));
  };
  await become('scheduled');
  return {
    hooked,
    app,
    media,
    district,
    sessionId,
    become,
    async close() {
      await app.close();
      await media.stop();
      await hooked.close();
    },
  };
}
