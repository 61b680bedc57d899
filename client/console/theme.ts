import { theme as antdTheme, type ThemeConfig } from 'antd';
import { useSyncExternalStore } from 'react';
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
  return {
    tokens,
    config: {
      algorithm: isDark ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
      token: {
        colorPrimary: tokens.brand,
        colorInfo: tokens.brand,
        colorLink: tokens.brand,
        colorSuccess: tokens.green,
        colorWarning: tokens.amber,
        colorError: tokens.red,
        colorText: tokens.ink,
        colorTextSecondary: tokens.muted,
        colorBgLayout: tokens.ground,
        colorBgContainer: tokens.paper,
        colorBorderSecondary: tokens.line,
        borderRadius: 8,
        fontSize: 14,
        fontFamily,
        motion: !calmMotion.matches,
      },
      components: {
        Table: { cellPaddingBlock: 10, headerBg: tokens.ground },
        Layout: { siderBg: tokens.paper, headerBg: tokens.paper },
      },
    },
  };
}
