import { expect, it, vi } from 'vitest';
import { followPlaying, lastPlayed, noteTrouble } from '#client/check/last-played.ts';

class Element extends EventTarget {
  seeking = false;
  videoWidth = 640;
  videoHeight = 360;
  tell(...names: string[]) {
    for (const name of names) this.dispatchEvent(new Event(name));
  }
}

it('counts stalls with their length, but neither the first picture nor seeks', () => {
  vi.useFakeTimers();
  const element = new Element();
  const stop = followPlaying(element as unknown as HTMLVideoElement, 'class-1', () => 2_345.6);
  element.tell('waiting', 'resize', 'playing');
  element.tell('waiting', 'waiting');
  vi.advanceTimersByTime(1_500);
  element.tell('playing');
  element.seeking = true;
  element.tell('waiting');
  element.seeking = false;
  element.tell('playing', 'waiting');
  vi.advanceTimersByTime(4_000);
  stop();
  element.tell('waiting', 'playing');
  vi.useRealTimers();
  expect(lastPlayed('class-1')).toEqual({ stalls: 2, stalledMs: 5_500, lines: 360, latencyMs: 2_346, errors: [] });
  expect(lastPlayed('class-2')).toBeNull();
  expect(lastPlayed(null)).toBeNull();
});

it('keeps the player’s last eight errors, as a report may have them', () => {
  for (let n = 0; n < 12; n += 1) noteTrouble('class-3', `fragLoadError ${n}`);
  noteTrouble('class-3', `错${'x'.repeat(200)}`);
  const errors = lastPlayed('class-3')?.errors ?? [];
  expect(errors).toHaveLength(8);
  expect(errors[0]).toBe('fragLoadError 5');
  expect(errors[7]).toBe(`?${'x'.repeat(79)}`);
});
