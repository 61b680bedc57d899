import { useEffect, useMemo, useState } from 'react';
import { formatCount } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Figure, Share } from '../parts.tsx';
import { percent, useReportText } from '../reports/text.ts';
import { ArrivalsCurve, type Point } from './arrivals.tsx';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

/** An hour of a curve that moves every five seconds. */
const MOST_POINTS = 720;

/** Who is here, in four counts, and how the class filled. `devices` is null until the server has told. */
export function CountsPanel({ session, devices }: { session: Session; devices: number | null }) {
  const t = useDeskText();
  const name = useReportText();
  const params = { sessionId: session.id };
  const live = session.state === 'live';
  const report = useRead('GET /sessions/:sessionId/report', { params }, { every: live && 5_000 });
  const arrivals = useRead(
    'GET /sessions/:sessionId/arrivals',
    { params },
    { every: live && 10_000, enabled: session.startedAt !== null },
  );
  const [online, setOnline] = useState<Point[]>([]);
  const readAt = report.data?.at;

  useEffect(() => {
    if (live && readAt && devices !== null)
      setOnline((old) => [...old.slice(1 - MOST_POINTS), [Date.parse(readAt), devices]]);
  }, [live, devices, readAt]);

  const people = useMemo(
    () => curveOf(arrivals.data ?? [], session.startedAt, (live ? readAt : session.endedAt) ?? null),
    [arrivals.data, session.startedAt, session.endedAt, live, readAt],
  );

  const totals = report.data?.totals;
  return (
    <section className="section">
      <div className="figures figures--two">
        {live && (
          <Figure
            name={t('online')}
            value={devices === null ? '–' : formatCount(devices)}
            title={name('devicesDefinition')}
          />
        )}
        <Figure
          name={t('presentDue')}
          value={totals ? <Share part={totals.present} whole={totals.due} /> : '–'}
          title={name('presentDefinition', { seconds: report.data?.attendanceSeconds ?? 60 })}
        />
        <Figure
          name={name('rate')}
          value={percent(session.startedAt ? (totals?.rate ?? null) : null)}
          title={name('rateDefinition')}
        />
        {report.data?.peakDevices != null && session.startedAt && (
          <Figure name={name('peak')} value={formatCount(report.data.peakDevices)} title={name('peakDefinition')} />
        )}
      </div>
      {session.startedAt && <ArrivalsCurve people={people} devices={online} />}
    </section>
  );
}

/** From nobody at the start, over every minute in which somebody came, to `until`. */
function curveOf(arrivals: Result<'GET /sessions/:sessionId/arrivals'>, start: string | null, until: string | null) {
  const points = arrivals.map(({ at, people }): Point => [Date.parse(at), people]);
  const last = points.at(-1);
  const end = until === null ? null : Date.parse(until);
  // A minute's count stands at its end, which for the present minute is still to come.
  const known = end === null ? points : points.map(([at, people]): Point => [Math.min(at, end), people]);
  return [
    ...(start === null ? [] : [[Date.parse(start), 0] satisfies Point as Point]),
    ...known,
    ...(last && end !== null && end > last[0] ? [[end, last[1]] satisfies Point as Point] : []),
  ];
}
