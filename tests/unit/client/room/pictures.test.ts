import { describe, expect, it } from 'vitest';
import { picturesOf } from '#client/room/pictures.ts';

const base = '/media/x/';
const began = 1_700_000_000_000;
const times = (count: number, from: number) => Array.from({ length: count }, (_, at) => began + from + at * 10_000);

describe('the picture of a place', () => {
  const sheets = [
    { file: 'preview-0.jpg', times: times(100, 0) },
    { file: 'preview-1.jpg', times: times(3, 1_000_000) },
  ];
  const preview = { width: 160, height: 90, columns: 10, sheets };
  const pictures = picturesOf(base, { making: false, poster: 'poster-1.jpg', preview });
  const place = (ms: number) => {
    const found = pictures.before(began + ms);
    return found && [found.sheet.slice(base.length), found.left, found.top];
  };

  it('is the one that was seen last, on its sheet', () => {
    expect(place(0)).toEqual(['preview-0.jpg', 0, 0]);
    expect(place(9_999)).toEqual(['preview-0.jpg', 0, 0]);
    expect(place(10_000)).toEqual(['preview-0.jpg', 160, 0]);
    expect(place(355_000)).toEqual(['preview-0.jpg', 800, 270]);
    expect(place(999_999)).toEqual(['preview-0.jpg', 1_440, 810]);
    expect(place(1_010_000)).toEqual(['preview-1.jpg', 160, 0]);
  });

  it('is the first before, and the last after them', () => {
    expect(place(-5_000)).toEqual(['preview-0.jpg', 0, 0]);
    expect(place(9_000_000)).toEqual(['preview-1.jpg', 320, 0]);
  });

  it('is none where none were made', () => {
    const none = picturesOf(base, { making: false, poster: null, preview: null });
    expect([none.poster, none.before(began)]).toEqual([null, null]);
    expect(pictures.poster).toBe('/media/x/poster-1.jpg');
  });
});
