import { Button } from 'antd';
import { formatCount } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { NETWORK_VERDICTS, type NetworkVerdict } from '#contract/network-verdict.ts';
import { Mark } from '../parts.tsx';
import { useNetworkText } from './text.ts';

export type Reports = Result<'GET /sessions/:sessionId/network-reports'>;

const FINE = NETWORK_VERDICTS.indexOf('connected');
const BAD = NETWORK_VERDICTS.indexOf('too-slow');

export function VerdictMark({ verdict }: { verdict: NetworkVerdict }) {
  const t = useNetworkText();
  const at = NETWORK_VERDICTS.indexOf(verdict);
  return <Mark tone={at <= FINE ? 'green' : at < BAD ? 'amber' : 'red'}>{t(verdict)}</Mark>;
}

/** How many people have which verdict, and of which units those in trouble are. */
export function Standing({
  reports: { verdicts, units },
  onUnit,
}: {
  reports: Pick<Reports, 'verdicts' | 'units'>;
  /** Narrows the list to a unit, where there is a list. */
  onUnit?: (unit: { unitId: string; unitName: string }) => void;
}) {
  const t = useNetworkText();
  const people = (count: number) => (count === 1 ? t('onePerson') : t('people', { count: formatCount(count) }));
  return (
    <>
      <ul className="list-plain">
        {verdicts.map(({ verdict, people: count }) => (
          <li key={verdict}>
            <VerdictMark verdict={verdict} />
            <span className="numbers">{people(count)}</span>
          </li>
        ))}
      </ul>
      {units.length > 0 && (
        <>
          <h2 className="network-units">{t('troubled')}</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard too */}
          <ul className="list-plain" tabIndex={0}>
            {units.map((unit) => (
              <li key={`${unit.unitId} ${unit.verdict}`}>
                <div>
                  {onUnit ? (
                    <Button type="link" size="small" onClick={() => onUnit(unit)}>
                      {unit.unitName}
                    </Button>
                  ) : (
                    unit.unitName
                  )}{' '}
                  <VerdictMark verdict={unit.verdict} />
                </div>
                <span className="numbers">{people(unit.people)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
