import type { Result } from '#contract/api.ts';
import { useEntryText } from './text.ts';

export type DemoAccount = Result<'GET /installation'>['demoAccounts'][number];

/** One card for each role of the demo. Empty outside the demo. */
export function DemoAccounts({
  accounts,
  busy,
  onPick,
}: {
  accounts: DemoAccount[];
  busy: boolean;
  onPick: (account: DemoAccount) => void;
}) {
  const t = useEntryText();
  if (accounts.length === 0) return null;
  return (
    <section className="demo" aria-labelledby="demo-title">
      <h2 className="demo__title" id="demo-title">
        {t('demo')}
      </h2>
      <p className="demo__hint">{t('demoHint')}</p>
      <ul className="demo__cards">
        {accounts.map((account) => (
          <li key={account.login}>
            <button className="demo__card" type="button" disabled={busy} onClick={() => onPick(account)}>
              <span className="demo__role">{t(account.role)}</span>
              <span className="demo__name">{account.name}</span>
              <span className="demo__does">{t(`${account.role}Does`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
