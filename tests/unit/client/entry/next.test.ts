import { expect, it } from 'vitest';
import { ownPath } from '#client/entry/next.ts';

it.each(['/learn', '/learn/0197?tab=1#x', '/console/'])('goes on to %s', (path) => {
  expect(ownPath(path)).toBe(path);
});

it.each([
  null,
  '',
  'learn',
  '//evil.example',
  '/\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '/\t/evil.example',
])('does not leave for %s', (path) => {
  expect(ownPath(path)).toBeNull();
});
