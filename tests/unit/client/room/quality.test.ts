import { describe, expect, it } from 'vitest';
import { choices, ladderOf, linesOf, nearest, parseQuality } from '#client/room/quality.ts';

const AVC = 'avc1.64001f';
const AAC = 'mp4a.40.2';
const PICTURES = [
  { width: 640, height: 360, videoCodec: AVC, audioCodec: AAC },
  { width: 1280, height: 720, videoCodec: AVC, audioCodec: AAC },
  { width: 854, height: 480, videoCodec: AVC, audioCodec: AAC },
];
const SOUND = { audioCodec: AAC };
const LADDER = { rungs: [720, 480, 360], sound: true };

describe('what there is to choose from', () => {
  it('is the rungs from the highest down, and the sound alone where a variant has it', () => {
    expect(ladderOf([...PICTURES, SOUND])).toEqual(LADDER);
    expect(ladderOf(PICTURES)).toEqual({ rungs: [720, 480, 360], sound: false });
  });

  it('names a picture held upright by its shorter side', () => {
    expect(linesOf({ width: 720, height: 1280 })).toBe(720);
    expect(linesOf({})).toBe(0);
  });

  it('is nothing but the sound where the class has no picture, which is no choice', () => {
    expect(choices(ladderOf([SOUND]))).toEqual([]);
  });

  it('has no rung without a size, and still takes it for a picture', () => {
    expect(ladderOf([{ videoCodec: AVC, audioCodec: AAC }, SOUND])).toEqual({ rungs: [], sound: true });
  });

  it('is offered only where there is more than one way to watch', () => {
    expect(choices(LADDER)).toEqual(['auto', 720, 480, 360, 'sound']);
    expect(choices({ rungs: [720], sound: true })).toEqual(['auto', 'sound']);
    expect(choices({ rungs: [720], sound: false })).toEqual([]);
    expect(choices({ rungs: [], sound: false })).toEqual([]);
  });
});

describe('a choice', () => {
  it('is kept where it can be had', () => {
    for (const chosen of ['auto', 720, 480, 360, 'sound'] as const) expect(nearest(chosen, LADDER)).toBe(chosen);
  });

  it('gives way to the next lower rung, else to the lowest', () => {
    expect(nearest(1080, LADDER)).toBe(720);
    expect(nearest(600, LADDER)).toBe(480);
    expect(nearest(240, LADDER)).toBe(360);
  });

  it('is left to the player where there is nothing to choose', () => {
    expect(nearest(720, { rungs: [480], sound: false })).toBe('auto');
    expect(nearest('sound', { rungs: [480], sound: false })).toBe('auto');
  });

  it('is read from what a device remembers, whatever that may be', () => {
    expect(['480', 'sound', 'auto', null, '', 'low', '-1', '1e9'].map(parseQuality)).toEqual([
      480,
      'sound',
      ...Array.from({ length: 6 }, () => 'auto'),
    ]);
  });
});
