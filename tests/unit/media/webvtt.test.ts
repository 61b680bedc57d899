import { describe, expect, it } from 'vitest';
import { captionPlaylist, captionText, withCaptions } from '#media/webvtt.ts';

const began = Date.UTC(2026, 1, 8, 1, 0, 0);
const stretch = {
  msn: 30,
  pdt: began + 60_000,
  duration: 60_000_000,
  discontinuity: false,
  discontinuitySequence: 0,
  clockChanged: false,
};
const cue = (from: number, to: number, text: string) => ({ from, to, text });

describe('a segment of captions', () => {
  const cues = [
    cue(0, 1_000, 'before'),
    cue(59_000, 61_500, 'over its beginning'),
    cue(90_000, 92_000, '两行\n1 < 2 & --> 3'),
    cue(119_500, 121_000, 'over its end'),
    cue(120_000, 121_000, 'after'),
  ];

  it('has its cues with their own times and names, and says where the picture’s clock is', () => {
    expect(captionText({ zero: began, cues }, stretch, 61_000_000)).toBe(
      [
        'WEBVTT',
        'X-TIMESTAMP-MAP=LOCAL:00:01:00.000,MPEGTS:5490000',
        '',
        '2',
        '00:00:59.000 --> 00:01:01.500',
        'over its beginning',
        '',
        '3',
        '00:01:30.000 --> 00:01:32.000',
        '两行',
        '1 &lt; 2 &amp; --&gt; 3',
        '',
        '4',
        '00:01:59.500 --> 00:02:01.000',
        'over its end',
        '',
      ].join('\n'),
    );
  });

  it('does not repeat on another clock what began on the last', () => {
    const text = captionText({ zero: began, cues }, { ...stretch, clockChanged: true }, 1_000_000);
    expect(text).not.toContain('over its beginning');
    expect(text).toContain('LOCAL:00:01:00.000,MPEGTS:90000');
  });

  it('knows a file that begins after it, and a clock that has wrapped', () => {
    const late = { zero: began + 70_000, cues: [cue(0, 2_000, 'first')] };
    expect(captionText(late, stretch, 61_000_000)).toContain('LOCAL:00:00:00.000,MPEGTS:6390000');
    expect(captionText(late, stretch, 61_000_000)).toContain('00:00:00.000 --> 00:00:02.000\nfirst');
    const wrapped = captionText({ zero: began, cues }, stretch, (2 ** 33 / 90) * 1_000 + 5_000_000);
    expect(wrapped).toContain('MPEGTS:450000');
  });

  it('is empty where there is no picture', () => {
    expect(captionText({ zero: began, cues }, stretch, null)).not.toContain('-->');
  });
});

describe('the playlists', () => {
  it('lists the stretches with their dates and discontinuities', () => {
    const next = {
      ...stretch,
      msn: 60,
      pdt: began + 125_000,
      duration: 1_500_000,
      discontinuity: true,
      discontinuitySequence: 1,
    };
    expect(captionPlaylist([stretch, next], ({ msn }) => `zh-${msn}.vtt`)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:60
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-PROGRAM-DATE-TIME:2026-02-08T01:01:00.000Z
#EXTINF:60.000000,
zh-30.vtt
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-02-08T01:02:05.000Z
#EXTINF:1.500000,
zh-60.vtt
#EXT-X-ENDLIST
`);
  });

  it('offers captions with every variant, and none where there are none', () => {
    const playlist = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="sound"\n360p/dvr.m3u8\n';
    expect(withCaptions(playlist, [])).toBe(playlist);
    expect(withCaptions(playlist, ['zh'])).toBe(
      [
        '#EXTM3U',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="中文",LANGUAGE="zh",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="captions/zh.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="sound",SUBTITLES="captions"',
        '360p/dvr.m3u8',
        '',
      ].join('\n'),
    );
  });
});
