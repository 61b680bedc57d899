import { expect, it } from 'vitest';
import { Collapse } from '#media/edge/collapse.ts';
import type { OriginAnswer } from '#media/edge/origin.ts';
import { type Playlist, Playlists } from '#media/edge/playlists.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const stays = new AbortController().signal;
const PLAIN = { reload: null, skip: false };

function setUp() {
  const clock = stoppedClock(0);
  const playlists = new Playlists(new Collapse<OriginAnswer | Playlist>(10), clock);
  const asked: string[] = [];
  /** Its origin has whole segments up to `newest`. */
  const get = (newest: number, directives: Parameters<Playlists['get']>[1]) =>
    playlists.get('p/360p/live.m3u8', directives, stays, async (search) => {
      asked.push(search);
      return { status: 200, type: 'x', caching: 'no-cache', bytes: Buffer.from(`seg-${newest}.m4s\n`) };
    });
  return { clock, asked, get };
}

it('asks the origin for what comes after a text that nobody has renewed for long', async () => {
  const { clock, asked, get } = setUp();
  await get(10, PLAIN);
  await get(10, { reload: null, skip: true });
  clock.advance(10_000);
  await get(15, { reload: { msn: 15, part: undefined }, skip: true });
  await get(15, { reload: { msn: 15, part: undefined }, skip: false });
  expect(asked).toEqual(['', '?_HLS_skip=YES', '?_HLS_msn=15&_HLS_skip=YES', '?_HLS_msn=15']);
});

it('refuses by itself what is far ahead of a text that has just been read', async () => {
  const { clock, asked, get } = setUp();
  await get(10, PLAIN);
  clock.advance(500);
  await expect(get(10, { reload: { msn: 14, part: 0 }, skip: false })).rejects.toThrow('too far in the future');
  await get(13, { reload: { msn: 13, part: 0 }, skip: false });
  expect(asked).toEqual(['', '?_HLS_msn=13&_HLS_part=0']);
});
