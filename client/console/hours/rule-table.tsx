import type { HoursRule } from '#contract/hours.ts';
import { useLedgerText } from './text.ts';

/** What is due of whom. */
export function RuleTable({ rule }: { rule: HoursRule }) {
  const t = useLedgerText();
  return (
    <section className="section">
      <h2>{t('rule')}</h2>
      <table className="hours-rule numbers">
        <thead>
          <tr>
            <th scope="col">{t('ruleGroup')}</th>
            <th scope="col">{t('initial')}</th>
            <th scope="col">{t('yearly')}</th>
          </tr>
        </thead>
        <tbody>
          {(['managers', 'managersInSectors', 'workers', 'workersInSectors'] as const).map((group) => (
            <tr key={group}>
              <th scope="row">{t(group)}</th>
              <td>{rule.initial[group]}</td>
              <td>{rule.yearly[group] || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">{t('ruleNote')}</p>
    </section>
  );
}
