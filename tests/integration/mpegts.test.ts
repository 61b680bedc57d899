import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SrtPublication } from '#media/srt/publication.ts';
import type { Tag } from '#media/tag.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A transport stream as an encoder makes it: B-frames, sound of an odd rate, several frames of sound in a unit. */
function makeStream(name: string, ...args: string[]): string {
  const file = path.join(folder, `${name}.ts`);
  const inputs = ['-f', 'lavfi', '-i', 'testsrc2=s=322x182:r=25', '-f', 'lavfi', '-i', 'sine=f=440:r=44100', '-t', '3'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...inputs, ...args, '-f', 'mpegts', file]);
  return file;
}

const H264 = ['-c:v', 'libx264', '-preset', 'fast', '-bf', '3', '-g', '50', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

interface Frame {
  kind: string;
  dts: number;
  pts: number;
}

function read(pieces: Iterable<Buffer>): { frames: Frame[]; tags: Tag[]; publication: SrtPublication } {
  const publication = new SrtPublication({
    remoteAddress: '',
    clock: Date.now,
    disconnect: () => undefined,
    setPaused: () => undefined,
  });
  const tags: Tag[] = [];
  publication.onTag((tag) => void tags.push(tag));
  for (const piece of pieces) publication.take(piece);
  const frames = tags
    .filter(({ kind }) => kind !== 'config')
    .map(({ kind, timestamp, bytes }) => {
      // FLV has by how much a picture is shown later than it is decoded, behind the tag's header and two bytes of AVC's.
      return { kind, dts: timestamp, pts: timestamp + (kind === 'audio' ? 0 : bytes.readIntBE(13, 3)) };
    });
  return { frames, tags, publication };
}

function* piecesOf(bytes: Buffer, length: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** As another reader has it. */
async function framesByFfprobe(file: string): Promise<Frame[]> {
  const entries = ['-show_entries', 'packet=codec_type,pts,dts,flags', '-of', 'json'];
  const { stdout } = await promisify(execFile)('ffprobe', ['-v', 'error', ...entries, file]);
  const { packets } = JSON.parse(stdout) as {
    packets: { codec_type: string; pts: number; dts: number; flags: string }[];
  };
  return packets.map(({ codec_type, pts, dts, flags }) => {
    const kind = codec_type === 'audio' ? 'audio' : flags.startsWith('K') ? 'key' : 'inter';
    return { kind, dts: dts / 90, pts: pts / 90 };
  });
}

describe('a transport stream', () => {
  let file: string;
  let bytes: Buffer;

  beforeAll(() => {
    file = makeStream('plain', ...H264);
    bytes = fs.readFileSync(file);
  });

  it('gives every frame of picture and sound at its time', async () => {
    const expected = await framesByFfprobe(file);
    const { frames, publication } = read(piecesOf(bytes, 1_316));
    for (const isSound of [true, false]) {
      const wanted = expected.filter(({ kind }) => (kind === 'audio') === isSound);
      const found = frames.filter(({ kind }) => (kind === 'audio') === isSound);
      // A picture ends where the next begins, and after the last there is none.
      expect(found.length).toBe(isSound ? wanted.length : wanted.length - 1);
      expect(found.map(({ kind }) => kind)).toEqual(wanted.slice(0, found.length).map(({ kind }) => kind));
    }
    // One shift for everything: sound and picture stay together.
    const shift = (frames[0]?.dts ?? 0) - (expected.find(({ kind }) => kind === frames[0]?.kind)?.dts ?? 0);
    const at = { audio: 0, picture: 0 };
    for (const frame of frames) {
      const of = frame.kind === 'audio' ? 'audio' : 'picture';
      const wanted = expected.filter(({ kind }) => (kind === 'audio') === (of === 'audio'))[at[of]];
      at[of] += 1;
      expect(Math.abs(frame.dts - shift - (wanted?.dts ?? 0))).toBeLessThanOrEqual(1);
      expect(Math.abs(frame.pts - shift - (wanted?.pts ?? 0))).toBeLessThanOrEqual(2);
    }
    const format = { videoCodec: 'h264', audioCodec: 'aac', width: 322, height: 182, framesPerSecond: 25 };
    expect(publication.source()).toEqual(format);
    expect(publication.unsupported).toBeNull();
  });

  it('is the same in pieces of any size, with anything before it', () => {
    const begin = bytes.subarray(0, 188 * 500);
    const whole = read([begin]).tags;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.uint8Array({ maxLength: 400 }), (length, noise) => {
        const before = Buffer.from(noise).map((byte) => (byte === 0x47 ? 0 : byte));
        expect(read(piecesOf(Buffer.concat([before, begin]), length)).tags).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });

  it('gives FLV that ffmpeg decodes without an error', async () => {
    const { tags, publication } = read([bytes]);
    const flv = path.join(folder, 'out.flv');
    const frames = tags.filter(({ kind }) => kind !== 'config');
    fs.writeFileSync(flv, Buffer.concat([publication.headers(), ...frames.map((tag) => tag.bytes)]));
    const { stderr } = await promisify(execFile)('ffmpeg', ['-v', 'warning', '-i', flv, '-f', 'null', '-']);
    expect(stderr).toBe('');
  });

  it('may be damaged as it likes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 300 }), (damage) => {
        const damaged = Buffer.from(bytes);
        for (const [at, byte] of damage) damaged[at] = byte;
        const { frames } = read(piecesOf(damaged, 1_316));
        expect(frames.every(({ dts }) => Number.isInteger(dts) && dts >= 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('goes on without what was lost of it', () => {
    const packets = [...piecesOf(bytes, 188)];
    const whole = read([bytes]).tags.map((tag) => tag.bytes.toString('latin1'));
    const some = read(packets.filter((_, at) => at % 40 !== 39)).tags;
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(whole.length);
    // No frame is half there.
    const frames = some.filter(({ kind }) => kind === 'key' || kind === 'inter');
    const pictures = new Set(read([bytes]).tags.map(({ bytes: tag }) => tag.subarray(11).toString('latin1')));
    for (const { bytes: tag } of frames) expect(pictures.has(tag.subarray(11).toString('latin1'))).toBe(true);
  });
});

it.each([
  ['hevc', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error', '-c:a', 'aac'], 'video'],
  ['mpeg2video', ['-c:v', 'mpeg2video', '-c:a', 'aac'], 'video'],
  ['mp2', ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'mp2'], 'audio'],
  ['ac3', ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'ac3'], 'audio'],
])('says that it has %s', (codec, args, track) => {
  const { publication } = read([fs.readFileSync(makeStream(codec, ...args))]);
  expect(publication.unsupported).toEqual({ track, codec });
  expect(publication.source()[track === 'video' ? 'videoCodec' : 'audioCodec']).toBe(codec);
});

it.each([
  ['1920x1080', 25, ['-profile:v', 'high']],
  ['1280x720', 29.97, ['-profile:v', 'baseline']],
  ['704x576', 50, ['-profile:v', 'main', '-flags', '+ildct+ilme', '-x264-params', 'tff=1']],
  ['640x360', 30, ['-profile:v', 'high', '-x264-params', 'cqm=jvt']],
])('knows a picture of %s at %d a second', (size, rate, args) => {
  const input = ['-f', 'lavfi', '-i', `color=s=${size}:r=${rate === 29.97 ? '30000/1001' : rate}`, '-t', '0.2'];
  const file = path.join(folder, `${size}.ts`);
  const encoded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...args];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...input, ...encoded, '-f', 'mpegts', file]);
  const { width, height, framesPerSecond } = read([fs.readFileSync(file)]).publication.source();
  expect(`${width}x${height}`).toBe(size);
  expect(framesPerSecond).toBeCloseTo(rate, 1);
});
