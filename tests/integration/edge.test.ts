import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StatusResponse } from '#contract/media.ts';
import { type EdgeNginx, startEdgeNginx } from '#scripts/outside/nginx.ts';
import { type CountingProxy, startCountingProxy } from '#tests/support/counting-proxy.ts';
import {
  type EdgeRun,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  playbackToken,
  playbackUrl,
  startEdgeProcess,
  startHookEndpoint,
  startMediaProcess,
  until,
} from '#tests/support/media-run.ts';
import { type Publisher, publishTestSignal } from '#tests/support/publish.ts';
import { storedOffset, uploadPiece, uploadToken } from '#tests/support/videos.ts';

const broadcast = makeBroadcast();
let dataDir: string;
let app: HookEndpoint;
let media: MediaRun;
let origin: CountingProxy;
let edge: EdgeRun;
let nginx: EdgeNginx | null;
let publisher: Publisher;

beforeAll(async () => {
  dataDir = makeDataFolder();
  app = await startHookEndpoint();
  app.keys.set('good', broadcast);
  media = await startMediaProcess(dataDir, app.url);
  origin = await startCountingProxy(media.url);
  const store = path.join(dataDir, 'store');
  edge = await startEdgeProcess(dataDir, origin.url, { EDGE_STORE: store });
  nginx = await startEdgeNginx({ edgeUrl: edge.url, store, appUrl: media.url });
  publisher = publishTestSignal(media.rtmpUrl('good'), { fps: 30 });
  await until(async () => (await fetch(playbackUrl(media, broadcast, '360p/seg-1.m4s'))).ok);
});

afterAll(async () => {
  await publisher.stop();
  await nginx?.remove();
  await edge.stop();
  await origin.close();
  await media.stop();
  await app.close();
  fs.rmSync(dataDir, { recursive: true });
});

beforeEach(() => origin.counts.clear());

function partAfter(playlist: string): { msn: number; index: number } {
  const [, msn, index] = /PRELOAD-HINT:TYPE=PART,URI="part-(\d+)\.(\d+)\.m4s"/.exec(playlist) ?? [];
  return { msn: Number(msn), index: Number(index) };
}

async function textOf(address: string): Promise<string> {
  const answer = await fetch(address);
  expect([address.slice(-60), answer.status]).toEqual([address.slice(-60), 200]);
  return answer.text();
}

/** Follows a rendition as a player does, by blocking reloads, until it has so many parts, and returns what it got of each. */
async function watch(url: string, parts: number): Promise<Map<string, string>> {
  const token = playbackToken(broadcast);
  const address = (file: string) => playbackUrl({ url }, broadcast, `360p/${file}`, token);
  const got = new Map<string, string>();
  let next = partAfter(await textOf(address('live.m3u8')));
  for (let round = 0; got.size < parts; round += 1) {
    const query = `?_HLS_msn=${next.msn}&_HLS_part=${next.index}${round % 2 ? '&_HLS_skip=YES' : ''}`;
    const playlist = await textOf(address(`live.m3u8${query}`));
    const name = `part-${next.msn}.${next.index}.m4s`;
    next = partAfter(playlist);
    // Not there within the origin's patience, or listed no more: a player, too, goes on from the newest.
    if (!playlist.split('\n').some((line) => line.startsWith('#EXT-X-PART:') && line.includes(`URI="${name}"`)))
      continue;
    const part = await fetch(address(name));
    expect(part.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    got.set(name, Buffer.from(await part.arrayBuffer()).toString('base64'));
  }
  return got;
}

const fronts: [string, () => string | undefined][] = [
  ['the edge', () => edge.url],
  ['nginx before the edge', () => nginx?.url],
];

describe.each(fronts)('%s', (_, where) => {
  const url = () => where() ?? '';

  beforeEach((context) => {
    if (where() !== undefined) return;
    console.warn('nginx is not installed and cannot be: its configuration is not tested');
    context.skip();
  });

  it('asks once for a hundred viewers that wait, and gives all of them the same bytes', async () => {
    const watched = await Promise.all(Array.from({ length: 100 }, () => watch(url(), 6)));
    const all = new Map(watched.flatMap((got) => [...got]));
    for (const got of watched) for (const [part, bytes] of got) expect(bytes === all.get(part), part).toBe(true);
    let compared = 0;
    for (const [part, bytes] of all) {
      const direct = await fetch(playbackUrl(media, broadcast, `360p/${part}`));
      const body = Buffer.from(await direct.arrayBuffer());
      // The oldest has left it when this machine is slow.
      if (direct.status === 404) continue;
      expect(body.toString('base64') === bytes, part).toBe(true);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(0);
    const asked = [...origin.counts].filter(([address]) => address.startsWith('360p/'));
    const parts = asked.filter(([address]) => address.includes('part-'));
    expect(parts.every(([, times]) => times === 1)).toBe(true);
    // Those that nobody waited to see are fetched with their playlists.
    expect(parts.map(([address]) => address)).toEqual(
      expect.arrayContaining([...all.keys()].map((name) => `360p/${name}`)),
    );
    // Each state of the playlist, whole and as an update, and some of those who came late to one.
    const playlists = asked.filter(([address]) => address.includes('.m3u8')).reduce((sum, [, times]) => sum + times, 0);
    expect(playlists).toBeLessThan(5 * all.size + 10);
  });

  it('has the part that comes next as soon as it is there', async () => {
    const token = playbackToken(broadcast);
    const address = (file: string) => playbackUrl({ url: url() }, broadcast, `sound/${file}`, token);
    const next = partAfter(await textOf(address('live.m3u8')));
    const hinted = address(`part-${next.msn}.${next.index}.m4s`);
    const answers = await Promise.all([1, 2, 3].map(() => fetch(hinted)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('refuses wrong tokens, other prefixes and nobody’s address', async () => {
    const status = async (token: string) => {
      const answer = await fetch(playbackUrl({ url: url() }, broadcast, '360p/init-1.mp4', token));
      return [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')];
    };
    const now = Math.floor(Date.now() / 1_000);
    const good = playbackToken(broadcast);
    expect((await status(good))[0]).toBe(200);
    const refused = (code: number) => [code, 'application/problem+json', 'no-store'];
    expect(await status(playbackToken(broadcast, { exp: now - 1 }))).toEqual(refused(401));
    expect(await status(playbackToken(broadcast, {}, 'x'.repeat(64)))).toEqual(refused(401));
    expect(await status(playbackToken(makeBroadcast()))).toEqual(refused(403));
    expect((await fetch(`${url()}/media/${broadcast.prefix}/360p/init-1.mp4`)).status).toBe(401);
    const cookie = { cookie: `other=1; anke_play=${good}` };
    expect((await fetch(`${url()}/media/${broadcast.prefix}/360p/init-1.mp4`, { headers: cookie })).status).toBe(200);
    const elsewhere = await fetch(playbackUrl({ url: url() }, makeBroadcast(), 'index.m3u8'));
    expect(elsewhere.status).toBe(404);
  });

  it('stops who was sent out, also from what it keeps', async () => {
    const personId = randomUUID();
    const token = playbackToken(broadcast, { sub: personId, iat: Math.floor(Date.now() / 1_000) - 5 });
    const address = playbackUrl({ url: url() }, broadcast, '360p/init-1.mp4', token);
    expect((await fetch(address)).status).toBe(200);
    const issuedBefore = Math.floor(Date.now() / 1_000);
    expect((await media.control('deny', { personIds: [personId], issuedBefore })).status).toBe(204);
    // Whatever others ask for meanwhile.
    const nobodys = playbackUrl({ url: url() }, broadcast, `${'a'.repeat(16)}/seg-1.m4s`);
    const tooLong = playbackUrl({ url: url() }, broadcast, `${'a'.repeat(21)}/seg-1.m4s`);
    await until(async () => {
      expect([(await fetch(nobodys)).status, (await fetch(tooLong)).status]).toEqual([404, 404]);
      return (await fetch(address)).status === 401;
    });
    expect((await fetch(playbackUrl({ url: url() }, broadcast, '360p/init-1.mp4'))).status).toBe(200);
  });

  it('keeps what is numbered, and tells caches which answers change', async () => {
    const head = async (file: string, init?: RequestInit) => {
      const answer = await fetch(playbackUrl({ url: url() }, broadcast, file), init);
      await answer.arrayBuffer();
      return answer;
    };
    const whole = await head('360p/seg-1.m4s');
    const size = Number(whole.headers.get('content-length'));
    expect(whole.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(whole.headers.get('access-control-allow-origin')).toBe('*');
    await head('360p/seg-1.m4s');
    expect(origin.counts.get('360p/seg-1.m4s') ?? 0).toBeLessThan(2);
    const some = await head('360p/seg-1.m4s', { headers: { range: 'bytes=10-19' } });
    expect([some.status, some.headers.get('content-range')]).toEqual([206, `bytes 10-19/${size}`]);
    const none = await head('360p/seg-1.m4s', { method: 'HEAD' });
    expect([none.status, Number(none.headers.get('content-length'))]).toEqual([200, size]);
    expect((await head('360p/seg-1.m4s', { method: 'POST' })).status).toBe(405);
    for (const file of ['index.m3u8', '360p/live.m3u8'])
      expect((await head(file)).headers.get('cache-control')).toBe('no-cache');
    for (const file of ['360p/seg-99999.m4s', '360p/nothing.m4s', '9p/seg-1.m4s']) {
      const missing = await head(file);
      expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, 'no-store']);
    }
    expect((await head('360p/live.m3u8?_HLS_msn=999999')).status).toBe(400);
    expect((await head('360p/live.m3u8?_HLS_msn=1e3')).status).toBe(400);
  });

  it('is not led elsewhere by an address', async () => {
    const token = playbackToken(broadcast);
    const tricks = [
      `/media/t/${token}/${broadcast.prefix}/360p/../../../../control/status`,
      `/media/t/${token}/${broadcast.prefix}/%2e%2e/%2e%2e/control/status`,
      `/media/t/${token}/${broadcast.prefix}/360p/..%2f..%2fcontrol%2fedge`,
      `/media/t/${token}/${broadcast.prefix}/360p/seg-1.m4s%00.mp4`,
      `/media/t/${token}/${broadcast.prefix}//360p/%0d%0aX: y/seg-1.m4s`,
      `/anke-check`,
      `/control/status`,
      `/media/t/${token}/../../control/edge`,
    ];
    for (const path of tricks) {
      const answer = await raw(url(), `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect([path.slice(-40), answer.slice(0, 10)]).toEqual([path.slice(-40), expect.stringMatching(/^HTTP\/1.1 4/)]);
    }
    expect(media.child.exitCode).toBeNull();
  });

  it('shows its viewers to the media process', async () => {
    await until(async () => {
      await fetch(playbackUrl({ url: url() }, broadcast, '360p/live.m3u8'));
      const { broadcasts } = StatusResponse.parse(await (await media.control('status', {})).json());
      const status = broadcasts.find(({ broadcastId }) => broadcastId === broadcast.id);
      return (status?.readers ?? 0) > 5 && (status?.rungs[0]?.readers ?? 0) > 5;
    });
  });
});

const listening: typeof fronts = [['the media process', () => media.url], ...fronts];

describe.each(listening)('%s, whatever it is asked,', (_, where) => {
  beforeEach((context) => {
    if (where() === undefined) context.skip();
  });

  it('answers any address with a refusal, or with what its token opens, and stays up', async () => {
    const url = where() ?? '';
    const token = playbackToken(broadcast);
    const pieces = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('media', 't', token, broadcast.prefix, '360p', 'live.m3u8', 'seg-1.m4s'),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom('..', '.', '', '%2e%2e', '%2f', '%00', '%0d%0a', 'control', 'edge', 'check'),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(encodeURI) },
    );
    const query = fc.constantFrom(
      '',
      '?',
      '?_HLS_msn=',
      '?_HLS_part=0',
      '?_HLS_msn=1&_HLS_part=0',
      '?a=%',
      '?_HLS_skip',
    );
    const paths = fc
      .tuple(fc.boolean(), fc.array(pieces, { maxLength: 7 }), query)
      .map(
        ([usual, tail, search]) =>
          `${usual ? `/media/t/${token}/${broadcast.prefix}/` : '/'}${tail.join('/')}${search}`,
      );
    await fc.assert(
      fc.asyncProperty(paths, async (path) => {
        const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        const status = Number(answer.slice(9, 12));
        expect(status === 200 || (status >= 400 && status < 500), `${status} for ${path}`).toBe(true);
        if (status === 200) expect(path).toContain(`${token}/${broadcast.prefix}`);
      }),
      { numRuns: 150 },
    );
    expect((await fetch(playbackUrl({ url }, broadcast, '360p/live.m3u8'))).status).toBe(200);
  });
});

describe('nginx before the edge', () => {
  const url = () => nginx?.url ?? '';
  const reload = ({ msn, index }: { msn: number; index: number }) =>
    `360p/live.m3u8?_HLS_msn=${msn}&_HLS_part=${index}`;
  const at = (file: string, token: string) => playbackUrl({ url: url() }, broadcast, file, token);

  beforeEach((context) => {
    if (!nginx) context.skip();
  });

  it('gives a part from a file as soon as a playlist lists it', async () => {
    const token = playbackToken(broadcast);
    const asked = new Set<string>();
    // On a slow machine a playlist may list two that are new, of which the last lies there.
    await until(async () => {
      const next = partAfter(await textOf(at('360p/live.m3u8', token)));
      const playlist = await textOf(at(reload(next), token));
      const name = [...playlist.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"/gm)].at(-1)?.[1] ?? '';
      if (asked.has(name)) return false;
      asked.add(name);
      return (await fetch(at(`360p/${name}`, token))).headers.get('x-cache') === 'HIT';
    });
    const files = fs.readdirSync(path.join(dataDir, 'store'));
    expect(files).toContainEqual(expect.stringMatching(`^${broadcast.prefix}\\.360p\\.part-\\d+\\.\\d\\.m4s$`));
  });

  it('answers those who wait when the one who asked for them has left, or has been sent out', async () => {
    const personId = randomUUID();
    const iat = Math.floor(Date.now() / 1_000) - 5;
    const [outcast, other] = [playbackToken(broadcast, { sub: personId, iat }), playbackToken(broadcast)];
    for (const token of [outcast, other]) await textOf(at('360p/live.m3u8', token));
    const ahead = async () => {
      const next = partAfter(await textOf(at('360p/live.m3u8', other)));
      // Two parts on, so that all are there before it comes.
      return reload({ msn: next.msn + 1, index: 1 });
    };
    const left = new AbortController();
    const one = await ahead();
    const gone = fetch(at(one, outcast), { signal: left.signal }).catch(() => undefined);
    await until(() => [...origin.counts.keys()].some((address) => address.includes(one.split('?')[1] ?? '')));
    const stays = fetch(at(one, other));
    left.abort();
    await gone;
    expect((await stays).status).toBe(200);
    expect(partAfter(await (await fetch(at(one, other))).text()).msn).toBeGreaterThan(0);

    await textOf(at('360p/live.m3u8', outcast));
    expect((await media.control('deny', { personIds: [personId], issuedBefore: iat + 5 })).status).toBe(204);
    await until(async () => (await fetch(playbackUrl(edge, broadcast, '360p/init-1.mp4', outcast))).status === 401);
    const two = await ahead();
    const answers = await Promise.all([outcast, other, other, other].map((token) => fetch(at(two, token))));
    expect(answers.map(({ status }) => status)).toEqual([401, 200, 200, 200]);
  });

  it('keeps no token beyond its end', async () => {
    // What is asked while it is good is kept; a slow machine may be too late for one that is good for two seconds.
    const [address, exp] = await until(async () => {
      const end = Math.floor(Date.now() / 1_000) + 2;
      const made = at('360p/init-1.mp4', playbackToken(broadcast, { exp: end }));
      return (await fetch(made)).status === 200 && ([made, end] as const);
    });
    await until(async () => {
      const asked = Date.now();
      const { status } = await fetch(address);
      // nginx's own clock is a moment behind.
      if (asked > (exp + 1) * 1_000) expect(status).toBe(401);
      return status === 401;
    });
  });

  it('passes an upload on as it comes, and goes on with a broken one', async () => {
    const videoId = randomUUID();
    // More than nginx takes of other requests.
    const bytes = Buffer.alloc(30_000_000, 7);
    const sent = 2_000_000;
    expect((await media.control('videos/expect', { videoId, bytes: bytes.length })).ok).toBe(true);
    const { hostname, port } = new URL(url());
    const broken = net.connect(Number(port), hostname);
    broken.write(
      `PATCH /uploads/${videoId} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${uploadToken(videoId)}\r\n` +
        `Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: ${bytes.length}\r\n\r\n`,
    );
    broken.write(bytes.subarray(0, sent));
    // Media has them before the request is whole.
    const stored = () => storedOffset({ url: media.url }, videoId);
    await until(async () => (await stored()) > 0);
    broken.destroy();
    const offset = await until(async () => {
      const before = await storedOffset({ url: url() }, videoId);
      const rest = await uploadPiece({ url: url() }, videoId, before, bytes.subarray(before));
      return rest.status === 204 && before;
    });
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(sent);
    expect(await stored()).toBe(bytes.length);
  });

  it('takes no directive that the edge would not', async () => {
    const token = playbackToken(broadcast);
    const next = partAfter(await textOf(at('360p/live.m3u8', token)));
    const wanted = `_HLS_msn=${next.msn + 1}&_HLS_part=0`;
    // Written otherwise it is asked as it is kept: it waits as well.
    const [odd, plain] = await Promise.all(
      [wanted.toLowerCase(), wanted].map((query) => textOf(at(`360p/live.m3u8?${query}`, token))),
    );
    expect(odd).toBe(plain);
  });
});

describe('an edge without its origin', () => {
  it('says so, keeps no error, and goes on when it is back', async () => {
    const address = playbackUrl(edge, broadcast, '360p/live.m3u8?_HLS_msn=0');
    const fresh = playbackUrl(edge, broadcast, '360p/part-99999.0.m4s');
    origin.away = true;
    const away = await fetch(fresh);
    expect(away.status).toBe(502);
    expect(await away.json()).toMatchObject({ code: 'origin-unavailable' });
    origin.away = false;
    expect((await fetch(fresh)).status).toBe(404);
    expect((await fetch(address)).status).toBe(200);
  });
});

describe('an edge near what its line carries', () => {
  it('offers new viewers less, a shared screen everything, and goes on serving whoever is there', async () => {
    const narrow = await startEdgeProcess(dataDir, media.url, { MAX_EGRESS: '1' });
    try {
      const there = playbackToken(broadcast);
      let loads = true;
      const segment = playbackUrl(narrow, broadcast, '360p/seg-1.m4s', there);
      const watching = (async () => {
        for (; loads; await delay(20)) await (await fetch(segment)).arrayBuffer();
      })();
      const offered = async (claims: object) =>
        (await textOf(playbackUrl(narrow, broadcast, 'index.m3u8', playbackToken(broadcast, { ...claims }))))
          .split('\n')
          .filter((line) => line.endsWith('.m3u8'));
      await until(async () => (await offered({})).join() === 'sound/live.m3u8').finally(() => {
        loads = false;
      });
      await watching;
      expect(await offered({ scr: true })).toEqual(['360p/live.m3u8', 'sound/live.m3u8']);
      expect((await fetch(playbackUrl(narrow, broadcast, '360p/live.m3u8', there))).status).toBe(200);
      const used = async () => {
        const { egress } = StatusResponse.parse(await (await media.control('status', {})).json());
        return egress.used > 1 && egress;
      };
      // The whole has no cap: the media process itself and the other edge have none.
      expect(await until(used)).toMatchObject({ cap: null });
    } finally {
      await narrow.stop();
    }
  });
});

/** Bytes as they are to a server, and what it says until it closes. */
async function raw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.write(request);
  await once(socket, 'close');
  return answer;
}
