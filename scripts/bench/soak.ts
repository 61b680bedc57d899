import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFfmpeg } from '#media/ffmpeg.ts';
import { SOUND } from '#media/ladder.ts';
import { createLogger } from '#media/logger.ts';
import {
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  playbackToken,
  playbackUrl,
  startHookEndpoint,
  startMediaProcess,
} from '#tests/support/media-run.ts';
import { median, quantile } from '../outside/quantile.ts';
import { until } from '../outside/until.ts';
import type { Measured } from './benchmark.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 120);
const SAMPLE_MS = 5_000;
/** The first minutes fill windows and caches. */
const WARM_MINUTES = Math.min(5, MINUTES / 4);
const FLASH_EVERY_S = 10;
const FLASH_S = 0.5;
const TARGET = { soundOffMs: 40, driftMs: 50 };

interface Sample {
  minute: number;
  rssMb: number;
  /** Of the newest frame behind the wall clock, ms. */
  lagMs: number;
}

/**
 * A long class with the whole ladder: memory, sound against picture, PROGRAM-DATE-TIME against the wall clock. The picture is
 * black and flashes every ten seconds, at the moment of a tone; both are found again in the recording.
 */
export async function soak(say: (step: string) => void): Promise<Measured> {
  const ffmpeg = (await findFfmpeg(process.env.FFMPEG_PATH, createLogger('warn'))).path;
  const [loadBefore = 0] = os.loadavg();
  const dataDir = makeDataFolder();
  const app = await startHookEndpoint();
  const media = await startMediaProcess(dataDir, app.url);
  try {
    const { broadcast, samples, viewers, rungs } = await holdClass(ffmpeg, app, media, say);
    await media.control('end', { broadcastId: broadcast.id });
    await until('the recording is closed', async () => app.events.some(({ type }) => type === 'broadcast-ended'));
    say('looking for flashes and tones in the recording');
    const offsets = await soundOffsets(ffmpeg, path.join(dataDir, 'recordings', broadcast.id));
    const warm = samples.filter(({ minute }) => minute >= WARM_MINUTES);
    const third = Math.max(1, Math.floor(warm.length / 3));
    const [early, late] = [warm.slice(0, third), warm.slice(-third)];
    const least = (of: Sample[]) => Math.min(...of.map(({ lagMs }) => lagMs));
    const mean = (of: Sample[]) => of.reduce((sum, { rssMb }) => sum + rssMb, 0) / of.length;
    const discontinuities = (await playlistOf(dataDir, broadcast.id)).match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0;
    const product = {
      minutes: MINUTES,
      rungs: rungs.length,
      flashes: offsets.length,
      soundOffMaxMs: Math.max(...offsets.map(Math.abs)),
      soundOffDriftMs: Math.round(median(offsets.slice(-10)) - median(offsets.slice(0, 10))),
      driftMs: least(late) - least(early),
      lagP95Ms: quantile(
        warm.map(({ lagMs }) => lagMs),
        0.95,
      ),
      rssEarlyMb: Math.round(mean(early)),
      rssLateMb: Math.round(mean(late)),
      rssMaxMb: Math.round(Math.max(...warm.map(({ rssMb }) => rssMb))),
      discontinuities,
      viewerErrors: viewers.errors,
    };
    return { rows: { 安课: product }, figures: { bench: 'soak', product, target: TARGET, loadBefore } };
  } finally {
    await media.stop();
    await app.close();
    fs.rmSync(dataDir, { recursive: true });
  }
}

async function holdClass(ffmpeg: string, app: HookEndpoint, media: MediaRun, say: (step: string) => void) {
  const broadcast = makeBroadcast();
  app.keys.set('soak', broadcast);
  const on = `lt(mod(t,${FLASH_EVERY_S}),${FLASH_S})`;
  const picture = `color=c=black:s=1280x720:r=30,drawbox=x=0:y=0:w=iw:h=ih:color=white:t=fill:enable='${on}'`;
  const sound = `aevalsrc='if(${on},0.5*sin(2*PI*880*t),0)':s=48000`;
  const publisher = spawn(
    ffmpeg,
    [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', picture],
      ...['-re', '-f', 'lavfi', '-i', sound, '-t', String(MINUTES * 60)],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-b:v', '1500k'],
      ...['-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-c:a', 'aac', '-b:a', '96k'],
      ...['-f', 'flv', media.rtmpUrl('soak')],
    ],
    { stdio: 'ignore' },
  );
  const left = once(publisher, 'exit');
  await until('the stream is published', async () => (await media.status(broadcast))?.publishing === true);
  const viewers = { errors: 0, stopped: false };
  const rungs = (await media.status(broadcast))?.rungs.map(({ name }) => name) ?? [];
  const watching = [...rungs, SOUND].map((name) => watch(media, broadcast, name, viewers));
  const samples: Sample[] = [];
  const startedAt = Date.now();
  while (publisher.exitCode === null && publisher.signalCode === null) {
    await Promise.race([delay(SAMPLE_MS), left]);
    const status = await media.status(broadcast);
    if (!status?.publishing || status.lagMs === null) continue;
    const minute = (Date.now() - startedAt) / 60_000;
    samples.push({ minute, rssMb: rssOf(media.child.pid ?? 0), lagMs: status.lagMs });
    if (samples.length % 60 === 0) say(`${minute.toFixed(0)} min: ${JSON.stringify(samples.at(-1))}`);
  }
  viewers.stopped = true;
  await Promise.all(watching);
  return { broadcast, samples, viewers, rungs };
}

/** Reads a rendition as a player does, so that waiters and windows are used. */
async function watch(
  media: MediaRun,
  broadcast: Parameters<typeof playbackUrl>[1],
  name: string,
  state: { errors: number; stopped: boolean },
): Promise<void> {
  let token = playbackToken(broadcast);
  let tokenAt = Date.now();
  const get = async (file: string) => {
    if (Date.now() - tokenAt > 300_000) {
      token = playbackToken(broadcast);
      tokenAt = Date.now();
    }
    return fetch(playbackUrl(media, broadcast, file, token));
  };
  let next = '';
  while (!state.stopped) {
    const answer = await get(`${name}/live.m3u8${next}`).catch(() => null);
    if (!answer?.ok) {
      state.errors += 1;
      await delay(1_000);
      continue;
    }
    const text = await answer.text();
    const [, msn, part] = /PRELOAD-HINT:TYPE=PART,URI="part-(\d+)\.(\d+)/.exec(text) ?? [];
    next = `?_HLS_msn=${msn}&_HLS_part=${part}`;
    const newest = [...text.matchAll(/URI="(part-[\d.]+m4s)"/g)].at(-2)?.[1];
    if (newest) await (await get(`${name}/${newest}`)).arrayBuffer();
  }
}

/**
 * How much later each tone begins than its flash, ms, on the clock that a player has of both. Of a class without a discontinuity:
 * each encoder run has a clock of its own.
 */
async function soundOffsets(ffmpeg: string, recording: string): Promise<number[]> {
  const [flashes, tones] = await Promise.all([
    timesOf(ffmpeg, path.join(recording, '360p'), ['-vf', 'blackdetect=d=0.2:pix_th=0.5'], /black_end:([\d.]+)/g),
    timesOf(ffmpeg, path.join(recording, SOUND), ['-af', 'silencedetect=n=-30dB:d=0.2'], /silence_end: ([\d.]+)/g),
  ]);
  return flashes.flatMap((flash) => {
    const nearest = tones.reduce((best, tone) => (Math.abs(tone - flash) < Math.abs(best - flash) ? tone : best), -100);
    return Math.abs(nearest - flash) < FLASH_EVERY_S / 2 ? [Math.round((nearest - flash) * 1_000)] : [];
  });
}

/** Times in seconds that a filter finds in a rendition of a recording. */
async function timesOf(ffmpeg: string, folder: string, filter: string[], found: RegExp): Promise<number[]> {
  const input = `concat:${path.join(folder, 'init-1.mp4')}|${path.join(folder, 'media.m4s')}`;
  const args = ['-hide_banner', '-nostdin', '-copyts', '-i', input, ...filter, '-f', 'null', '-'];
  const { stderr } = await promisify(execFile)(ffmpeg, args, { maxBuffer: 256 * 1_024 * 1_024 });
  // The last is the end of the file.
  return [...stderr.matchAll(found)].map(([, at]) => Number(at)).slice(0, -1);
}

function playlistOf(dataDir: string, broadcastId: string): Promise<string> {
  return fs.promises.readFile(path.join(dataDir, 'recordings', broadcastId, SOUND, 'index.m3u8'), 'utf8');
}

function rssOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
