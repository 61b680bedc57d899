import { expect, it } from 'vitest';
import { Stream } from '#media/stream.ts';
import { checkDates, checkNext, checkPlaylist, checkTogether, readPlaylist } from '#tests/support/hls-rules.ts';

/* The rules must be able to fail: a good playlist, and what is broken in it. */

const PDT = Date.UTC(2026, 10, 28, 1, 0, 0);

/** A stream with `segments` closed segments of six parts, and an open one of three. */
function good(segments: number): string {
  const stream = new Stream();
  stream.addInit(0, Buffer.from('init'));
  const part = (independent = false) => ({ bytes: Buffer.from('part'), duration: 333_333, independent });
  for (let msn = 0; msn <= segments; msn += 1) {
    const opening = {
      msn,
      pdt: PDT + msn * 2_000,
      discontinuity: msn === 2,
      discontinuitySequence: msn < 2 ? 0 : 1,
      init: 0,
    };
    stream.cut({ ...opening, parts: [part(true)] });
    for (let at = 1; at < (msn === segments ? 3 : 6); at += 1) stream.append(part());
  }
  return stream.playlist();
}

function problemsOf(check: (report: (rule: string) => void) => void): string[] {
  const rules = new Set<string>();
  check((rule) => rules.add(rule));
  return [...rules];
}

it('find nothing in a good playlist', () => {
  const [before, after] = [readPlaylist(good(5)), readPlaylist(good(6))];
  expect(problemsOf((report) => checkPlaylist(after, report))).toEqual([]);
  expect(problemsOf((report) => checkNext(before, after, report))).toEqual([]);
  expect(problemsOf((report) => checkDates(after.segments.slice(0, -1), 6, report))).toEqual([]);
  expect(problemsOf((report) => checkTogether(before, after, 1, report))).toEqual([]);
});

it.each([
  ['a segment longer than the target', /#EXTINF:1.999998/, '#EXTINF:2.6', '4.4.3.1'],
  ['a part longer than the part target', /DURATION=0.333333,URI="part-6.1/, 'DURATION=0.4,URI="part-6.1', '4.4.4.9'],
  ['a part that is too short', /DURATION=0.333333,URI="part-6.1/, 'DURATION=0.2,URI="part-6.1', '4.4.4.9'],
  ['a hold back below two parts', /PART-HOLD-BACK=0.950/, 'PART-HOLD-BACK=0.500', '4.4.3.8'],
  ['no init segment', /#EXT-X-MAP.*\n/, '', '4.4.4.5'],
  ['no date', /#EXT-X-PROGRAM-DATE-TIME.*\n/, '', '4.4.4.6'],
  ['no hint', /#EXT-X-PRELOAD-HINT.*\n/, '', '4.4.5.3'],
  ['an old version', /VERSION:9/, 'VERSION:8', '8'],
])('find %s', (_, what, instead, rule) => {
  const text = good(6);
  const broken = text.replace(what, instead);
  expect(broken).not.toBe(text);
  expect(problemsOf((report) => checkPlaylist(readPlaylist(broken), report))).toContain(rule);
});

it.each([
  ['another target duration', /TARGETDURATION:2/, 'TARGETDURATION:3', '6.2.1'],
  ['a part that became another', /URI="part-4.1.m4s"/, 'URI="part-4.7.m4s"', '6.2.1'],
  ['a date that changed', /T01:00:02/, 'T01:00:03', '6.2.1'],
  ['a media sequence that went back', /MEDIA-SEQUENCE:0/, 'MEDIA-SEQUENCE:-1', '6.2.2'],
  ['a discontinuity that went', /#EXT-X-DISCONTINUITY\n/, '', '6.2.1'],
])('find from one version to the next %s', (_, what, instead, rule) => {
  const text = good(6);
  const broken = text.replace(what, instead);
  expect(broken).not.toBe(text);
  expect(problemsOf((report) => checkNext(readPlaylist(good(5)), readPlaylist(broken), report))).toContain(rule);
});

it('find dates that do not add up, and renditions that differ', () => {
  const shifted = readPlaylist(good(6).replace('T01:00:02', 'T01:00:03'));
  expect(problemsOf((report) => checkDates(shifted.segments, 6, report))).toEqual(['4.4.4.6']);
  expect(problemsOf((report) => checkTogether(readPlaylist(good(6)), shifted, 1, report))).toEqual(['6.2.4']);
});
