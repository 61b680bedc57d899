import { theme as antdTheme, type ThemeConfig } from 'antd';
import { useSyncExternalStore } from 'react';
import { useLanguage } from '#client/i18n.ts';
import { dark, fontFamily, light } from '#client/ui/tokens.ts';

const darkMode = window.matchMedia('(prefers-color-scheme: dark)');
const calmMotion = window.matchMedia('(prefers-reduced-motion: reduce)');

/** The house's colours and type for antd, following the system's light or dark. */
export function useTheme(): { config: ThemeConfig; tokens: typeof light } {
  const isDark = useSyncExternalStore(
    (changed) => {
      darkMode.addEventListener('change', changed);
      return () => darkMode.removeEventListener('change', changed);
    },
    () => darkMode.matches,
  );
  const tokens = isDark ? dark : light;
  const isEnglish = useLanguage() === 'en';
  return {
    tokens,
    config: {
      algorithm: isDark ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
      token: {
        colorPrimary: tokens.brand,
        colorPrimaryHover: tokens['brand-strong'],
        colorPrimaryActive: tokens['brand-strong'],
        colorPrimaryBg: tokens['brand-soft'],
        colorPrimaryBgHover: tokens['brand-soft'],
        colorInfo: tokens.brand,
        colorInfoBg: tokens['brand-soft'],
        colorInfoBorder: tokens['brand-soft'],
        colorLink: tokens.brand,
        colorLinkHover: tokens['brand-strong'],
        colorSuccess: tokens['green-ink'],
        colorSuccessBg: tokens['green-soft'],
        colorSuccessBorder: tokens['green-soft'],
        colorWarning: tokens['amber-ink'],
        colorWarningBg: tokens['amber-soft'],
        colorWarningBorder: tokens['amber-soft'],
        colorError: tokens['red-ink'],
        colorErrorBg: tokens['red-soft'],
        colorErrorBorder: tokens['red-soft'],
        colorText: tokens.ink,
        colorTextSecondary: tokens.muted,
        colorTextDescription: tokens.muted,
        colorTextPlaceholder: tokens.muted,
        colorTextDisabled: tokens.muted,
        colorBgLayout: tokens.ground,
        colorBgContainer: tokens.paper,
        colorBorder: tokens.edge,
        colorBorderSecondary: tokens.line,
        controlItemBgActive: tokens['brand-soft'],
        borderRadius: 8,
        fontSize: 14,
        // As in base.css.
        fontFamily: isEnglish ? `system-ui, ${fontFamily}` : fontFamily,
        motion: !calmMotion.matches,
      },
      components: {
        Button: {
          primaryColor: tokens['on-brand'],
          dangerColor: tokens.paper,
          defaultBorderColor: tokens.line,
          primaryShadow: 'none',
          defaultShadow: 'none',
          dangerShadow: 'none',
        },
        // With the house's radius a box as small as this would be round, and pass for a radio button.
        Checkbox: { borderRadiusSM: 4 },
        Layout: { siderBg: tokens.paper, headerBg: tokens.paper },
        Menu: { itemBg: 'transparent', itemSelectedBg: tokens['brand-soft'], itemSelectedColor: tokens.brand },
        Segmented: { trackBg: tokens.line, itemColor: tokens.ink },
        Table: {
          cellPaddingBlock: 10,
          headerBg: tokens.ground,
          headerColor: tokens.muted,
          headerSplitColor: 'transparent',
        },
      },
    },
  };
}
