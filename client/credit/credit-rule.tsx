import { useCreditText } from './text.ts';

/** The published rule by which time is credited. */
export function CreditRule() {
  const t = useCreditText();
  return (
    <>
      {(['union', 'paused', 'presence', 'places', 'enough', 'corrections'] as const).map((key) => (
        <li key={key}>{t(key)}</li>
      ))}
    </>
  );
}
