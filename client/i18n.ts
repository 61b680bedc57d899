import { useSyncExternalStore } from 'react';
import type { Language } from '#contract/errors.ts';
import { recall, remember } from './storage.ts';

export type { Language };

const STORED = 'language';

let language: Language = recall(STORED) === 'en' ? 'en' : 'zh';
const listeners = new Set<() => void>();
showLanguage();

/** The page's language: Chinese until somebody chose English on this device. */
export function getLanguage(): Language {
  return language;
}

/** Switches the page and remembers it on this device. */
export function setLanguage(chosen: Language): void {
  remember(STORED, chosen);
  language = chosen;
  showLanguage();
  for (const listener of listeners) listener();
}

/** The page's language, re-rendering when it changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, getLanguage, getLanguage);
}

/** Text of a key, with `{name}` filled in from the parameters. A parameter that is missing stays as `{name}`. */
export type Translate<T> = (key: keyof T & string, params?: Record<string, string | number>) => string;

/**
 * A feature's words and the hook that gives them: `const useText = addTexts({zh: {…}, en: {…}})`, then `const t = useText();
 * t('ask')`. Both languages must have the same keys.
 */
export function addTexts<const T extends Record<string, string>>(texts: {
  zh: T;
  en: { [K in keyof T]: string };
}): () => Translate<T> {
  // Made once, so that a translate function may stand in a hook's dependencies.
  const translate = { zh: translator<T>(texts.zh), en: translator<T>(texts.en) };
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each feature, as its text.ts is loaded
  return function useText() {
    return translate[useLanguage()];
  };
}

function translator<T extends Record<string, string>>(words: { [K in keyof T]: string }): Translate<T> {
  return (key, params = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function showLanguage(): void {
  if (typeof document !== 'undefined') document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}
