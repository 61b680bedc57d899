import { Alert } from 'antd';
import type { Result } from '#contract/api.ts';
import { MINOR } from '#contract/outside.ts';
import { problemText, useOutsideText, variantNames } from '../outside/text.ts';
import { Figures } from './figures.tsx';
import { useDeskText } from './text.ts';

type Health = Result<'GET /sessions/:sessionId/stream'>;

/** How somebody else's stream is doing, of which the class's picture is made. */
export function OutsidePanel({ url, health }: { url: string; health: Health | undefined }) {
  const t = useDeskText();
  const words = useOutsideText();
  const outside = health?.outside;
  const problem = outside?.problem;
  const seconds = (ms: number | null | undefined) =>
    ms == null ? '–' : t('lasting', { count: (ms / 1_000).toFixed(1) });
  const state = outside ? t(`outside-${outside.state}`) : '–';
  const figures: [string, string][] = [
    [t('outside'), state],
    [t('resolution'), variantNames(outside?.variants ?? []) || '–'],
    [t('segments'), seconds(outside?.segmentMs)],
    [t('behind'), seconds(health?.lagMs)],
  ];
  const dates =
    outside?.state === 'on' && outside.offsetMs !== 0
      ? outside.offsetMs === null
        ? ({ code: 'no-dates' } as const)
        : ({ code: 'wrong-dates', offsetMs: outside.offsetMs } as const)
      : null;
  return (
    <>
      <Figures figures={figures} />
      {problem && (
        <Alert
          type={MINOR.includes(problem.code) ? 'warning' : 'error'}
          showIcon
          title={problemText(words, problem)}
          style={{ marginTop: 8 }}
        />
      )}
      {dates && <Alert type="warning" showIcon title={problemText(words, dates)} style={{ marginTop: 8 }} />}
      <p className="outside-address muted">{url}</p>
      <p className="muted">{t('outsideNotRecorded')}</p>
    </>
  );
}
