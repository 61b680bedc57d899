import { describe, expect, it } from 'vitest';
import { standingOf } from '#client/console/live/video-standing.ts';

const LOST = '2026-03-02T02:00:05.000Z';
const ended = { state: null, endedAt: '2026-03-02T02:00:03.000Z' };

describe('a picture that is away', () => {
  it.each(['finished', 'stopped'] as const)('since a video is %s is no alarm', (outcome) => {
    expect(standingOf({ ...ended, outcome }, LOST)).toBe('over');
  });

  it.each(['failed', 'class_ended', 'cancelled'] as const)('since a video is %s is one', (outcome) => {
    expect(standingOf({ ...ended, outcome }, LOST)).toBeNull();
  });

  it('is one without a video, and long after it, when somebody else was lost', () => {
    expect(standingOf(null, LOST)).toBeNull();
    expect(standingOf({ ...ended, outcome: 'stopped', endedAt: '2026-03-02T01:59:50.000Z' }, LOST)).toBeNull();
  });
});

it('a picture that a video holds stands still as it should', () => {
  expect(standingOf({ state: 'held', outcome: null, endedAt: null }, null)).toBe('held');
});
