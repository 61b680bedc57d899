import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#server/errors.ts';
import { readCaptions } from '#server/live/caption-file.ts';

const read = (text: string) => readCaptions(Buffer.from(text));

/** Code and line of the refusal. */
function refusal(bytes: Buffer | string): [string, unknown] {
  try {
    readCaptions(Buffer.from(bytes as string));
  } catch (error) {
    if (error instanceof AppError) return [error.code, error.params.line];
    throw error;
  }
  throw new Error('it was taken');
}

const SRT = `1
00:00:01,000 --> 00:00:03,500
各位学员，大家好。
今天讲两起事故。

2
00:00:04,000 --> 00:00:06,000 X1:10 X2:20
<i>第一起</i>，{\\an8}在 <b>A & B</b> 厂。
`;

describe('a file of captions', () => {
  it('is read as SRT', () => {
    expect(read(SRT)).toEqual([
      { from: 1_000, to: 3_500, text: '各位学员，大家好。\n今天讲两起事故。' },
      { from: 4_000, to: 6_000, text: '第一起，在 A & B 厂。' },
    ]);
    expect(read(SRT.replaceAll('\n', '\r\n'))).toEqual(read(SRT));
  });

  it('is read as WebVTT, less what is for another player', () => {
    const text = `WEBVTT - lesson
Kind: captions

STYLE
::cue { background: url(http://elsewhere) }

NOTE
00:00:00.000 --> 00:00:09.000
not shown

intro
00:01.5 --> 00:03.000 align:start position:0%
<v 讲师>1 &lt; 2</v> <00:00:02.000><c.red>对</c>

01:00:00.000 --> 01:00:02.000
End
`;
    expect(read(text)).toEqual([
      { from: 1_500, to: 3_000, text: '1 < 2 对' },
      { from: 3_600_000, to: 3_602_000, text: 'End' },
    ]);
  });

  it('is read in the encodings of Chinese computers', () => {
    const gb = Buffer.concat([
      Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n'),
      // 安全
      Buffer.from([0xb0, 0xb2, 0xc8, 0xab]),
    ]);
    expect(readCaptions(gb)[0]?.text).toBe('安全');
    expect(read(`\ufeff${SRT}`)).toEqual(read(SRT));
    expect(readCaptions(Buffer.from(`\ufeff${SRT}`, 'utf16le'))).toEqual(read(SRT));
  });

  it('comes in order, and without what says nothing', () => {
    const text = '00:05.000 --> 00:06.000\nb\n\n00:01.000 --> 00:02.000\na\n\n00:03.000 --> 00:04.000\n<i></i>\n';
    expect(read(text).map((cue) => cue.text)).toEqual(['a', 'b']);
  });

  it('is refused with the line and the reason', () => {
    expect(refusal(SRT.replace('00:00:04,000', '00:00:4'))).toEqual(['captions-time', 7]);
    expect(refusal(SRT.replace('00:00:04,000', '00:61:04,000'))).toEqual(['captions-time', 7]);
    expect(refusal(SRT.replace('00:00:06,000', '00:00:04,000'))).toEqual(['captions-backwards', 7]);
    expect(refusal(`${SRT}\nwords alone\n`)).toEqual(['captions-no-time', 10]);
    expect(refusal(`WEBVTT\n\nintro\nmore\n00:01.000 --> 00:02.000\na\n`)).toEqual(['captions-no-time', 3]);
    expect(refusal('WEBVTT\n')).toEqual(['captions-empty', undefined]);
    expect(refusal('')).toEqual(['captions-empty', undefined]);
    expect(refusal(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]))[0]).toBe('captions-encoding');
    expect(refusal('x'.repeat(1_048_577))[0]).toBe('captions-too-large');
    const many = Array.from({ length: 10_001 }, () => '00:01.000 --> 00:02.000\na\n').join('\n');
    expect(refusal(many)).toEqual(['captions-too-many', 30_001]);
  });

  it('never fails otherwise, whatever is in it', () => {
    const piece = fc.constantFrom(
      ...[
        '1',
        'WEBVTT',
        '\n',
        '\n\n',
        '00:01.000 --> 00:02.000\n',
        '<script>',
        '</',
        '<b',
        '>',
        '&lt;',
        '{\\an8}',
        '中',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((all) => Buffer.from(all.join(''))),
          fc.uint8Array(),
        ),
        (bytes) => {
          try {
            for (const { from, to, text } of readCaptions(Buffer.from(bytes))) {
              expect(to).toBeGreaterThan(from);
              expect(text.trim()).not.toBe('');
            }
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        },
      ),
    );
  });
});
