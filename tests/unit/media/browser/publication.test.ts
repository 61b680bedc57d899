import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opusDuration } from '#media/browser/opus.ts';
import { BrowserPublication, UnsupportedFormat } from '#media/browser/publication.ts';
import { MatroskaReader } from '#media/matroska/reader.ts';
import { type AudioFormat, matroskaFrame, matroskaHeaders, type VideoFormat } from '#media/matroska/writer.ts';
import type { Tag } from '#media/tag.ts';

const VIDEO: VideoFormat = { codec: 'V_VP8', codecPrivate: null, width: 1280, height: 720 };
const AUDIO: AudioFormat = {
  codec: 'A_OPUS',
  codecPrivate: Buffer.concat([Buffer.from('OpusHead'), Buffer.from('0102000080bb0000000000', 'hex')]),
  sampleRate: 48_000,
  channels: 2,
};
const OPUS_20_MS = Buffer.from('fc', 'hex');

function publication(): { taken: BrowserPublication; tags: Tag[]; clock: { now: number } } {
  const clock = { now: 1_000_000 };
  const taken = new BrowserPublication({
    remoteAddress: '',
    framesPerSecond: 30,
    clock: () => clock.now,
    disconnect: () => undefined,
    setPaused: () => undefined,
  });
  const tags: Tag[] = [];
  taken.onTag((tag) => tags.push(tag));
  return { taken, tags, clock };
}

function picture(timestamp: number, key = false): Buffer {
  return matroskaFrame(1, timestamp, key, Buffer.from('frame'));
}

function sound(timestamp: number): Buffer {
  return matroskaFrame(2, timestamp, true, OPUS_20_MS);
}

describe('a publication from a page', () => {
  it('is one stream without end whose frames stand alone', () => {
    const { taken, tags } = publication();
    taken.take(Buffer.concat([matroskaHeaders(VIDEO, AUDIO), sound(100), picture(105, true), picture(138)]));
    expect(tags.map(({ kind, timestamp, duration }) => [kind, timestamp, duration])).toEqual([
      ['audio', 0, 20],
      ['key', 5, undefined],
      ['inter', 38, undefined],
    ]);
    const again = new MatroskaReader().push(Buffer.concat([taken.begin().headers, ...tags.map(({ bytes }) => bytes)]));
    expect(again.map((item) => (item.kind === 'frame' ? [item.track, item.timestamp, item.key] : item.kind))).toEqual([
      'tracks',
      [2, 0, true],
      [1, 5, true],
      [1, 38, false],
    ]);
  });

  it('goes on where the last recording ended, with the time that passed', () => {
    const { taken, tags, clock } = publication();
    const headers = matroskaHeaders(VIDEO, AUDIO);
    taken.take(Buffer.concat([headers, picture(0, true), picture(5_000)]));
    const before = taken.headers();
    clock.now += 120;
    taken.take(Buffer.concat([headers, picture(40, true), picture(73)]));
    expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 5_000, 5_120, 5_153]);
    // The encoder that is running can go on with it.
    expect(taken.headers().equals(before)).toBe(true);
  });

  it('never runs backwards from one recording to the next', () => {
    const recordings = fc.array(fc.record({ first: fc.nat(9_000), lasting: fc.nat(9_000), wait: fc.nat(500) }));
    fc.assert(
      fc.property(recordings, (list) => {
        const { taken, tags, clock } = publication();
        for (const { first, lasting, wait } of list) {
          taken.take(Buffer.concat([matroskaHeaders(VIDEO, null), picture(first, true), picture(first + lasting)]));
          clock.now += wait;
        }
        const times = tags.map(({ timestamp }) => timestamp);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
      }),
    );
  });

  it('has other headers when its picture is another', () => {
    const { taken } = publication();
    taken.take(matroskaHeaders(VIDEO, AUDIO));
    const before = taken.headers();
    taken.take(matroskaHeaders({ ...VIDEO, width: 640, height: 360 }, AUDIO));
    expect(taken.headers().equals(before)).toBe(false);
    expect(taken.source()).toEqual({
      videoCodec: 'vp8',
      audioCodec: 'opus',
      width: 640,
      height: 360,
      framesPerSecond: 30,
    });
  });

  it.each<[string, VideoFormat | null, AudioFormat | null]>([
    ['AV1', { ...VIDEO, codec: 'V_AV1' }, AUDIO],
    ['HEVC', { ...VIDEO, codec: 'V_MPEGH/ISO/HEVC' }, AUDIO],
    ['AAC', VIDEO, { ...AUDIO, codec: 'A_AAC' }],
    ['PCM', VIDEO, { ...AUDIO, codec: 'A_PCM/FLOAT/IEEE' }],
    ['a picture without width', { ...VIDEO, width: 0 }, null],
    ['a picture of 100 megapixels', { ...VIDEO, width: 10_000, height: 10_000 }, null],
  ])('refuses %s', (_, video, audio) => {
    const { taken } = publication();
    expect(() => taken.take(matroskaHeaders(video ?? VIDEO, audio))).toThrow(UnsupportedFormat);
  });
});

describe('silence', () => {
  it('stands for sound that there is none of, or that stops, and decodes', async () => {
    for (const [audio, until] of [
      [null, 0],
      [AUDIO, 500],
    ] as const) {
      const { taken, tags } = publication();
      taken.take(matroskaHeaders(VIDEO, audio));
      const { headers, sound: filler } = taken.begin();
      for (let at = 0; at < 4_000; at += 20) {
        if (at < until) taken.take(matroskaFrame(2, at, true, Buffer.from('f8fffe', 'hex')));
        taken.take(picture(at, at === 0));
      }
      const fed = tags.flatMap((tag) => filler.take(tag)).filter(({ kind }) => kind === 'audio');
      const seconds = await decodedSeconds(Buffer.concat([headers, ...fed.map(({ bytes }) => bytes)]));
      expect(seconds).toBeGreaterThan(3.9);
      expect(seconds).toBeLessThan(4.1);
    }
  });
});

describe('the length of an Opus packet', () => {
  it.each([
    ['f8fffe', 20],
    ['fc00', 20],
    ['fb0300', 60],
    ['ff03fffe', 60],
    ['fd0000', 40],
    ['e0', 2.5],
    ['08', 20],
    ['18', 60],
    ['60', 10],
    ['68', 20],
    ['', null],
    ['ff', null],
    ['ff00', null],
    ['ff3f', null],
  ])('of %s is %s ms', (hex, ms) => {
    expect(opusDuration(Buffer.from(hex, 'hex'))).toBe(ms);
  });
});

/** By the real decoder, which ends at the slightest error. */
async function decodedSeconds(matroska: Buffer): Promise<number> {
  const args = [
    '-v',
    'error',
    '-xerror',
    '-f',
    'matroska',
    '-i',
    'pipe:0',
    '-map',
    '0:a',
    '-ac',
    '1',
    '-f',
    's16le',
    '-',
  ];
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  child.stdin.on('error', () => undefined).end(matroska);
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return bytes / 2 / 48_000;
}
