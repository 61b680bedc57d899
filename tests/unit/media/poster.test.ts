import { describe, expect, it } from 'vitest';
import { choosePoster, GLANCE_BYTES, type Glance } from '#media/poster.ts';

const plain = (brightness: number) => new Uint8Array(GLANCE_BYTES).fill(brightness);
/** A line of writing on something plain. */
const page = (brightness: number, written = 0.05) =>
  plain(brightness).map((byte, at) => (at % 100 < written * 100 ? 255 - byte : byte));
const scene = Uint8Array.from({ length: GLANCE_BYTES }, (_, at) => (at * 37) % 256);

const seen = (...pictures: Uint8Array[]): Glance[] => pictures.map((bytes, at) => ({ at: at * 10_000, bytes }));

describe('the poster', () => {
  it('is the first picture with something to see, once the class has settled', () => {
    const glances = seen(scene, plain(16), page(20), page(250), scene, scene);
    expect(choosePoster(glances)).toBe(glances[4]);
  });

  it('is no slate and nothing black where there is a page', () => {
    const glances = seen(plain(16), plain(16), page(20, 0.1), page(250), page(20, 0.1));
    expect(choosePoster(glances)).toBe(glances[3]);
  });

  it('is what there is', () => {
    const black = seen(plain(16), plain(16));
    expect(choosePoster(black)).toBe(black[1]);
    const [only] = seen(plain(0));
    expect(choosePoster(only ? [only] : [])).toBe(only);
    expect(choosePoster([])).toBeUndefined();
  });

  it('does not take the noise of a dark picture for something to see', () => {
    const noisy = plain(23).map((byte, at) => byte + (at % 3));
    const glances = seen(noisy, noisy, page(250));
    expect(choosePoster(glances)).toBe(glances[2]);
  });
});
