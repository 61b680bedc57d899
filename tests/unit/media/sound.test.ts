import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AacSound, parseAudioConfig } from '#media/rtmp/aac.ts';
import { AUDIO, flvHeader, flvTag, VIDEO } from '#media/rtmp/flv.ts';
import { MAX_PATIENCE_MS, MAX_SILENCE_MS, PATIENCE_MS, SoundFiller } from '#media/sound.ts';
import type { Tag } from '#media/tag.ts';

const STEREO_48K = message('1190');
const MONO_44K = message('1208');
const FRAME_48K = 1_024 / 48;

/** An AAC configuration message as RTMP carries it. */
function message(config: string): Buffer {
  return Buffer.from(`af00${config}`, 'hex');
}

function picture(timestamp: number, kind: 'key' | 'inter' = 'inter'): Tag {
  return { bytes: flvTag(VIDEO, timestamp, Buffer.from([kind === 'key' ? 0x17 : 0x27, 1, 0, 0, 0])), kind, timestamp };
}

function sound(timestamp: number): Tag {
  return { bytes: flvTag(AUDIO, timestamp, Buffer.from('af01abcdef', 'hex')), kind: 'audio', timestamp };
}

/** Pictures 40 ms apart. */
function pictures(from: number, to: number): Tag[] {
  return Array.from({ length: Math.ceil((to - from) / 40) }, (_, at) => picture(from + at * 40, at ? 'inter' : 'key'));
}

/** Sound without a hole, at 48 kHz. */
function sounds(from: number, to: number): Tag[] {
  const length = Math.ceil((to - from) / FRAME_48K);
  return Array.from({ length }, (_, at) => sound(Math.round(from + at * FRAME_48K)));
}

/** In order of arrival, where sound comes so much later than the picture of its time. */
function interleaved(pictureTags: Tag[], soundTags: Tag[], lateness = 0): Tag[] {
  const arrival = (tag: Tag) => tag.timestamp + (tag.kind === 'audio' ? lateness : 0);
  return [...pictureTags, ...soundTags].sort((one, other) => arrival(one) - arrival(other));
}

function fillerOf(config: Buffer | null) {
  const sound = new AacSound(config);
  const refused = config !== null && !sound.heard;
  return Object.assign(new SoundFiller(sound), { config: sound.config, refused });
}

function fill(filler: SoundFiller, tags: Tag[]): Tag[] {
  return tags.flatMap((tag) => filler.take(tag));
}

function soundOf(tags: Tag[]): Tag[] {
  return tags.filter((tag) => tag.kind === 'audio');
}

function silenceOf(tags: Tag[], input: Tag[]): Tag[] {
  const own = new Set(input);
  return soundOf(tags).filter((tag) => !own.has(tag));
}

function times(tags: Tag[]): number[] {
  return tags.map((tag) => tag.timestamp);
}

async function ffmpeg(args: string[], input: Buffer): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', ['-hide_banner', '-v', 'error', ...args]);
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // It may end at the first error, before it has read all.
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, stdout: Buffer.concat(stdout), stderr };
}

/** Decodes the sound as 16 bit samples, ending at the slightest error. */
function decode(config: Buffer, tags: Tag[]): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const flv = Buffer.concat([flvHeader(true), flvTag(AUDIO, 0, config), ...soundOf(tags).map((tag) => tag.bytes)]);
  const strict = ['-xerror', '-err_detect', 'explode', '-f', 'flv', '-i', 'pipe:0'];
  return ffmpeg([...strict, '-f', 's16le', 'pipe:1'], flv);
}

/** A real tone, and the configuration that belongs to it. */
async function encodeTone(rate: number, channels: number, seconds: number): Promise<{ config: Buffer; tags: Tag[] }> {
  const source = ['-f', 'lavfi', '-i', `sine=f=440:r=${rate}:d=${seconds}`, '-ac', String(channels)];
  const { stdout } = await ffmpeg([...source, '-c:a', 'aac', '-f', 'flv', 'pipe:1'], Buffer.alloc(0));
  let config: Buffer = Buffer.alloc(0);
  const tags: Tag[] = [];
  for (let at = flvHeader(true).length; at < stdout.length; ) {
    const end = at + 11 + stdout.readUIntBE(at + 1, 3) + 4;
    const bytes = stdout.subarray(at, end);
    const timestamp = bytes.readUIntBE(4, 3);
    if (bytes[0] === AUDIO && bytes[12] === 0) config = bytes.subarray(11, -4);
    else if (bytes[0] === AUDIO) tags.push({ bytes, kind: 'audio', timestamp });
    at = end;
  }
  return { config, tags };
}

function loudest(samples: Buffer): number {
  let peak = 0;
  for (let at = 0; at + 1 < samples.length; at += 2) peak = Math.max(peak, Math.abs(samples.readInt16LE(at)));
  return peak;
}

describe('an audio configuration', () => {
  it.each([
    ['1190', { coreType: 2, sampleRate: 48_000, channels: 2, frameSamples: 1_024 }],
    ['120856e500', { coreType: 2, sampleRate: 44_100, channels: 1, frameSamples: 1_024 }],
    ['11b0', { coreType: 2, sampleRate: 48_000, channels: 6, frameSamples: 1_024 }],
    ['1194', { coreType: 2, sampleRate: 48_000, channels: 2, frameSamples: 960 }],
    // HE-AAC: 5, 22.05 kHz, stereo, 44.1 kHz, 2.
    ['2b920800', { coreType: 2, sampleRate: 22_050, channels: 2, frameSamples: 1_024 }],
    // HE-AAC v2, whose upper frequency is spelled out: 29, 24 kHz, mono, 15, 48000, 2.
    ['eb0f805dc00800', { coreType: 2, sampleRate: 24_000, channels: 1, frameSamples: 1_024 }],
    // ELD: 31, 7, 48 kHz, stereo.
    ['f8e64000', { coreType: 39, sampleRate: 48_000, channels: 2, frameSamples: 1_024 }],
  ])('%s is read', (hex, format) => {
    expect(parseAudioConfig(Buffer.from(hex, 'hex'))).toEqual(format);
  });

  it.each(['', '11', '1690', '1710', '1780562210', '2b92', 'f8'])('"%s" is none', (hex) => {
    expect(parseAudioConfig(Buffer.from(hex, 'hex'))).toBeNull();
  });

  it('never breaks anything, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const filler = fillerOf(Buffer.from(bytes));
        const input = interleaved(pictures(0, 2_000), sounds(0, 1_000));
        const output = fill(filler, input);
        expect(filler.config).toEqual(filler.refused ? STEREO_48K : Buffer.from(bytes));
        expect(output.filter((tag) => tag.kind !== 'audio')).toEqual(pictures(0, 2_000));
      }),
    );
  });
});

describe('silence, as ffmpeg decodes it', { timeout: 30_000 }, () => {
  // Configuration, channels and samples of a frame as they are decoded, and the length of a frame in ms.
  it.each([
    ['mono, 44.1 kHz', '1208', 1, 1_024, 1_024 / 44.1],
    ['mono, 48 kHz', '1188', 1, 1_024, FRAME_48K],
    ['stereo, 44.1 kHz', '1210', 2, 1_024, 1_024 / 44.1],
    ['stereo, 48 kHz', '1190', 2, 1_024, FRAME_48K],
    ['stereo, 16 kHz', '1410', 2, 1_024, 64],
    ['stereo, frames of 960', '1194', 2, 960, 20],
    ['3.0', '1198', 3, 1_024, FRAME_48K],
    ['4.0', '11a0', 4, 1_024, FRAME_48K],
    ['5.0', '11a8', 5, 1_024, FRAME_48K],
    ['5.1', '11b0', 6, 1_024, FRAME_48K],
    ['7.1', '11b8', 8, 1_024, FRAME_48K],
    ['AAC Main', '0990', 2, 1_024, FRAME_48K],
    ['HE-AAC, stereo', '2b920800', 2, 2_048, 1_024 / 22.05],
    // Which ffmpeg takes for what may become HE-AAC v2, and so for stereo.
    ['HE-AAC, mono', '2b098800', 2, 2_048, 1_024 / 24],
    ['HE-AAC, signalled behind', '131056e598', 2, 2_048, 1_024 / 24],
    ['HE-AAC v2', 'eb098800', 2, 2_048, 1_024 / 24],
  ])('is nothing but zeros of the right length: %s', async (_name, config, channels, samples, frameMs) => {
    const filler = fillerOf(message(config));
    const output = soundOf(fill(filler, pictures(5_000, 8_001)));
    expect(output).toHaveLength(Math.ceil(3_000 / frameMs));
    const { code, stdout, stderr } = await decode(filler.config, output);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.length).toBe(output.length * samples * channels * 2);
    expect(loudest(stdout)).toBe(0);
  });

  it('would be found damaged if it were', async () => {
    const filler = fillerOf(STEREO_48K);
    const output = soundOf(fill(filler, pictures(0, 1_000)));
    const frames = output.map((tag): Tag => {
      const payload = tag.bytes.subarray(11, -5);
      return { ...tag, bytes: flvTag(AUDIO, tag.timestamp, payload) };
    });
    const { code, stderr } = await decode(filler.config, frames);
    expect(code).not.toBe(0);
    expect(stderr).not.toBe('');
  });

  it.each([
    ['cut off', '11'],
    ['a reserved frequency', '1690'],
    ['a frequency spelled out', '1780562210'],
    ['a reserved layout', '11c0'],
    ['a speech codec', '41900000'],
    ['USAC', 'f946400000'],
  ])('takes the place of sound with which ffmpeg does not even start: %s', async (_name, config) => {
    const frames = fill(fillerOf(null), pictures(0, 1_000));
    const refusal = await decode(message(config), frames);
    expect(refusal.code).not.toBe(0);

    const filler = fillerOf(message(config));
    expect(filler.refused).toBe(true);
    const output = soundOf(fill(filler, interleaved(pictures(0, 1_000), sounds(0, 1_000))));
    const { code, stdout, stderr } = await decode(filler.config, output);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.length).toBe(output.length * 1_024 * 4);
    expect(stdout.length).toBeGreaterThan(0.95 * 48_000 * 4);
    expect(loudest(stdout)).toBe(0);
  });

  it.each([
    [44_100, 1],
    [48_000, 2],
  ])('bridges a hole in a real tone to the length of the hole: %i Hz, %i channels', async (rate, channels) => {
    const tone = await encodeTone(rate, channels, 4);
    const filler = fillerOf(tone.config);
    const heard = tone.tags.filter(({ timestamp }) => timestamp < 1_000 || timestamp >= 2_500);
    expect(heard.length).toBeLessThan(tone.tags.length - 50);
    const whole = await decode(tone.config, tone.tags);
    const bridged = await decode(filler.config, fill(filler, interleaved(pictures(0, 4_000), heard)));

    expect({ code: bridged.code, stderr: bridged.stderr }).toEqual({ code: 0, stderr: '' });
    const frame = 1_024 * channels * 2;
    expect(Math.abs(bridged.stdout.length - whole.stdout.length)).toBeLessThanOrEqual(frame);
    const at = (from: number, to: number) =>
      bridged.stdout.subarray(from * rate * channels * 2, to * rate * channels * 2);
    expect(loudest(at(0.2, 0.9))).toBeGreaterThan(1_000);
    expect(loudest(at(1.1, 2.4))).toBe(0);
    expect(loudest(at(2.6, 3.8))).toBeGreaterThan(1_000);
  });
});

describe('a publisher', () => {
  it('without sound has silence from its first picture to its last', () => {
    const filler = fillerOf(null);
    expect(filler.config).toEqual(STEREO_48K);
    expect(filler.refused).toBe(false);
    const output = fill(filler, [picture(1_000, 'key'), picture(1_040), picture(1_080)]);
    expect(output.map((tag) => `${tag.kind} ${tag.timestamp}`)).toEqual([
      ...['key 1000', 'audio 1000', 'audio 1021', 'inter 1040'],
      ...['audio 1043', 'audio 1064', 'inter 1080'],
    ]);
  });

  it('without sound has silence at exact times after an hour', () => {
    const filler = fillerOf(null);
    const stamps = times(soundOf(fill(filler, pictures(77, 3_600_077))));
    expect(stamps.length).toBeGreaterThan(168_000);
    const wrong = stamps.findIndex((stamp, at) => stamp !== Math.round(77 + (at * 1_024) / 48));
    expect(wrong).toBe(-1);
  });

  it('has its sound left alone while that is no later than patience allows', () => {
    const filler = fillerOf(STEREO_48K);
    const input = interleaved(pictures(0, 5_000), sounds(0, 5_000), PATIENCE_MS - 50);
    expect(fill(filler, input)).toEqual(input);
  });

  it('has holes in its sound left alone that are no longer than patience', () => {
    const filler = fillerOf(STEREO_48K);
    const input = interleaved(pictures(0, 3_000), [...sounds(0, 1_000), ...sounds(1_000 + PATIENCE_MS - 50, 3_000)]);
    expect(fill(filler, input)).toEqual(input);
  });

  it('that stamps its sound to and fro has it left alone, and measured by the latest of it', () => {
    const filler = fillerOf(STEREO_48K);
    const input = [picture(0, 'key'), sound(0), sound(300), sound(100), picture(300 + PATIENCE_MS)];
    expect(fill(filler, input)).toEqual(input);
  });

  it('whose sound stops gets silence after patience, which then keeps up with the picture', () => {
    const filler = fillerOf(STEREO_48K);
    const input = interleaved(pictures(0, 3_000), sounds(0, 1_000));
    const end = Math.max(...times(soundOf(input))) + FRAME_48K;
    const until = (time: number) => input.filter(({ timestamp }) => timestamp <= time);
    const last = Math.floor((end + PATIENCE_MS) / 40) * 40;
    expect(silenceOf(fill(filler, until(last)), input)).toEqual([]);

    const after = fill(filler, input.slice(until(last).length));
    let soundEnd = 0;
    for (const tag of after) {
      if (tag.kind === 'audio') soundEnd = tag.timestamp + FRAME_48K;
      else expect(soundEnd).toBeGreaterThanOrEqual(tag.timestamp - 1);
    }
    expect(times(after.slice(0, 1))[0]).toBe(Math.round(end));
  });

  it('whose sound comes back is heard again at once', () => {
    const filler = fillerOf(STEREO_48K);
    const back = sounds(2_000, 4_000);
    const output = soundOf(fill(filler, interleaved(pictures(0, 4_000), [...sounds(0, 1_000), ...back], 30)));
    const heard = output.filter((tag) => back.includes(tag));
    expect(heard[0]?.timestamp).toBeLessThan(2_100);
    expect(heard).toEqual(back.slice(-heard.length));
    expect(back.length - heard.length).toBeLessThanOrEqual(4);
  });

  it('whose sound begins late gets silence until then', () => {
    const filler = fillerOf(STEREO_48K);
    const input = interleaved(pictures(0, 4_000), sounds(2_000, 4_000));
    const output = soundOf(fill(filler, input));
    expect(output[0]?.timestamp).toBe(0);
    expect(output.at(-1)).toBe(input.findLast((tag) => tag.kind === 'audio'));
  });

  it('whose picture stood still has a hole in its sound filled up to where it goes on', () => {
    const filler = fillerOf(STEREO_48K);
    const silence = fill(filler, [picture(0, 'key'), sound(0), sound(1_000)]).slice(2, -1);
    expect(silence).toHaveLength(Math.round((1_000 - FRAME_48K) / FRAME_48K));
    expect(silence[0]?.timestamp).toBe(21);
    expect(Math.abs(1_000 - (silence.at(-1)?.timestamp ?? 0) - FRAME_48K)).toBeLessThanOrEqual(FRAME_48K / 2 + 1);
  });

  it('whose sound is always later than patience is heard after the first time', () => {
    const filler = fillerOf(STEREO_48K);
    const input = interleaved(pictures(0, 20_000), sounds(0, 20_000), 700);
    const output = fill(filler, input);
    const later = ({ timestamp }: Tag) => timestamp > 3_000;
    expect(soundOf(output).filter(later)).toEqual(soundOf(input).filter(later));
  });

  it('whose sound is seconds late is not waited for longer than others', () => {
    const filler = fillerOf(STEREO_48K);
    fill(filler, pictures(0, 6_000));
    const lastPicture = 5_960;
    expect(fill(filler, sounds(0, lastPicture - MAX_PATIENCE_MS))).toEqual([]);
    fill(filler, [sound(6_000)]);
    const next = picture(Math.ceil(6_000 + FRAME_48K + PATIENCE_MS + 1));
    expect(filler.take(next).length).toBeGreaterThan(PATIENCE_MS / FRAME_48K);
  });

  it('whose clock jumps never causes more silence than ten seconds at once', () => {
    const filler = fillerOf(STEREO_48K);
    filler.take(picture(0, 'key'));
    const output = filler.take(picture(86_400_000));
    const first = output[0]?.timestamp ?? 0;
    expect(first).toBe(86_400_000 - MAX_SILENCE_MS);
    expect(output).toHaveLength(Math.ceil(MAX_SILENCE_MS / FRAME_48K) + 1);
  });

  it('whose sound has another first byte than usual gets silence that has it too', () => {
    const filler = fillerOf(Buffer.from('ae001188', 'hex'));
    const [silence] = soundOf(fill(filler, pictures(0, 1_000)));
    expect(silence?.bytes.subarray(11, -4).toString('hex')).toBe('ae0101182007');
  });

  it.each([
    ['ELD', 'f8e64000'],
    ['a layout that is spelled out', '118004c848002000c6400d4c61766335392e33372e31303056e500'],
  ])('with a format of which we have no silence is passed on as it is: %s', (_name, config) => {
    const filler = fillerOf(message(config));
    const input = interleaved(pictures(0, 5_000), sounds(0, 1_000));
    expect(filler.refused).toBe(false);
    expect(filler.config).toEqual(message(config));
    expect(fill(filler, input)).toEqual(input);
  });
});

describe('the laws of filling', { timeout: 30_000 }, () => {
  const span = 20_000;
  const hole = fc.record({
    from: fc.integer({ min: 0, max: span - 3_000 }),
    length: fc.integer({ min: 2 * PATIENCE_MS, max: 6_000 }),
  });
  /** Twenty seconds of a class: pictures at an uneven rhythm, sound with holes, that may come later than its picture. */
  const classes = fc
    .record({
      start: fc.integer({ min: 0, max: 1_000_000 }),
      steps: fc.array(fc.integer({ min: 10, max: 120 }), { minLength: 5, maxLength: 20 }),
      holes: fc.array(hole, { minLength: 1, maxLength: 4 }),
      lateness: fc.integer({ min: 50, max: PATIENCE_MS - 50 }),
    })
    .map(({ start, steps, holes, lateness }) => {
      const pictureTags: Tag[] = [];
      for (let at = 0, count = 0; at < span; at += steps[count++ % steps.length] ?? 40) {
        pictureTags.push(picture(start + at, count ? 'inter' : 'key'));
      }
      const inHole = (time: number) =>
        holes.some(({ from, length }) => time >= start + from && time < start + from + length);
      const soundTags = sounds(start, start + span).filter(({ timestamp }) => !inHole(timestamp));
      return interleaved(pictureTags, soundTags, lateness);
    });

  it('sound is there for every picture, without a hole longer than patience, and never runs backwards', () => {
    let silence = 0;
    fc.assert(
      fc.property(classes, (input) => {
        const output = fill(fillerOf(STEREO_48K), input);
        silence += silenceOf(output, input).length;
        let end = input[0]?.timestamp ?? 0;
        let last = Number.NEGATIVE_INFINITY;
        for (const tag of output) {
          if (tag.kind === 'audio') {
            expect(tag.timestamp).toBeGreaterThan(last);
            expect(tag.timestamp - end).toBeLessThanOrEqual(PATIENCE_MS + 1);
            last = tag.timestamp;
            end = tag.timestamp + FRAME_48K;
          } else expect(tag.timestamp - end).toBeLessThanOrEqual(PATIENCE_MS + 1);
        }
      }),
    );
    expect(silence).toBeGreaterThan(1_000);
  });

  it('only sound whose time was already filled is lost, and silence covers no sound that is heard', () => {
    let lost = 0;
    fc.assert(
      fc.property(classes, (input) => {
        const filler = fillerOf(STEREO_48K);
        let filled = Number.NEGATIVE_INFINITY;
        let soundEnd = Number.NEGATIVE_INFINITY;
        for (const tag of input) {
          const output = filler.take(tag);
          for (const silent of output.filter((one) => one !== tag)) {
            expect(silent.timestamp).toBeGreaterThanOrEqual(soundEnd - 1);
            filled = silent.timestamp + FRAME_48K;
          }
          if (output.at(-1) === tag) {
            if (tag.kind === 'audio') soundEnd = tag.timestamp + FRAME_48K;
            if (tag.kind === 'audio') expect(tag.timestamp).toBeGreaterThanOrEqual(filled - FRAME_48K / 2 - 1);
          } else {
            lost += 1;
            expect(tag.kind).toBe('audio');
            expect(tag.timestamp).toBeLessThan(filled - FRAME_48K / 2 + 1);
          }
        }
      }),
    );
    expect(lost).toBeGreaterThan(100);
  });

  it('whatever comes in whatever order, pictures and sound stay themselves and in order, and silence is bounded', () => {
    const moves = fc.array(fc.record({ audio: fc.boolean(), by: fc.integer({ min: -1_000, max: MAX_SILENCE_MS }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(moves, fc.constantFrom(null, STEREO_48K, MONO_44K, message('1690')), (steps, config) => {
        let at = 1_000_000;
        const input = steps.map(({ audio, by }) => {
          at += by;
          return audio ? sound(at) : picture(at);
        });
        const filler = fillerOf(config);
        const output = input.map((tag) => filler.take(tag));
        const own = new Set(input);
        const passed = output.flat().filter((tag) => own.has(tag));
        expect(passed).toEqual(input.filter((tag) => passed.includes(tag)));
        expect(passed.filter((tag) => tag.kind !== 'audio')).toEqual(input.filter((tag) => tag.kind !== 'audio'));
        const silence = times(silenceOf(output.flat(), input));
        expect(silence.every((stamp, at) => at === 0 || stamp > (silence[at - 1] ?? 0))).toBe(true);
        const most = Math.max(0, ...output.map((tags) => tags.length));
        expect(most).toBeLessThanOrEqual(Math.ceil(MAX_SILENCE_MS / FRAME_48K) + 1);
      }),
    );
  });
});
