import { useEffect, useRef } from 'react';
import { useLanguage } from '#client/i18n.ts';
import { useTheme } from '../theme.ts';
import { useDeskText } from './text.ts';

export interface ArrivalPoint {
  at: number;
  devices: number;
  present: number;
}

/** How the room filled: devices online, and people present. */
export function ArrivalsCurve({ points }: { points: ArrivalPoint[] }) {
  const t = useDeskText();
  const language = useLanguage();
  const { tokens } = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<{ setOption(option: object): void; resize(): void; dispose(): void } | null>(null);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let gone = false;
    const resize = () => chart.current?.resize();
    void import('./chart.ts').then(({ makeChart }) => {
      if (!gone) chart.current = makeChart(element);
    });
    window.addEventListener('resize', resize);
    return () => {
      gone = true;
      window.removeEventListener('resize', resize);
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const line = (name: string, colour: string, value: (point: ArrivalPoint) => number) => ({
      name,
      type: 'line',
      step: 'end',
      showSymbol: false,
      lineStyle: { color: colour, width: 2 },
      itemStyle: { color: colour },
      data: points.map((point) => [point.at, value(point)]),
    });
    chart.current?.setOption({
      animation: false,
      aria: { enabled: true },
      grid: { left: 40, right: 12, top: 32, bottom: 24 },
      legend: { top: 0, textStyle: { color: tokens.muted } },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'time', axisLabel: { color: tokens.muted, hideOverlap: true } },
      yAxis: {
        type: 'value',
        minInterval: 1,
        axisLabel: { color: tokens.muted },
        splitLine: { lineStyle: { color: tokens.line } },
      },
      series: [
        line(t('online'), tokens.brand, (point) => point.devices),
        line(language === 'zh' ? '实到（人）' : 'Present', tokens.amber, (point) => point.present),
      ],
    });
  }, [points, tokens, language, t]);

  return <div ref={host} style={{ height: 200 }} role="img" aria-label={t('arrivals')} />;
}
