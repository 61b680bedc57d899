import type { Measured } from './benchmark.ts';
import { measureNginx, measureProduct, TARGET, withBrowser } from './glass-to-glass.ts';

const WATCH_MS = 300_000;
const NGINX_WATCH_MS = 60_000;

/** Glass to glass with the whole ladder over five minutes, beside nginx-rtmp's HLS. */
export function ladder(say: (step: string) => void): Promise<Measured> {
  const heldTo = { ...TARGET, stalls: 0 };
  return withBrowser(async (browser, ffmpeg, loadBefore) => {
    const product = await measureProduct({ browser, ffmpeg, say, watchMs: WATCH_MS });
    // Five minutes are not to be lost with what they are compared with.
    const nginx = await measureNginx({ browser, ffmpeg, say, watchMs: NGINX_WATCH_MS }).catch((error: unknown) => {
      say(`nginx-rtmp could not be measured: ${error}`);
      return null;
    });
    if (!nginx) say('without the comparison: is nginx with its RTMP module installed?');
    return {
      rows: {
        '安课，三档，5 分钟': { ...product },
        ...(nginx && { 'nginx-rtmp HLS': { ...nginx } }),
        'held to': heldTo,
      },
      figures: { bench: 'ladder', product, nginx, target: heldTo, loadBefore },
    };
  });
}
