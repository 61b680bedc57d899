import { describe, expect, it } from 'vitest';
import { chosenAt } from '#client/room/captions.ts';

const zh = { language: 'zh', label: '中文' };
const en = { language: 'en', label: 'English' };
const unnamed = { language: '', label: 'CC1' };

describe('which captions are shown', () => {
  it('are those that were chosen on this device, or else the first', () => {
    expect(chosenAt([zh, en], 'en')).toBe(1);
    expect(chosenAt([zh], 'en')).toBe(0);
    expect(chosenAt([en, unnamed], 'CC1')).toBe(1);
  });

  it('are none when they are off, or there are none', () => {
    expect(chosenAt([zh, en], 'off')).toBe(-1);
    expect(chosenAt([], 'zh')).toBe(-1);
  });
});
