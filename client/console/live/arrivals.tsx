import { useEffect, useRef } from 'react';
import { formatDateTime, formatTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { fontFamily } from '#client/ui/tokens.ts';
import { useTheme } from '../theme.ts';
import { useDeskText } from './text.ts';

/** `[epoch ms, count]` */
export type Point = [at: number, count: number];
type Chart = { setOption(option: object): void; resize(): void; dispose(): void };

/** How the class filled: the people who came, from the start on, and the devices online since the desk was opened. */
export function ArrivalsCurve({ people, devices }: { people: Point[]; devices: Point[] }) {
  const t = useDeskText();
  const language = useLanguage();
  const { tokens } = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Promise<Chart> | null>(null);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const making = import('./chart.ts').then(({ makeChart }): Chart => makeChart(element));
    chart.current = making;
    const resize = () => void making.then((made) => made.resize());
    window.addEventListener('resize', resize);
    return () => {
      window.removeEventListener('resize', resize);
      chart.current = null;
      void making.then((made) => made.dispose());
    };
  }, []);

  useEffect(() => {
    const line = (name: string, colour: string, data: Point[]) => ({
      name,
      type: 'line',
      step: 'end',
      // A curve of one point is that point.
      showSymbol: data.length < 2,
      symbol: 'circle',
      symbolSize: 6,
      lineStyle: { color: colour, width: 2 },
      itemStyle: { color: colour },
      data,
    });
    const option = {
      animation: false,
      aria: { enabled: true },
      textStyle: { fontFamily },
      grid: { left: 4, right: 12, top: 32, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 16, itemGap: 16, textStyle: { color: tokens.muted } },
      tooltip: {
        trigger: 'axis',
        confine: true,
        axisPointer: { label: { formatter: ({ value }: { value: number }) => formatDateTime(value, language) } },
      },
      xAxis: {
        type: 'time',
        minInterval: 60_000,
        splitNumber: 4,
        axisLine: { lineStyle: { color: tokens.line } },
        axisLabel: {
          color: tokens.muted,
          hideOverlap: true,
          alignMaxLabel: 'right',
          // The axis marks half minutes, too, in the first ones.
          formatter: (at: number) => (at % 60_000 === 0 ? formatTime(at) : ''),
        },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        axisLabel: { color: tokens.muted },
        splitLine: { lineStyle: { color: tokens.line } },
      },
      series: [
        line(t('came'), tokens.brand, people),
        ...(devices.length > 0 ? [line(t('online'), tokens.amber, devices)] : []),
      ],
    };
    void chart.current?.then((made) => made.setOption(option));
  }, [people, devices, tokens, language, t]);

  return <div ref={host} className="curve" role="img" aria-label={t('arrivals')} />;
}
