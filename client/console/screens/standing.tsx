import { formatTime } from '#client/format.ts';
import { serverNow } from '#client/server-clock.ts';
import type { Screen } from '#contract/screens.ts';
import { Mark } from '../parts.tsx';
import { useScreensText } from './text.ts';

/** Two reports and a bad network later, something is wrong in the room. */
const SILENT_MS = 45_000;

/** Whether a screen is open and plays. `live`: the class runs, so that it should. */
export function Standing({ screen, live }: { screen: Screen; live: boolean }) {
  const t = useScreensText();
  if (screen.closedAt) return <Mark>{t('closed')}</Mark>;
  if (!live) return <Mark tone="brand">{t('open')}</Mark>;
  if (screen.heardAt === null) return <Mark tone="amber">{t('never')}</Mark>;
  if (serverNow() - Date.parse(screen.heardAt) > SILENT_MS) {
    return <Mark tone="amber">{t('silent', { time: formatTime(screen.heardAt) })}</Mark>;
  }
  return <Mark tone="brand">{t('open')}</Mark>;
}
