import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, it } from 'vitest';
import { addTexts, setLanguage } from '#client/i18n.ts';

const useText = addTexts({ zh: { left: '还剩 {n} 秒，{n}' }, en: { left: '{n} s left' } });

afterEach(() => setLanguage('zh'));

it('fills in parameters, each time a name occurs, and leaves what is missing', () => {
  expect(shown({ n: 3 })).toBe('还剩 3 秒，3');
  expect(shown({})).toBe('还剩 {n} 秒，{n}');
});

it('speaks the chosen language', () => {
  setLanguage('en');
  expect(shown({ n: 3 })).toBe('3 s left');
});

function shown(params: Record<string, number>): string {
  return renderToString(createElement(() => useText()('left', params)));
}
