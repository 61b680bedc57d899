import { setLanguage, useLanguage } from '#client/i18n.ts';
import { Button } from './button.tsx';
import { useUiText } from './text.ts';

export function LanguageSwitch() {
  const t = useUiText();
  const other = useLanguage() === 'zh' ? 'en' : 'zh';
  return (
    <Button look="quiet" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => setLanguage(other)}>
      {t('otherLanguage')}
    </Button>
  );
}
