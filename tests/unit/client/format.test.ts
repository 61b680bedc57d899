import { describe, expect, it } from 'vitest';
import {
  formatClock,
  formatCount,
  formatDateTime,
  formatDay,
  formatLength,
  formatTime,
  sameDay,
} from '#client/format.ts';

const FIRST_LESSON = '2022-02-08T01:00:00.000Z';

describe('times on pages', () => {
  it('are in Asia/Shanghai, whatever the device says', () => {
    expect(formatDateTime(FIRST_LESSON, 'zh', FIRST_LESSON)).toBe('2月8日 周二 09:00');
    expect(formatDateTime(FIRST_LESSON, 'en', FIRST_LESSON)).toBe('Tue 8 Feb 09:00');
    expect(formatTime('2022-02-07T16:05:00.000Z')).toBe('00:05');
  });

  it('name the year only when it is another one', () => {
    expect(formatDay(FIRST_LESSON, 'zh', '2023-01-01T00:00:00Z')).toBe('2022年2月8日 周二');
    expect(formatDay('2022-12-31T16:30:00Z', 'zh', '2023-06-01T00:00:00Z')).toBe('1月1日 周日');
  });

  it('know which day it is there', () => {
    expect(sameDay('2022-02-07T16:00:00Z', FIRST_LESSON)).toBe(true);
    expect(sameDay('2022-02-07T15:59:59Z', FIRST_LESSON)).toBe(false);
  });
});

describe('lengths', () => {
  it.each([
    [0, '0 分'],
    [59_999, '0 分'],
    [32 * 60_000, '32 分'],
    [92 * 60_000 + 30_000, '1 小时 32 分'],
    [120 * 60_000, '2 小时'],
    [-5, '0 分'],
  ])('of %d ms read %s', (ms, text) => {
    expect(formatLength(ms, 'zh')).toBe(text);
  });

  it('run as a clock', () => {
    expect(formatClock(32 * 60_000 + 10_000)).toBe('32:10');
    expect(formatClock(3_600_000 + 2_000)).toBe('1:00:02');
  });
});

it('counts are grouped', () => {
  expect([0, 999, 1_000, 40_123, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '40,123', '1,234,567']);
});
