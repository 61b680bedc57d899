import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Fragment, M3U8Parser } from 'hls.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FilmStatus } from '#contract/media.ts';
import { RecordingPictures } from '#contract/pictures.ts';
import { startEdgeNginx } from '#scripts/outside/nginx.ts';
import { probe } from '#tests/support/media.ts';
import {
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
import { leaveRecording } from '#tests/support/recordings.ts';

/* A class that has run for longer than what is kept in memory, its media process killed; then its end. */

const SEGMENTS = 40;
const broadcast = makeBroadcast();
const dataDir = makeDataFolder();
let app: HookEndpoint;
let media: MediaRun;
let publisher: Publisher;
let began: number;

beforeAll(async () => {
  const end = Date.now();
  began = end - SEGMENTS * 2_000;
  await leaveRecording(dataDir, broadcast, SEGMENTS, end);
  app = await startHookEndpoint();
  app.keys.set('class', broadcast);
  media = await startMediaProcess(dataDir, app.url);
  publisher = publishTestSignal(media.rtmpUrl('class'), { size: '320x180' });
});
afterAll(async () => {
  await publisher.stop();
  await media.stop();
  await app.close();
  fs.rmSync(dataDir, { recursive: true });
});

async function get(file: string): Promise<{ status: number; text: string; type: string | null }> {
  const answer = await fetch(playbackUrl(media, broadcast, file));
  return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') };
}

function parse(text: string) {
  return M3U8Parser.parseLevelPlaylist(text, 'http://x/dvr.m3u8', 0, 'main' as never, 0, null);
}

/** What the clock of a segment of the picture says at its beginning, s. */
async function firstTimeOf(fragment: Fragment | undefined): Promise<number> {
  const files = [fragment?.initSegment?.relurl, fragment?.relurl];
  const bytes = await Promise.all(
    files.map(async (file) => (await fetch(playbackUrl(media, broadcast, `360p/${file}`))).arrayBuffer()),
  );
  const file = path.join(dataDir, 'segment.mp4');
  fs.writeFileSync(file, Buffer.concat(bytes.map((part) => Buffer.from(part))));
  const { output } = await probe(file, '-show_entries', 'packet=pts_time');
  return Number(output.split('\n')[0]);
}

describe('while the class runs', () => {
  it('lists it from its first segment on, also over a restart and another publisher', async () => {
    const text = await until(async () => {
      const { text } = await get('360p/dvr.m3u8');
      const last = text.split('#EXT-X-DISCONTINUITY\n').at(-1) ?? '';
      return text.includes('#EXT-X-DISCONTINUITY\n') && last.includes('seg-') ? text : undefined;
    });
    const details = parse(text);
    expect(details.playlistParsingError).toBeNull();
    expect(details).toMatchObject({ live: true, type: 'EVENT', startSN: 0, startCC: 0 });
    expect(details.fragments[0]).toMatchObject({ programDateTime: began, sn: 0 });
    expect(details.fragments.map(({ sn }) => sn)).toEqual(details.fragments.map((_, at) => at));
    expect(text).not.toContain('#EXT-X-PART');
  });

  it('gives what left the memory from the disk, byte for byte', async () => {
    const data = fs.readFileSync(path.join(dataDir, 'recordings', broadcast.id, '360p', 'media.m4s'));
    const seen: Buffer[] = [];
    for (let msn = 0; msn < 3; msn += 1) {
      const answer = await fetch(playbackUrl(media, broadcast, `360p/seg-${msn}.m4s`));
      expect(answer.headers.get('cache-control')).toContain('immutable');
      seen.push(Buffer.from(await answer.arrayBuffer()));
    }
    const together = Buffer.concat(seen);
    expect(together.length).toBeGreaterThan(10_000);
    expect(together.equals(data.subarray(0, together.length))).toBe(true);
    expect((await get('360p/init-1.mp4')).status).toBe(200);
  });

  it('tells whoever has the list already what is new', async () => {
    const whole = parse((await get('360p/dvr.m3u8')).text);
    const delta = await get('360p/dvr.m3u8?_HLS_skip=YES');
    const details = parse(delta.text);
    expect(details.playlistParsingError).toBeNull();
    expect(details.skippedSegments).toBeGreaterThan(30);
    expect(details.endSN).toBeGreaterThanOrEqual(whole.endSN);
    expect(delta.text.length).toBeLessThan(2_000);
  });

  it('plays from its beginning in another player', async () => {
    expect((await get('dvr.m3u8')).text).toContain('360p/dvr.m3u8');
    expect((await get('dvr-sound.m3u8')).text).not.toContain('360p');
    const { frames } = await probe(
      playbackUrl(media, broadcast, 'dvr.m3u8'),
      '-live_start_index',
      '0',
      '-read_intervals',
      '%+4',
    );
    expect(frames).toBeGreaterThan(100);
  });

  it('opens to nobody else, and gives nothing that is no file of it', async () => {
    const other = playbackToken(makeBroadcast());
    expect((await fetch(playbackUrl(media, broadcast, '360p/dvr.m3u8', other))).status).toBe(403);
    for (const file of [
      '360p/seg-99999.m4s',
      '360p/init-77.mp4',
      '360p/index.jsonl',
      '360p/media.m4s',
      'broadcast.json',
    ]) {
      expect([file, (await get(file)).status]).toEqual([file, 404]);
    }
    for (const file of ['360p/..%2f..%2fbroadcast.json', '..%2f..%2fsecrets%2fhooks', '%2e%2e/360p/dvr.m3u8']) {
      expect([file, (await get(file)).status]).toEqual([file, 404]);
    }
  });
});

describe('after the class', () => {
  beforeAll(async () => {
    await media.control('end', { broadcastId: broadcast.id });
    await until(() => app.events.some((event) => event.type === 'broadcast-ended'));
  });

  it('is whole at once under the address that it had', async () => {
    const details = parse((await get('360p/dvr.m3u8')).text);
    expect(details).toMatchObject({ live: false, type: 'VOD', startSN: 0 });
    expect(details.fragments.length).toBeGreaterThan(SEGMENTS);
  });

  it('is so after media was started again, and plays to its end in another player', async () => {
    await media.kill();
    media = await startMediaProcess(dataDir, app.url);
    for (const file of ['index.m3u8', 'dvr.m3u8']) expect((await get(file)).text).toContain('360p/dvr.m3u8');
    expect((await get('sound.m3u8')).text).not.toContain('360p');
    const details = parse((await get('360p/dvr.m3u8')).text);
    expect(details).toMatchObject({ live: false, startSN: 0 });
    for (const fragment of details.fragments.filter(({ gap }) => !gap)) {
      expect((await fetch(playbackUrl(media, broadcast, `360p/${fragment.relurl}`))).status).toBe(200);
    }
    const { frames } = await probe(playbackUrl(media, broadcast, 'index.m3u8'));
    expect(frames).toBeGreaterThan(SEGMENTS * 2 * 25);
    expect((await fetch(playbackUrl(media, broadcast, 'index.m3u8', playbackToken(makeBroadcast())))).status).toBe(403);
    for (const file of ['360p/index.jsonl', '360p/media.m4s', '360p/live.m3u8', '720p/dvr.m3u8', 'other.m3u8']) {
      expect([file, (await get(file)).status]).toEqual([file, 404]);
    }
  });
});

describe('its pictures', () => {
  const list = async () => RecordingPictures.parse(JSON.parse((await get('pictures.json')).text));
  const made = () =>
    until(async () => {
      const listed = await list();
      return listed.making ? undefined : listed;
    });
  const size = async (file: string | null | undefined) => {
    const source = playbackUrl(media, broadcast, file ?? '');
    const { output } = await probe(source, '-show_entries', 'stream=width,height');
    return /\d+,\d+/.exec(output)?.[0];
  };
  const folders = () => {
    const all = fs.readdirSync(path.join(dataDir, 'recordings', broadcast.id));
    return all.filter((name) => name.startsWith('pictures'));
  };

  it('are a poster and one small one for each ten seconds, for those who may watch', async () => {
    const { poster, preview } = await made();
    // As large as what was published, which is not enlarged.
    expect(await size(poster)).toBe('320,180');
    const [sheet] = preview?.sheets ?? [];
    const times = sheet?.times ?? [];
    expect(times[0]).toBe(began);
    expect(times.length).toBeGreaterThanOrEqual(8);
    for (const [at, time] of times.slice(1).entries()) {
      expect(time - (times[at] ?? 0)).toBeGreaterThanOrEqual(9_000);
    }
    const address = playbackUrl(media, broadcast, sheet?.file ?? '');
    const rows = Math.ceil(times.length / (preview?.columns ?? 1));
    expect(await size(sheet?.file)).toBe(`1600,${90 * rows}`);
    const answer = await fetch(address);
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    const other = playbackToken(makeBroadcast());
    for (const file of ['pictures.json', poster ?? '', sheet?.file ?? ''])
      expect((await fetch(playbackUrl(media, broadcast, file, other))).status).toBe(403);
    for (const file of ['poster-00000000.jpg', 'preview-00000000-0.jpg', 'sound/pictures.json'])
      expect([file, (await get(file)).status]).toEqual([file, 404]);
  });

  it('are made again where they are missing or half made, also when media was killed', async () => {
    const [kept] = folders();
    const folder = path.join(dataDir, 'recordings', broadcast.id);
    await media.kill();
    fs.renameSync(path.join(folder, kept ?? ''), path.join(folder, 'pictures.new'));
    fs.rmSync(path.join(folder, 'pictures.new', 'pictures.json'));
    media = await startMediaProcess(dataDir, app.url);
    await until(() => folders().join() === kept);
    expect((await list()).poster).not.toBeNull();
  });

  it('show nothing that is cut off, and nothing of before', async () => {
    const before = await made();
    const trim = { from: began + 20_000, to: began + 60_000 };
    await media.control('trim', { broadcastId: broadcast.id, ...trim });
    expect((await get(before.poster ?? '')).status).toBe(404);
    const times = (await made()).preview?.sheets.flatMap((sheet) => sheet.times) ?? [];
    expect(times.length).toBeGreaterThan(3);
    expect(times.every((time) => time >= trim.from - 2_000 && time < trim.to)).toBe(true);
    // Those of before go after the new ones are listed.
    await until(() => folders().length === 1);
    await media.control('trim', { broadcastId: broadcast.id, from: null, to: null });
    expect((await made()).poster).toBe(before.poster);
  });
});

describe('its captions', () => {
  const CUES = [
    { from: 1_000, to: 3_000, text: '各位学员' },
    { from: 59_000, to: 61_500, text: '1 < 2' },
  ];
  const said = (changedAt: number, cues: object[] | null, language = 'zh') => {
    const track = cues && { zero: began, cues };
    return media.control('captions', { broadcastId: broadcast.id, language, changedAt, track });
  };

  it('are a rendition of their own beside every picture, on the picture’s clock', async () => {
    expect((await get('dvr.m3u8')).text).not.toContain('SUBTITLES');
    expect((await said(2, CUES)).status).toBe(204);
    const { text } = await get('dvr.m3u8');
    const { sessionData: _, ...parsed } = M3U8Parser.parseMasterPlaylist(text, 'http://x/dvr.m3u8');
    expect(parsed.playlistParsingError).toBeNull();
    expect(parsed.levels.every(({ attrs }) => attrs.SUBTITLES === 'captions')).toBe(true);
    expect(text).toContain('LANGUAGE="zh",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="captions/zh.m3u8"');

    const pictures = parse((await get('360p/dvr.m3u8')).text);
    const listed = parse((await get('captions/zh.m3u8')).text);
    expect(listed.playlistParsingError).toBeNull();
    expect(listed).toMatchObject({ live: false, startCC: pictures.startCC, endCC: pictures.endCC });
    expect(listed.totalduration).toBeCloseTo(pictures.totalduration, 3);
    expect(listed.fragments[0]?.programDateTime).toBe(began);
    const [first = '', second = ''] = await Promise.all(
      listed.fragments.slice(0, 2).map(async ({ relurl }) => (await get(`captions/${relurl}`)).text),
    );
    // The recording was left with a clock that begins at zero.
    expect(first).toContain('LOCAL:00:00:00.000,MPEGTS:0\n');
    expect(first).toContain('1\n00:00:01.000 --> 00:00:03.000\n各位学员\n');
    for (const text of [first, second]) expect(text).toContain('2\n00:00:59.000 --> 00:01:01.500\n1 &lt; 2\n');
    expect(second).toContain('LOCAL:00:01:00.000,MPEGTS:5400000\n');
    // Behind the discontinuity is the clock of the slate, or of another encoder.
    const behind = listed.fragments.find(({ cc }) => cc > listed.startCC);
    const map = /MPEGTS:(\d+)/.exec((await get(`captions/${behind?.relurl}`)).text)?.[1];
    const sn = Number(/-(\d+)\.vtt$/.exec(behind?.relurl ?? '')?.[1]);
    expect(Number(map) / 90_000).toBeCloseTo(await firstTimeOf(pictures.fragments.find((each) => each.sn === sn)), 2);
    const { frames } = await probe(playbackUrl(media, broadcast, 'dvr.m3u8'));
    expect(frames).toBeGreaterThan(SEGMENTS * 2 * 25);
  });

  it('come through an edge as the pictures do, and through nginx before it', async () => {
    const { poster, preview } = RecordingPictures.parse(JSON.parse((await get('pictures.json')).text));
    const segment = parse((await get('captions/zh.m3u8')).text).fragments[0]?.relurl;
    const files = ['pictures.json', poster, preview?.sheets[0]?.file, 'captions/zh.m3u8', `captions/${segment}`];
    const store = path.join(dataDir, 'store');
    const edge = await startEdgeProcess(dataDir, media.url, { EDGE_STORE: store });
    const nginx = await startEdgeNginx({ edgeUrl: edge.url, store });
    try {
      for (const front of [edge, ...(nginx ? [nginx] : [])]) {
        for (const file of files) {
          const [direct, behind] = await Promise.all(
            [media, front].map(async (at) => {
              const answer = await fetch(playbackUrl(at, broadcast, file ?? ''));
              const type = answer.headers.get('content-type');
              return { status: answer.status, type, bytes: Buffer.from(await answer.arrayBuffer()).toString('base64') };
            }),
          );
          expect(behind, file ?? '').toEqual(direct);
          expect(direct?.status).toBe(200);
        }
      }
    } finally {
      await nginx?.remove();
      await edge.stop();
    }
  });

  it('are those that were changed last, also after media was killed', async () => {
    await said(1, null);
    expect((await get('dvr.m3u8')).text).toContain('captions/zh.m3u8');
    await media.kill();
    media = await startMediaProcess(dataDir, app.url);
    const before = parse((await get('captions/zh.m3u8')).text).fragments[0]?.relurl ?? '';
    await said(3, [{ from: 0, to: 500, text: '改' }]);
    const after = parse((await get('captions/zh.m3u8')).text).fragments[0]?.relurl ?? '';
    expect((await get(`captions/${after}`)).text).toContain('改');
    expect((await get(`captions/${before}`)).status).toBe(404);
    const answer = await fetch(playbackUrl(media, broadcast, `captions/${after}`));
    expect(answer.headers.get('content-type')).toBe('text/vtt; charset=utf-8');
    const other = playbackToken(makeBroadcast());
    expect((await fetch(playbackUrl(media, broadcast, 'captions/zh.m3u8', other))).status).toBe(403);
    for (const file of ['captions/en.m3u8', 'captions/zh.json', 'captions-zh.json', 'captions/zh-00000000-0.vtt'])
      expect([file, (await get(file)).status]).toEqual([file, 404]);
    await said(4, null);
    expect((await get('dvr.m3u8')).text).not.toContain('SUBTITLES');
    expect((await get('captions/zh.m3u8')).status).toBe(404);
  });
});

describe('what the bureau does with it', () => {
  const film = async (make: boolean) =>
    FilmStatus.parse(await (await media.control('film', { broadcastId: broadcast.id, make })).json());
  const listed = async () => parse((await get('360p/dvr.m3u8')).text).fragments;

  it('makes one file of it, over every publisher, with picture and sound of the same length', async () => {
    expect((await film(true)).state).toBe('making');
    const made = await until(async () => {
      const status = await film(false);
      return status.state === 'making' ? undefined : status;
    });
    expect(made).toMatchObject({ state: 'ready', progress: 100 });
    const name = '第1期 事故规律.mp4';
    const address = playbackUrl(media, broadcast, 'class.mp4', playbackToken(broadcast, { film: name }));
    const answer = await fetch(address);
    expect(answer.headers.get('content-disposition')).toContain(`filename*=UTF-8''${encodeURIComponent(name)}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.length).toBe(made.bytes);
    // Its index comes first, so that it plays while it is loaded.
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    const { frames } = await probe(address);
    expect(frames).toBeGreaterThan(SEGMENTS * 2 * 25);
    const part = await fetch(address, { headers: { range: 'bytes=4-7' } });
    expect([part.status, await part.text()]).toEqual([206, 'ftyp']);
    // Who may watch may not take it away, and who may take it away does not watch with that.
    expect((await get('class.mp4')).status).toBe(404);
    const token = playbackToken(broadcast, { film: name });
    expect((await fetch(playbackUrl(media, broadcast, 'dvr.m3u8', token))).status).toBe(404);
    // It makes way for classes, and for whatever else this machine does.
  });

  it('gives it through nginx and the edge as well, whole or in part', async (context) => {
    const store = path.join(dataDir, 'store');
    const edge = await startEdgeProcess(dataDir, media.url, { EDGE_STORE: store });
    const nginx = await startEdgeNginx({ edgeUrl: edge.url, store });
    try {
      if (!nginx) return context.skip();
      const token = playbackToken(broadcast, { film: '第1期.mp4' });
      const take = async (from: { url: string }, headers: Record<string, string> = {}) => {
        const answer = await fetch(playbackUrl(from, broadcast, 'class.mp4', token), { headers });
        const digest = createHash('sha256')
          .update(Buffer.from(await answer.arrayBuffer()))
          .digest('hex');
        const said = ['content-disposition', 'content-length', 'content-range'].map((name) => answer.headers.get(name));
        return [answer.status, digest, ...said];
      };
      expect(await take(nginx)).toEqual(await take(media));
      const range = { range: 'bytes=100000-' };
      expect(await take(nginx, range)).toEqual(await take(media, range));
      const watching = playbackUrl(nginx, broadcast, 'class.mp4', playbackToken(broadcast));
      expect((await fetch(watching)).status).toBe(404);
      // Nor does anybody watch with a token for taking it away.
      for (const file of ['dvr.m3u8', '360p/dvr.m3u8', '360p/init-1.mp4']) {
        const status = (await fetch(playbackUrl(nginx, broadcast, file, token))).status;
        expect([file, status >= 400]).toEqual([file, true]);
      }
    } finally {
      await nginx?.remove();
      await edge.stop();
    }
  });

  it('cuts off beginning and end, and takes that back', async () => {
    const before = await listed();
    const [first, last] = [before[3], before[before.length - 4]];
    const trim = { from: first?.programDateTime ?? 0, to: last?.programDateTime ?? 0 };
    await media.control('trim', { broadcastId: broadcast.id, ...trim });
    const shown = await listed();
    expect(shown[0]?.programDateTime).toBe(first?.programDateTime);
    expect(shown.at(-1)?.programDateTime).toBeLessThan(last?.programDateTime ?? 0);
    expect((await get('360p/seg-0.m4s')).status).toBe(404);
    // A file of the whole is none of what is shown now.
    expect((await film(false)).state).toBe('none');
    await media.control('trim', { broadcastId: broadcast.id, from: null, to: null });
    expect((await listed()).length).toBe(before.length);
  });

  it('is deleted from the disk, once and for good', async () => {
    const folder = path.join(dataDir, 'recordings', broadcast.id);
    expect(fs.existsSync(folder)).toBe(true);
    for (let round = 0; round < 2; round += 1) {
      expect((await media.control('delete', { broadcastId: broadcast.id })).status).toBe(204);
    }
    expect(fs.readdirSync(path.dirname(folder))).toEqual([]);
    expect((await get('dvr.m3u8')).status).toBe(404);
  });
});
