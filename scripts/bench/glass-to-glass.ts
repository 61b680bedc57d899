import { randomUUID } from 'node:crypto';
import os from 'node:os';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import type { Admission } from '#contract/live.ts';
import { findFfmpeg } from '#media/ffmpeg.ts';
import { createLogger } from '#media/logger.ts';
import { changeState, isPublishing, scheduleClass } from '#tests/support/class.ts';
import { launchChromium } from '../outside/chromium.ts';
import { publishClock } from '../outside/clock-picture.ts';
import { firstFrame, type Glass, noteGlass, readAges, stallsSeen } from '../outside/glass.ts';
import { startOwnInstallation } from '../outside/installation.ts';
import { joinByCode } from '../outside/join.ts';
import { median, quantile } from '../outside/quantile.ts';
import { until } from '../outside/until.ts';
import { startNginx } from './nginx-rtmp.ts';

/** What the ladder is held to, ms; of one rung alone the median is to be 1400. */
export const TARGET = { medianMs: 1_600, p95Ms: 2_000, firstFrameMs: 800 };
const LINES = 720;
const SAMPLE_MS = 250;
/** A page that has just opened may still be moving nearer to the class. */
const SETTLE_MS = 10_000;
const OPENINGS = 5;
const PATIENCE_MS = 40_000;

export interface Figures {
  medianMs: number;
  p95Ms: number;
  maxMs: number;
  /** Medians over several openings of the page. */
  firstFrameMs: number;
  tapToPictureMs: number;
  stalls: number;
  samples: number;
}

export interface ProductFigures extends Figures {
  /** How many sizes of the picture a viewer could have. */
  rungs: number;
}

interface Watching {
  browser: Browser;
  ffmpeg: string;
  watchMs: number;
  say: (step: string) => void;
}

/** A browser and an ffmpeg for a measurement, and the machine's load before it. */
export async function withBrowser<T>(work: (browser: Browser, ffmpeg: string, load: number) => Promise<T>): Promise<T> {
  const ffmpeg = (await findFfmpeg(process.env.FFMPEG_PATH, createLogger('warn'))).path;
  const browser = await launchChromium();
  try {
    const [load = 0] = os.loadavg();
    return await work(browser, ffmpeg, Number(load.toFixed(2)));
  } finally {
    await browser.close();
  }
}

/**
 * Glass to glass: a clock in the published picture against the same clock, read off the frames on the screen of a real
 * browser, through the product from end to end: publisher, media, front door, the learner's page.
 * @param ladder names of the rungs to make, with commas; undefined for all
 */
export async function measureProduct(watching: Watching, ladder?: string): Promise<ProductFigures> {
  const { browser, ffmpeg, say } = watching;
  const installation = await startOwnInstallation(ladder === undefined ? {} : { LADDER: ladder });
  try {
    const plan = { enterprises: 1, peopleEach: 1, attendanceSeconds: 60 };
    const held = await scheduleClass(installation.url, installation.setupCode, plan);
    const publisher = publishClock(held.rtmpUrl, ffmpeg, LINES);
    try {
      await until('the stream is published', () => isPublishing(held));
      await changeState(held, 'live');
      const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 } });
      const entrance = await context.newPage();
      for (const person of held.people) await joinByCode(entrance, installation.url, person);
      await entrance.close();
      say('the class is live');
      const figures = await measure(context, `${installation.url}/learn/${held.sessionId}`, watching);
      const rungs = await rungsOf(context, installation.url, held.sessionId);
      await context.close();
      return { ...figures, rungs };
    } finally {
      await publisher.stop();
    }
  } catch (error) {
    console.error(installation.lastWords());
    throw error;
  } finally {
    await installation.remove();
  }
}

/** The same with nginx-rtmp's HLS, the same publisher and the same hls.js; null where that nginx is not installed. */
export async function measureNginx(watching: Watching): Promise<Figures | null> {
  const { browser, ffmpeg, say } = watching;
  const nginx = await startNginx();
  if (!nginx) return null;
  const publisher = publishClock(nginx.rtmpUrl, ffmpeg, LINES);
  try {
    await until('nginx has a playlist', () => nginx.hasPlaylist());
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    say('nginx-rtmp has a picture');
    const figures = await measure(context, nginx.pageUrl, watching);
    await context.close();
    return figures;
  } finally {
    await publisher.stop();
    await nginx.remove();
  }
}

async function measure(context: BrowserContext, url: string, { watchMs, say }: Watching): Promise<Figures> {
  const openings: Glass[] = [];
  let page: Page | undefined;
  for (let n = 0; n < OPENINGS; n += 1) {
    await page?.close();
    page = await context.newPage();
    await noteGlass(page);
    await page.goto(url);
    openings.push(await firstFrame(page, PATIENCE_MS));
  }
  if (!page) throw new Error('no page was opened');
  await page.waitForTimeout(SETTLE_MS);
  say(`watching for ${watchMs / 1_000} s`);
  const before = await stallsSeen(page);
  const { ages, unreadable } = await readAges(page, watchMs, SAMPLE_MS);
  const stalls = (await stallsSeen(page)) - before;
  await page.close();
  if (unreadable > ages.length / 10) throw new Error(`the clock was unreadable ${unreadable} times`);
  const figures = {
    medianMs: median(ages),
    p95Ms: quantile(ages, 0.95),
    maxMs: Math.max(...ages),
    firstFrameMs: Math.round(median(openings.map((opening) => opening.firstFrameMs))),
    tapToPictureMs: Math.round(median(openings.map((opening) => opening.tapToPictureMs))),
    stalls,
    samples: ages.length,
  };
  // Whatever becomes of the rest.
  say(JSON.stringify(figures));
  return figures;
}

/** Pictures that the class's multivariant playlist offers. */
async function rungsOf(context: BrowserContext, url: string, sessionId: string): Promise<number> {
  const entered = await context.request.post(`${url}/api/v1/sessions/${sessionId}/ticket`, {
    headers: { 'x-anke-client': 'bench' },
    data: { deviceId: randomUUID() },
  });
  const { playbackToken, room } = (await entered.json()) as Admission;
  const answer = await context.request.get(`${url}/media/t/${playbackToken}/${room.prefix}/index.m3u8`);
  return (await answer.text()).match(/RESOLUTION=/g)?.length ?? 0;
}
