import fs from 'node:fs';
import path from 'node:path';
import { M3U8Parser } from 'hls.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '#tests/support/media.ts';
import {
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  playbackToken,
  playbackUrl,
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
