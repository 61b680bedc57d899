import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dark, light } from '#client/ui/tokens.ts';

const css = readFileSync(new URL('../../../../client/ui/tokens.css', import.meta.url), 'utf8');
const [lightCss = '', darkCss = ''] = css.split('prefers-color-scheme: dark');

describe('colours', () => {
  it.each([
    ['light', light, lightCss],
    ['dark', dark, darkCss],
  ])('are the same in TypeScript and CSS: %s', (_, tokens, text) => {
    for (const [name, value] of Object.entries(tokens)) expect(text).toContain(`--${name}: ${value};`);
  });

  const pairs = [
    ['ink', 'paper'],
    ['ink', 'ground'],
    ['muted', 'paper'],
    ['muted', 'ground'],
    ['on-brand', 'brand'],
    ['brand', 'paper'],
    ['red-ink', 'red-soft'],
    ['green-ink', 'paper'],
    ['amber-ink', 'amber-soft'],
    ['ink', 'brand-soft'],
  ] as const;
  it.each(pairs)('%s on %s can be read (contrast 4.5), light and dark', (front, back) => {
    for (const text of [lightCss, darkCss]) {
      expect(contrast(value(text, front), value(text, back))).toBeGreaterThanOrEqual(4.5);
    }
  });
});

function value(text: string, name: string): string {
  return new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(text)?.[1] ?? '';
}

/** Contrast of WCAG 2. */
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
