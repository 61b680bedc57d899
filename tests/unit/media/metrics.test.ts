import { expect, it } from 'vitest';
import { kindOf } from '#media/metrics/requests.ts';

it('counts by what was asked for, whatever the address is', () => {
  const kinds = {
    playlist: ['/media/abc/720p/live.m3u8?_HLS_msn=3&_HLS_part=1', '/media/t/x.y.z/abc/index.m3u8'],
    part: ['/media/abc/720p/part-12.3.m4s'],
    segment: ['/media/abc/sound/seg-12.m4s?x'],
    init: ['/media/abc/720p/init-1.mp4'],
    control: ['/control/status'],
    upload: ['/uploads/0190'],
    other: ['/', '', '*', '/media/abc', '/media/abc/class.mp4', '/media/?/seg-1.m4s'],
  };
  for (const [kind, urls] of Object.entries(kinds))
    for (const url of urls) expect([url, kindOf(url)]).toEqual([url, kind]);
});
