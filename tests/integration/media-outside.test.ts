import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broadcast, MediaEvent } from '#contract/media.ts';
import { OutsideLook } from '#contract/outside.ts';
import {
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  startMediaProcess,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { type OutsideStream, startOutsideStream } from '#tests/support/outside-stream.ts';

/* Somebody else's stream, looked after by the real media process. */

const ORIGIN = 'https://anke.example.gov.cn';
const HTTP_ORIGIN = 'http://anke.example.gov.cn';

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
});
afterAll(() => endOwnMedia({ dataDir, app, media }));

function eventsOf({ id }: Broadcast): MediaEvent[] {
  return app.events.filter((event) => event.broadcastId === id);
}

const typesOf = (broadcast: Broadcast) => eventsOf(broadcast).map(({ type }) => type);
const untilLast = (broadcast: Broadcast, type: MediaEvent['type']) => until(() => typesOf(broadcast).at(-1) === type);

function watch(broadcast: Broadcast, stream: OutsideStream, started = false): Promise<Response> {
  return media.control('watch', { broadcast, url: stream.url, started, origin: null });
}

async function look(url: string, origin: string | null = ORIGIN): Promise<OutsideLook> {
  const answer = await media.control('look', { url, origin });
  expect(answer.status).toBe(200);
  return OutsideLook.parse(await answer.json());
}

describe('a stream with dates', () => {
  let stream: OutsideStream;
  beforeAll(async () => {
    stream = await startOutsideStream();
    stream.publish();
  });
  afterAll(() => stream?.close());

  it('is seen to be on, lost, on again and ended, also by a media process that was killed meanwhile', async () => {
    const broadcast = makeBroadcast();
    expect((await watch(broadcast, stream)).status).toBe(204);
    await untilLast(broadcast, 'broadcast-started');
    const [seen, connected, started] = eventsOf(broadcast);
    expect(seen).toMatchObject({ type: 'outside-seen', offsetMs: 0, origins: [stream.origin] });
    expect(connected).toMatchObject({
      type: 'publisher-connected',
      source: { videoCodec: 'h264', audioCodec: 'aac', width: 320, height: 180 },
    });
    if (started?.type !== 'broadcast-started') throw new Error('not started');
    expect(Math.abs(started.at - started.firstPdt)).toBeLessThan(15_000);
    const status = await media.status(broadcast);
    expect(status).toMatchObject({ publishing: true, recording: 'none', publishers: [], outside: { state: 'on' } });
    expect(status?.outside?.variants).toMatchObject([{ height: 180 }]);

    await stream.lose();
    await untilLast(broadcast, 'publisher-lost');
    expect((await media.status(broadcast))?.outside).toMatchObject({
      state: 'lost',
      problem: { code: 'stands-still' },
    });
    stream.publish();
    await untilLast(broadcast, 'publisher-connected');

    await media.kill();
    media = await startMediaProcess(dataDir, app.url);
    expect(await media.status(broadcast)).toBeUndefined();
    // As the app says it again; what has started has not started again.
    await watch(broadcast, stream, true);
    await until(async () => (await media.status(broadcast))?.publishing);
    await media.control('end', { broadcastId: broadcast.id });
    await media.control('end', { broadcastId: broadcast.id });
    await untilLast(broadcast, 'broadcast-ended');
    expect(eventsOf(broadcast).at(-1)).toMatchObject({ path: null, bytes: 0 });
    expect(typesOf(broadcast).filter((type) => type === 'broadcast-started')).toHaveLength(1);
    expect(typesOf(broadcast).filter((type) => type === 'broadcast-ended')).toHaveLength(1);
  });

  it('is looked at: what it has, and that pages may not read it', async () => {
    await until(async () => (await look(stream.url, HTTP_ORIGIN)).problems.length === 0);
    expect(await look(stream.url)).toMatchObject({ variants: [{ width: 320, height: 180 }], segmentMs: 1_000 });
    stream.shared = false;
    expect((await look(stream.url)).problems).toEqual([{ code: 'no-cors' }, { code: 'insecure' }]);
    stream.shared = true;
    expect((await look(stream.url, null)).problems).toEqual([]);
  });
});

it('a stream without dates is on, on an estimated clock', async () => {
  const stream = await startOutsideStream({ dates: false });
  stream.publish();
  const broadcast = makeBroadcast();
  await watch(broadcast, stream);
  await untilLast(broadcast, 'broadcast-started');
  const [seen, , started] = eventsOf(broadcast);
  expect(seen).toMatchObject({ type: 'outside-seen', offsetMs: null });
  if (started?.type !== 'broadcast-started') throw new Error('not started');
  expect(Math.abs(started.at - started.firstPdt)).toBeLessThan(15_000);
  expect((await look(stream.url)).problems).toContainEqual({ code: 'no-dates' });
  await media.control('end', { broadcastId: broadcast.id });
  await stream.close();
});

describe('of what is no stream', () => {
  const MASTER = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="hvc1.1.6.L93.B0,mp4a.40.2"\na.m3u8\n';
  const OVER = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n';
  const OFF = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PROGRAM-DATE-TIME:${new Date(Date.now() - 600_000).toISOString()}\n#EXTINF:2,\na.ts\n`;
  let server: http.Server;
  let base: string;
  /** Bodies that were still being sent when their reader left. */
  let cut = 0;

  beforeAll(async () => {
    const texts: Record<string, string> = {
      '/page.m3u8': '<html></html>',
      '/hevc.m3u8': MASTER,
      '/over.m3u8': OVER,
      '/off.m3u8': OFF,
      '/empty.m3u8': '#EXTM3U\n#EXT-X-TARGETDURATION:2\n',
      '/nested.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nnested.m3u8\n',
      '/file.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n',
    };
    const redirects: Record<string, string> = {
      '/round.m3u8': '/round.m3u8',
      '/away.m3u8': 'file:///etc/passwd',
      '/led.m3u8': '/off.m3u8',
    };
    server = http.createServer((req, res) => {
      const { pathname } = new URL(req.url ?? '/', 'http://x');
      const headers = { 'access-control-allow-origin': ORIGIN };
      if (pathname in redirects) return res.writeHead(302, { ...headers, location: redirects[pathname] }).end();
      if (pathname in texts) return res.writeHead(200, headers).end(texts[pathname]);
      if (pathname === '/endless.m3u8') {
        res.writeHead(200, headers);
        const more = () => {
          while (!res.destroyed && res.write('#EXTINF:2,\n'.repeat(10_000)));
        };
        res.on('drain', more);
        res.on('close', () => {
          cut += 1;
        });
        return more();
      }
      // Neither an answer nor an end.
      if (pathname === '/silent.m3u8') return;
      res.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const cases: [string, OutsideLook['problems'][number]['code']][] = [
    ['/page.m3u8', 'not-hls'],
    ['/hevc.m3u8', 'no-codec'],
    ['/over.m3u8', 'not-live'],
    ['/empty.m3u8', 'no-segments'],
    ['/nested.m3u8', 'not-hls'],
    ['/file.m3u8', 'not-hls'],
    ['/round.m3u8', 'redirects'],
    ['/away.m3u8', 'redirects'],
    ['/missing.m3u8', 'status'],
    ['/endless.m3u8', 'too-large'],
    ['/silent.m3u8', 'unreachable'],
  ];
  it.each(cases)('%s it says %s', async (path, code) => {
    expect((await look(base + path)).problems).toMatchObject([{ code }]);
    if (path === '/endless.m3u8') await until(() => cut === 1);
  });

  it('a port where nobody is, and dates that are ten minutes off behind a redirect', async () => {
    expect((await look('http://127.0.0.1:9/a.m3u8')).problems).toEqual([{ code: 'unreachable' }]);
    const { problems } = await look(`${base}/led.m3u8`, ORIGIN);
    expect(problems.map(({ code }) => code)).toEqual(['insecure', 'wrong-dates']);
    const other = await look(`${base}/led.m3u8`, HTTP_ORIGIN);
    expect(other.problems.map(({ code }) => code)).toEqual(['no-cors', 'wrong-dates']);
  });

  it('nothing is reported of it, and what is no address is refused', async () => {
    const broadcast = makeBroadcast();
    const request = { broadcast, started: false, origin: null };
    expect((await media.control('watch', { ...request, url: `${base}/off.m3u8` })).status).toBe(204);
    await until(async () => (await media.status(broadcast))?.outside?.problem?.code === 'stands-still');
    expect(eventsOf(broadcast)).toEqual([]);
    await media.control('end', { broadcastId: broadcast.id });
    for (const url of ['file:///etc/passwd', 'http://a:b@127.0.0.1/a.m3u8', 'http://127.0.0.1/', "http://a'b/a.m3u8"]) {
      expect((await media.control('watch', { ...request, url })).status, url).toBe(400);
    }
  });
});
