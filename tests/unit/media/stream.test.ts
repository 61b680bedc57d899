import { M3U8Parser } from 'hls.js';
import { describe, expect, it } from 'vitest';
import { Stream } from '#media/stream.ts';

const PDT = Date.UTC(2026, 10, 24, 1, 0, 0);
const here = new AbortController().signal;

function part(name: string, independent = false) {
  return { bytes: Buffer.from(name), duration: 333_333, independent };
}

function opening(msn: number, discontinuitySequence = 0, discontinuity = false) {
  const first = part(`${msn}.0`, true);
  return {
    msn,
    pdt: PDT + msn * 2000,
    discontinuity,
    discontinuitySequence,
    init: discontinuitySequence,
    parts: [first],
  };
}

/** A stream with `segments` closed segments of six parts, and an open one of two. */
function stream(segments: number): Stream {
  const made = new Stream();
  made.addInit(0, Buffer.from('init'));
  for (let msn = 0; msn <= segments; msn += 1) {
    made.cut(opening(msn));
    for (let at = 1; at < (msn === segments ? 2 : 6); at += 1) made.append(part(`${msn}.${at}`));
  }
  return made;
}

function parse(text: string) {
  return M3U8Parser.parseLevelPlaylist(text, 'http://x/live.m3u8', 0, 'main' as never, 0, null);
}

describe('the playlist', () => {
  it('has segments, parts and a hint', () => {
    expect(stream(1).playlist()).toBe(
      `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,PART-HOLD-BACK=0.950,HOLD-BACK=6.000
#EXT-X-PART-INF:PART-TARGET=0.350
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T01:00:00.000Z
#EXT-X-PART:DURATION=0.333333,URI="part-0.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.333333,URI="part-0.1.m4s"
#EXT-X-PART:DURATION=0.333333,URI="part-0.2.m4s"
#EXT-X-PART:DURATION=0.333333,URI="part-0.3.m4s"
#EXT-X-PART:DURATION=0.333333,URI="part-0.4.m4s"
#EXT-X-PART:DURATION=0.333333,URI="part-0.5.m4s"
#EXTINF:1.999998,
seg-0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T01:00:02.000Z
#EXT-X-PART:DURATION=0.333333,URI="part-1.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.333333,URI="part-1.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-1.2.m4s"
`,
    );
  });

  it('is read by hls.js as it is meant', () => {
    const details = parse(stream(20).playlist());
    expect(details.playlistParsingError).toBeNull();
    expect(details).toMatchObject({
      live: true,
      canBlockReload: true,
      partTarget: 0.35,
      partHoldBack: 0.95,
      startSN: 9,
    });
    expect(details.fragments).toHaveLength(11);
    expect(details.partList?.at(-1)).toMatchObject({ index: 1, relurl: 'part-20.1.m4s' });
    expect(details.preloadHint).toMatchObject({ URI: 'part-20.2.m4s' });
    expect(details.fragments[0]?.programDateTime).toBe(PDT + 18_000);
  });

  it('marks a discontinuity, and counts it once it has left the window', () => {
    const made = stream(2);
    made.closeSegment();
    made.addInit(1, Buffer.from('init'));
    made.cut(opening(3, 1, true));
    const text = made.playlist();
    expect(text).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-1.mp4"\n#EXT-X-PROGRAM-DATE-TIME');
    expect(text).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:0\n');
    expect(parse(text).fragments.map((fragment) => fragment.cc)).toEqual([0, 0, 0]);
    for (let msn = 4; msn < 70; msn += 1) made.cut(opening(msn, 1));
    expect(made.playlist()).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:1\n');
  });

  it('is ordinary HLS for a crowd: closed segments alone, and nothing before the first', () => {
    const made = stream(1);
    expect(made.crowdPlaylist()).toBe(
      `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T01:00:00.000Z
#EXTINF:1.999998,
seg-0.m4s
`,
    );
    expect(() => stream(0).crowdPlaylist()).toThrow('Nothing has been published');
    const details = parse(stream(20).crowdPlaylist());
    expect(details).toMatchObject({ live: true, canBlockReload: false, startSN: 8, endSN: 19 });
    made.end();
    expect(parse(made.crowdPlaylist())).toMatchObject({ live: false, endSN: 1 });
  });

  it('hints at the next segment when a key frame is due', () => {
    const made = stream(1);
    for (let at = 2; at < 6; at += 1) made.append(part(`1.${at}`));
    expect(made.playlist()).toContain('URI="part-2.0.m4s"');
  });

  it('leaves out in a delta update what is long past, and hls.js puts it together again', () => {
    const made = stream(20);
    const whole = parse(made.playlist());
    const lines = made.playlist().split('\n');
    const delta = made.playlist(true).split('\n');
    const skip = delta.findIndex((line) => line.startsWith('#EXT-X-SKIP'));
    expect(delta[skip]).toBe('#EXT-X-SKIP:SKIPPED-SEGMENTS=5');
    // What follows is the end of the whole, but for the init segment, which is named anew.
    expect(delta[skip + 1]).toBe('#EXT-X-MAP:URI="init-0.mp4"');
    expect(lines.slice(2 - delta.length + skip)).toEqual(delta.slice(skip + 2));
    expect(parse(made.playlist(true))).toMatchObject({
      skippedSegments: 5,
      startSN: whole.startSN,
      endSN: whole.endSN,
      playlistParsingError: null,
    });
  });

  it('leaves nothing out where there is nothing long past', () => {
    const made = stream(3);
    expect(made.playlist(true)).toBe(made.playlist());
  });

  it('lists a segment that never came as a gap', () => {
    const made = stream(1);
    const { parts: _, ...missing } = opening(2);
    made.addGap({ ...missing, gap: 2_000_000, parts: [] });
    made.cut(opening(3));
    const text = made.playlist();
    expect(text).toContain('#EXT-X-GAP\n#EXTINF:2.000000,\nseg-2.m4s\n');
    expect(parse(text).fragments.map(({ sn, gap }) => [sn, gap ?? false])).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ]);
    expect(made.segment(2)).toBeUndefined();
  });

  it('begins anew where many segments were lost: its numbers are consecutive', () => {
    const made = stream(3);
    made.closeSegment();
    made.cut(opening(9, 1, true));
    expect(parse(made.playlist()).startSN).toBe(9);
    expect(made.playlist()).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:0\n');
  });

  it('reports where the other renditions are', () => {
    const [one, other] = [stream(1), stream(2)];
    one.reportWith(() => [{ uri: '../480p/live.m3u8', ...(other.newest ?? { msn: 0, part: 0 }) }]);
    const text = one.playlist();
    expect(text).toMatch(
      /part-1\.2\.m4s"\n#EXT-X-RENDITION-REPORT:URI="\.\.\/480p\/live\.m3u8",LAST-MSN=2,LAST-PART=1\n$/,
    );
    expect(parse(text).renditionReports).toMatchObject([{ 'LAST-MSN': '2', 'LAST-PART': '1' }]);
  });

  it('ends', () => {
    const made = stream(1);
    made.end();
    expect(made.playlist()).toMatch(/seg-1\.m4s\n#EXT-X-ENDLIST\n$/);
    expect(parse(made.playlist()).live).toBe(false);
  });
});

describe('blocking reload', () => {
  it('waits for the part named', async () => {
    const made = stream(1);
    const answer = made.playlistWith({ msn: 1, part: 2 }, here);
    made.append(part('1.2'));
    expect(await answer).toContain('URI="part-1.2.m4s"\n#EXT-X-PRELOAD-HINT');
  });

  it('goes on to the next segment when that part never comes', async () => {
    const made = stream(1);
    const answer = made.playlistWith({ msn: 1, part: 2 }, here);
    made.cut(opening(2));
    expect(await answer).toContain('seg-1.m4s');
  });

  it('by msn alone waits for the whole segment', async () => {
    const made = stream(1);
    const answer = made.playlistWith({ msn: 1, part: undefined }, here);
    made.append(part('1.2'));
    made.cut(opening(2));
    expect(await answer).toMatch(/seg-1\.m4s[\s\S]*part-2\.0\.m4s",INDEPENDENT=YES/);
  });

  it('is answered at once for what is there or past', async () => {
    const made = stream(20);
    expect(await made.playlistWith({ msn: 3, part: 4 }, here)).toBe(made.playlist());
    expect(await made.playlistWith({ msn: 20, part: 1 }, here)).toBe(made.playlist());
  });

  it.each([
    { msn: 4, part: undefined },
    { msn: 999, part: 0 },
    { msn: 1, part: 50 },
  ])('is refused in the far future: %j', async (reload) => {
    await expect(stream(1).playlistWith(reload, here)).rejects.toMatchObject({ code: 'bad-reload' });
  });

  it('ends with the broadcast', async () => {
    const made = stream(1);
    const answer = made.playlistWith({ msn: 2, part: 0 }, here);
    made.end();
    expect(await answer).toContain('#EXT-X-ENDLIST');
  });

  it('forgets a client that left', async () => {
    const client = new AbortController();
    const answer = stream(1).playlistWith({ msn: 1, part: 2 }, client.signal);
    client.abort();
    await expect(answer).rejects.toThrow(/abort/i);
  });
});

describe('media', () => {
  it('gives the hinted part as soon as it exists', async () => {
    const made = stream(1);
    const answer = made.part(1, 2, here);
    made.append(part('1.2'));
    expect(String(await answer)).toBe('1.2');
  });

  it('tells whoever waits for a part that never came', async () => {
    const made = stream(1);
    const answer = made.part(1, 2, here);
    made.cut(opening(2));
    await expect(answer).rejects.toMatchObject({ code: 'not-found' });
  });

  it('gives closed segments as the sum of their parts, and no open, past or future ones', () => {
    const made = stream(40);
    expect(String(made.segment(39))).toBe('39.039.139.239.339.439.5');
    for (const msn of [0, 40, 41]) expect(made.segment(msn)).toBeUndefined();
  });

  it('knows no part beyond the next', async () => {
    await expect(stream(1).part(1, 3, here)).rejects.toMatchObject({ code: 'not-found' });
    await expect(stream(1).part(0, 6, here)).rejects.toMatchObject({ code: 'not-found' });
  });
});
