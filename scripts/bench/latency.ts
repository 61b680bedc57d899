import type { Measured } from './benchmark.ts';
import { measureNginx, measureProduct, TARGET, withBrowser } from './glass-to-glass.ts';

/** The whole ladder is what viewers see, and is held to its figures for so long without a stall. */
const LONG_MS = 300_000;
const WATCH_MS = 60_000;

/** Glass to glass with the whole ladder, with one rung, and with nginx-rtmp's HLS. */
export function latency(say: (step: string) => void): Promise<Measured> {
  return withBrowser(async (browser, ffmpeg, loadBefore) => {
    const watching = { browser, ffmpeg, say, watchMs: WATCH_MS };
    const product = await measureProduct({ ...watching, watchMs: LONG_MS });
    const oneRung = await measureProduct(watching, '720p');
    const nginx = await measureNginx(watching);
    if (!nginx) say('nginx with its RTMP module is not installed: without the comparison');
    return {
      rows: {
        '安课，三档': { ...product },
        '安课，一档': { ...oneRung },
        ...(nginx && { 'nginx-rtmp HLS': { ...nginx } }),
        'held to': TARGET,
      },
      figures: { bench: 'latency', product, oneRung, nginx, target: TARGET, loadBefore },
    };
  });
}
