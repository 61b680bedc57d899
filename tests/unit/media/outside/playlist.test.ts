import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlaylist } from '#media/outside/playlist.ts';

const LIVE = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:120
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4.000,
#EXT-X-PROGRAM-DATE-TIME:2027-02-08T09:00:00.000+0800
a120.m4s?sign=1
#EXT-X-PROGRAM-DATE-TIME:2027-02-08T09:00:04.000+0800
#EXTINF:3.500,title, with a comma
a121.m4s
`;

function media(text: string) {
  const parsed = parsePlaylist(text);
  if (parsed?.kind !== 'media') throw new Error('no media playlist');
  return parsed;
}

describe('a media playlist', () => {
  it('gives where its end is and when that was', () => {
    expect(media(LIVE)).toEqual({
      kind: 'media',
      segmentMs: 4_000,
      end: '122.0 a121.m4s',
      endDate: Date.parse('2027-02-08T01:00:07.500Z'),
      newestMs: 3_500,
      uris: ['a121.m4s', 'init.mp4'],
      over: false,
    });
  });

  it('ends with its newest part, where it has parts', () => {
    const parts =
      '#EXT-X-PART:DURATION=0.5,URI="a122.0.m4s",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.4,URI="a122.1.m4s"\n';
    const parsed = media(LIVE + parts);
    expect(parsed).toMatchObject({ end: '122.2 a122.1.m4s', endDate: Date.parse('2027-02-08T01:00:08.400Z') });
    expect(media(`${LIVE + parts}#EXTINF:4,\na122.m4s\n`)).toMatchObject({ end: '123.0 a122.m4s', newestMs: 4_000 });
  });

  it('is dated also by a date that stands only at its beginning, and by none without one', () => {
    const [first] = LIVE.split('#EXT-X-PROGRAM-DATE-TIME:2027-02-08T09:00:04');
    const rest = '#EXTINF:4,\nb\n#EXTINF:4,\nc\n';
    const once = (first ?? '').replace(/#EXTINF:4.000,\n(#EXT-X-PROGRAM.*\n)/, '$1#EXTINF:4.000,\n');
    expect(media(once + rest).endDate).toBe(Date.parse('2027-02-08T01:00:12Z'));
    expect(media(LIVE.replace(/#EXT-X-PROGRAM-DATE-TIME.*\n/g, '')).endDate).toBeNull();
  });

  it('is over when it says so', () => {
    expect(media(`${LIVE}#EXT-X-ENDLIST\n`).over).toBe(true);
    expect(media(LIVE.replace('#EXT-X-VERSION:6', '#EXT-X-PLAYLIST-TYPE:VOD')).over).toBe(true);
    expect(media(LIVE.replace('#EXT-X-VERSION:6', '#EXT-X-PLAYLIST-TYPE:EVENT')).over).toBe(false);
  });
});

it('a multivariant playlist gives its variants', () => {
  const text =
    '#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25\r\n' +
    'hd/live.m3u8?a=1,2\r\n#EXT-X-STREAM-INF:BANDWIDTH=500000\r\n\r\nsd.m3u8\r\n';
  const unsaid = { width: null, height: null, framesPerSecond: null, codecs: null };
  const codecs = ['avc1.64001f', 'mp4a.40.2'];
  expect(parsePlaylist(text)).toEqual({
    kind: 'multivariant',
    variants: [
      { uri: 'hd/live.m3u8?a=1,2', bitrate: 2_000_000, width: 1280, height: 720, framesPerSecond: 25, codecs },
      { uri: 'sd.m3u8', bitrate: 500_000, ...unsaid },
    ],
  });
});

it('whatever else is there is no playlist, and nothing makes it fail', () => {
  expect(parsePlaylist('<html></html>')).toBeNull();
  expect(parsePlaylist('')).toBeNull();
  expect(parsePlaylist('#EXTM3U\n#EXTINF:10,\nsong.mp3\n')).toBeNull();
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '#EXTINF:',
      '#EXT-X-PART:',
      '#EXT-X-MAP:URI=',
      '#EXT-X-TARGETDURATION:-1',
      '#EXT-X-MEDIA-SEQUENCE:x',
    ),
    fc.string().map((text) => `#EXT-X-PROGRAM-DATE-TIME:${text}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const parsed = parsePlaylist(['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...lines].join('\n'));
      if (parsed?.kind === 'media')
        expect(Number.isNaN(parsed.endDate ?? 0) || Number.isNaN(parsed.newestMs)).toBe(false);
    }),
  );
});
