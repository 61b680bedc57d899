import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { StatusResponse } from '#contract/media.ts';
import { Fmp4Reader } from '#media/fmp4.ts';
import { createLogger } from '#media/logger.ts';
import { RenditionRecorder } from '#media/recorder.ts';
import { isMissing, lengthOf, loadIndex, type RecordedSegment } from '#media/recording-index.ts';
import { encodeTestSignal, probe } from '#tests/support/media.ts';
import {
  type HookEndpoint,
  makeBroadcast,
  makeDataFolder,
  playbackUrl,
  startHookEndpoint,
  startMediaProcess,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { CAN_MOUNT, type SmallDisk, smallDisk } from '#tests/support/small-disk.ts';
import { SWEPT_PREFIX } from '#tests/support/temporary-folder.ts';

const PDT = Date.UTC(2026, 10, 24, 1, 0, 0);
const quiet = createLogger('silent');
const ready = async () => undefined;
const folders: string[] = [];
const recorders: RenditionRecorder[] = [];
afterAll(async () => {
  for (const recorder of recorders) await recorder.close();
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), SWEPT_PREFIX));
  folders.push(folder);
  return folder;
}

/** Init segment and parts of a real encoder, twelve seconds of them. */
async function encoded(): Promise<{
  init: Buffer;
  parts: { bytes: Buffer; duration: number; independent: boolean }[];
}> {
  const items = new Fmp4Reader().push(await encodeTestSignal(12, '-an'));
  const init = items.find((item) => item.kind === 'init')?.bytes ?? Buffer.alloc(0);
  return { init, parts: items.filter((item) => item.kind === 'fragment') };
}

let signal: Awaited<ReturnType<typeof encoded>>;
beforeAll(async () => {
  signal = await encoded();
});

function opening(msn: number, init = 1) {
  const pdt = PDT + msn * 2_000;
  return { msn, pdt, discontinuity: init > 1 && msn % 3 === 0, discontinuitySequence: init - 1, init, parts: [] };
}

function record(recorder: RenditionRecorder, from: number, until: number, init = 1): void {
  for (let msn = from; msn < until; msn += 1) {
    recorder.segment(opening(msn, init));
    for (const part of signal.parts.slice((msn % 6) * 6, (msn % 6) * 6 + 6)) recorder.part(part);
  }
  recorder.finish();
}

/** What was published as this segment. */
function published(msn: number): Buffer {
  return Buffer.concat(signal.parts.slice((msn % 6) * 6, (msn % 6) * 6 + 6).map(({ bytes }) => bytes));
}

function begin(folder: string, init = 1): RenditionRecorder {
  const recorder = RenditionRecorder.begin(folder, quiet, ready);
  recorders.push(recorder);
  recorder.init(init, signal.init);
  return recorder;
}

it('goes on after a crash with the next number but one', async () => {
  const folder = path.join(newFolder(), '360p');
  const recorder = begin(folder);
  record(recorder, 0, 3);
  await recorder.settled();
  const { state } = await RenditionRecorder.restore(folder, quiet, ready);
  expect(state?.newest).toEqual({ msn: 2, run: 1 });
  expect(state?.segments.map(({ msn, parts }) => [msn, parts.length])).toEqual([
    [0, 6],
    [1, 6],
    [2, 6],
  ]);
});

it('cuts off what is torn at the end, whatever bytes a crash has left before it', async () => {
  const folder = path.join(newFolder(), '360p');
  const recorder = begin(folder);
  record(recorder, 0, 2);
  await recorder.settled();
  const index = path.join(folder, 'index.jsonl');
  const [first, ...rest] = fs.readFileSync(index, 'latin1').split(/(?<=\n)/);
  const left = `${first}${'\xff'.repeat(200)}\n${rest.join('')}`;
  fs.writeFileSync(index, `${left}{"kind":"part","off`, 'latin1');
  const restored = await RenditionRecorder.restore(folder, quiet, ready);
  recorders.push(restored.recorder);
  expect(fs.readFileSync(index, 'latin1')).toBe(left);
  record(restored.recorder, 3, 4);
  await restored.recorder.settled();
  expect((await loadIndex(folder)).segments.map(({ msn }) => msn)).toEqual([0, 1, 3]);
});

it.each(['missing', 'empty', 'garbage'])('makes gaps of segments whose init segment is %s', async (how) => {
  const folder = path.join(newFolder(), '360p');
  const recorder = begin(folder);
  record(recorder, 0, 3);
  recorder.init(2, signal.init);
  record(recorder, 3, 5, 2);
  await recorder.settled();
  const init = path.join(folder, 'init-1.mp4');
  if (how === 'missing') fs.rmSync(init);
  else fs.writeFileSync(init, how === 'empty' ? '' : 'garbage that is no box at all');
  const restored = await RenditionRecorder.restore(folder, quiet, ready);
  expect(restored.state?.segments.map((each) => each.gap !== undefined)).toEqual([true, true, true, false, false]);
  expect(restored.state?.segments[0]?.gap).toBeGreaterThan(1_900_000);
  await restored.recorder.close();
  await restored.recorder.writePlaylist();
  const text = fs.readFileSync(path.join(folder, 'index.m3u8'), 'utf8');
  expect(text.match(/#EXT-X-GAP/g)).toHaveLength(3);
  expect(text).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-2.mp4"');
});

it('says of each segment what was lost of it, and of none what was not, after a disk that hung', async () => {
  const folder = path.join(newFolder(), '360p');
  let goOn: () => void = () => undefined;
  const hung = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const recorder = RenditionRecorder.begin(folder, quiet, () => hung);
  recorders.push(recorder);
  recorder.init(1, signal.init);
  // More than is kept in memory, to within a segment.
  record(recorder, 0, 13);
  goOn();
  await recorder.settled();
  record(recorder, 13, 15);
  await recorder.settled();
  const { segments } = await loadIndex(folder);
  const known = (each: RecordedSegment) => [each.msn, each.offset, each.length, each.lost, isMissing(each)];
  expect(segments.map(known)).toEqual(recorder.recorded.segments.map(known));
  const data = fs.readFileSync(path.join(folder, 'media.m4s'));
  for (const { msn, offset, length, lost } of segments.filter((each) => !isMissing(each))) {
    const bytes = published(msn);
    expect(data.subarray(offset, offset + length).equals(lost > 0 ? bytes.subarray(0, length) : bytes)).toBe(true);
  }
});

it('numbers the playlist of a rendition that began later as the others', async () => {
  const folder = path.join(newFolder(), 'sound');
  const recorder = begin(folder, 3);
  record(recorder, 7, 9, 3);
  await recorder.close();
  await recorder.writePlaylist();
  const text = fs.readFileSync(path.join(folder, 'index.m3u8'), 'utf8');
  expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n');
});

it('starts, and resumes the others, though one recording cannot be read', async () => {
  const dataDir = makeDataFolder();
  folders.push(dataDir);
  const [sound, broken] = [makeBroadcast(), makeBroadcast()];
  for (const broadcast of [sound, broken]) {
    const folder = path.join(dataDir, 'recordings', broadcast.id);
    for (const name of ['360p', 'sound']) {
      const recorder = begin(path.join(folder, name));
      record(recorder, 0, 2);
      await recorder.close();
    }
    fs.writeFileSync(path.join(folder, 'broadcast.json'), JSON.stringify(broadcast));
  }
  const index = path.join(dataDir, 'recordings', broken.id, '360p', 'index.jsonl');
  fs.rmSync(index);
  fs.mkdirSync(index);
  const app = await startHookEndpoint();
  onTestFinished(() => app.close());
  const media = await startMediaProcess(dataDir, app.url);
  onTestFinished(() => media.stop());
  const { broadcasts } = StatusResponse.parse(await (await media.control('status', {})).json());
  const recording = (id: string) => broadcasts.find(({ broadcastId }) => broadcastId === id)?.recording;
  expect([recording(sound.id), recording(broken.id)]).toEqual(['ok', 'failing']);
  expect(await (await fetch(playbackUrl(media, sound, '360p/live.m3u8'))).text()).toContain('seg-1.m4s');
  app.keys.set('broken', broken);
  const publisher = publishTestSignal(media.rtmpUrl('broken'), { size: '320x180' });
  onTestFinished(() => publisher.stop());
  const listed = async () => (await fetch(playbackUrl(media, broken, '360p/live.m3u8'))).text();
  await until(async () => /part-\d+\.1\.m4s/.test(await listed()));
});

describe.skipIf(!CAN_MOUNT)('a full disk', () => {
  let disk: SmallDisk | undefined;
  beforeAll(() => {
    disk = smallDisk(8_192, newFolder());
  });
  afterAll(() => disk?.unmount());

  it('leaves gaps of the true length, and every other segment whole, also after a crash', async () => {
    const folder = path.join(disk?.folder ?? '', '360p');
    const recorder = begin(folder);
    record(recorder, 0, 2);
    await recorder.settled();
    // At another place in a part each time, so that bytes and lines are torn wherever they can be.
    for (let round = 1; round <= 20; round += 1) {
      disk?.fill((round * 4_096) % 60_000);
      record(recorder, round * 3 - 1, round * 3 + 1);
      await recorder.settled();
      expect(recorder.failing).toBe(true);
      disk?.free();
      record(recorder, round * 3 + 1, round * 3 + 2);
      await recorder.settled();
      expect(recorder.failing).toBe(false);
    }
    const { segments } = await loadIndex(folder);
    const data = fs.readFileSync(path.join(folder, 'media.m4s'));
    expect(segments.map(({ msn }) => msn)).toEqual(Array.from({ length: 62 }, (_, msn) => msn));
    expect(segments.some(isMissing)).toBe(true);
    for (const segment of segments) {
      expect(lengthOf(segment)).toBeGreaterThan(1_900_000);
      const bytes = data.subarray(segment.offset, segment.offset + segment.length);
      if (segment.lost === 0) expect(bytes.equals(published(segment.msn))).toBe(true);
      // Whatever is kept of it is whole fragments.
      else if (!isMissing(segment)) {
        const read = new Fmp4Reader();
        read.push(signal.init);
        const fragments = read.push(bytes).filter((item) => item.kind === 'fragment');
        expect(fragments.reduce((sum, { bytes: { length } }) => sum + length, 0)).toBe(bytes.length);
      }
    }
    await recorder.close();
    expect(recorder.recorded.segments.map((each) => [each.msn, each.offset, each.length, lengthOf(each)])).toEqual(
      segments.map((each) => [each.msn, each.offset, each.length, lengthOf(each)]),
    );
  });
});

describe.skipIf(!CAN_MOUNT)('a class on a full disk', () => {
  const dataDir = makeDataFolder();
  const recordings = path.join(dataDir, 'recordings');
  fs.mkdirSync(recordings);
  let disk: SmallDisk | undefined;
  let app: HookEndpoint;
  beforeAll(async () => {
    disk = smallDisk(16_384, recordings);
    app = await startHookEndpoint();
  });
  afterAll(async () => {
    await app?.close();
    disk?.unmount();
    fs.rmSync(dataDir, { recursive: true });
  });

  it('begins, goes on, says so, and is recorded again once there is space', async () => {
    const media = await startMediaProcess(dataDir, app.url);
    onTestFinished(() => media.stop());
    const broadcast = makeBroadcast();
    app.keys.set('full', broadcast);
    const status = async () =>
      StatusResponse.parse(await (await media.control('status', {})).json()).broadcasts[0]?.recording;
    const listed = async () => (await fetch(playbackUrl(media, broadcast, '360p/live.m3u8'))).text();

    disk?.fill();
    const publisher = publishTestSignal(media.rtmpUrl('full'), { size: '320x180' });
    onTestFinished(() => publisher.stop());
    await until(async () => (await listed()).includes('seg-1.m4s'));
    await until(async () => (await status()) === 'failing');
    disk?.free();
    await until(async () => (await status()) === 'ok');
    await until(async () => (await listed()).includes('seg-3.m4s'));
    disk?.fill();
    await until(async () => (await status()) === 'failing');
    await until(async () => (await listed()).includes('seg-5.m4s'));
    disk?.free();
    await until(async () => (await listed()).includes('seg-6.m4s'));
    await publisher.stop();
    await media.control('end', { broadcastId: broadcast.id });
    const index = path.join(recordings, broadcast.id, 'index.m3u8');
    await until(() => fs.existsSync(index));
    const vod = fs.readFileSync(path.join(recordings, broadcast.id, '360p', 'index.m3u8'), 'utf8');
    expect(vod).toContain('#EXT-X-GAP');
    const { frames } = await probe(index);
    expect(frames).toBeGreaterThan(50);
  });
});
