import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Language } from '#contract/errors.ts';
import { recall, remember } from './storage.ts';

export type { Language };

const STORED = 'language';

i18next.use(initReactI18next).init({
  lng: recall(STORED) === 'en' ? 'en' : 'zh',
  fallbackLng: 'zh',
  initAsync: false,
  resources: {},
  react: { useSuspense: false },
  // `{name}`, as in contract/errors.ts. React escapes.
  interpolation: { escapeValue: false, prefix: '{', suffix: '}' },
});
showLanguage(getLanguage());

export function getLanguage(): Language {
  return i18next.language === 'en' ? 'en' : 'zh';
}

/** Switches the page and remembers it on this device. */
export function setLanguage(language: Language): void {
  remember(STORED, language);
  showLanguage(language);
  void i18next.changeLanguage(language);
}

/** The page's language, re-rendering when it changes. */
export function useLanguage(): Language {
  useTranslation();
  return getLanguage();
}

/** Text of a key, with `{name}` filled in from the parameters. */
export type Translate<T> = (key: keyof T & string, params?: Record<string, string | number>) => string;

/**
 * Registers a feature's words and returns its hook: `const useText = addTexts('room', {zh: {…}, en: {…}})`, then
 * `const t = useText(); t('ask')`. Both languages must have the same keys.
 */
export function addTexts<const T extends Record<string, string>>(
  namespace: string,
  texts: { zh: T; en: { [K in keyof T]: string } },
): () => Translate<T> {
  i18next.addResourceBundle('zh', namespace, texts.zh);
  i18next.addResourceBundle('en', namespace, texts.en);
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each feature, as its text.ts is loaded
  return function useText() {
    const { t } = useTranslation(namespace);
    return t as Translate<T>;
  };
}

function showLanguage(language: Language): void {
  if (typeof document !== 'undefined') document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}
