import { describe, expect, it } from 'vitest';
import { frameRateFor, gainFor, readLook } from '#media/videos/conversion.ts';

describe('the rate of a converted video', () => {
  it.each([
    [null, 30],
    [25, 25],
    [29.97, 30],
    [23.976, 24],
    [50, 25],
    [59.94, 30],
    [60, 30],
    [120, 30],
    [90_000, 30],
    [1, 10],
    [12.5, 13],
    [30.3, 30],
  ])('from %s frames a second is %s', (source, rate) => {
    expect(frameRateFor(source)).toBe(rate);
  });
});

describe('how much louder a video is made', () => {
  const said = (level: string) =>
    `[Parsed_ebur128_0] Summary:\n\n  Integrated loudness:\n    I:         ${level} LUFS\n`;

  it.each([
    ['-18.0', 0],
    ['-23.4', 5.4],
    ['-9.5', -8.5],
    ['-45.0', 12],
    ['-2.0', -12],
    ['-70.0', 0],
  ])('at %s LUFS is %s dB', (level, gain) => {
    expect(gainFor(said(level))).toBe(gain);
  });

  it('is nothing when it could not be measured', () => {
    expect(gainFor('Error while decoding')).toBe(0);
    expect(gainFor(said('-inf'))).toBe(0);
  });
});

describe('what ffmpeg says of a file', () => {
  const input = (duration: string, ...streams: string[]) =>
    [
      "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/data/upload':",
      '  Metadata:',
      '    title           : Duration: 99:99:99.99, Stream #0:7: Audio: none',
      `  Duration: ${duration}, start: 0.000000, bitrate: 937 kb/s`,
      ...streams.map((stream, at) => `  Stream #0:${at}[0x${at}](und): ${stream}`),
      'Stream mapping:',
      '',
    ].join('\n');
  const output = (frames: number) =>
    [
      "Output #0, null, to 'pipe:':",
      '  Stream #0:0(und): Video: wrapped_avframe, yuv420p, 640x360 [SAR 1:1 DAR 16:9], q=2-31, 200 kb/s, 25 fps, 25 tbn',
      `frame=    0 fps=0.0 q=-0.0 size=N/A time=0\rframe=   ${frames} fps=0.0 q=-0.0 Lsize=N/A time=1`,
    ].join('\n');
  const picture = 'Video: h264 (High), yuv420p, 640x360, 25 fps, 25 tbr';
  const sound = 'Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono';

  it('is its length, its rate and whether there is sound; what its metadata say is not believed', () => {
    expect(readLook(input('01:02:03.50', picture, sound) + output(25), 0)).toEqual({
      durationMs: 3_723_500,
      framesPerSecond: 25,
      hasSound: true,
    });
    expect(readLook(input('N/A', picture) + output(25), 0)).toEqual({
      durationMs: null,
      framesPerSecond: 25,
      hasSound: false,
    });
  });

  it('is read of the old build as well, which indents its streams by four', () => {
    const old = (input('00:00:03.00', picture, sound) + output(25)).replaceAll('\n  Stream', '\n    Stream');
    expect(readLook(old, 0)).toEqual({ durationMs: 3_000, framesPerSecond: 25, hasSound: true });
  });

  it.each([
    ['[mp3] Format not on whitelist', 1, 'not-a-video'],
    ['file:/data/upload: Invalid data found when processing input', 1, 'not-a-video'],
    ['[mov] moov atom not found', 1, 'truncated'],
    [`${input('00:00:03.00', sound)}Stream map '0:V:0' matches no streams.`, 1, 'no-picture'],
    [input('00:00:03.00', picture) + output(0), 0, 'undecodable'],
    [input('00:00:03.00', picture), 1, 'undecodable'],
    [input('00:00:03.00', picture), null, 'undecodable'],
    [input('12:00:01.00', picture) + output(25), 0, 'too-long'],
  ])('%j (%s) means %s', (stderr, code, reason) => {
    expect(readLook(stderr, code)).toBe(reason);
  });
});
