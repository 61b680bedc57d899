import { App, Button } from 'antd';
import { useState } from 'react';
import { wordsOf } from './data.ts';
import { useConsoleText } from './text.ts';

/** A masked number with a button that shows it in full, by a request of its own that goes on record. */
export function MaskedPhone({
  masked,
  of,
  read,
}: {
  masked: string | null;
  /** Whose, for those who hear the button. */
  of: string;
  /** Absent: only masked. */
  read?: () => Promise<{ phone: string | null }>;
}) {
  const t = useConsoleText();
  const { message } = App.useApp();
  const [phone, setPhone] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  if (masked === null) return '–';
  if (phone !== null) return <a href={`tel:${phone}`}>{phone}</a>;
  const show = async () => {
    if (!read) return;
    setBusy(true);
    try {
      setPhone((await read()).phone ?? masked);
    } catch (error) {
      void message.error(wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <span className="masked-phone">
      {masked}{' '}
      {read && (
        <Button
          size="small"
          loading={busy}
          title={t('phoneAudited')}
          aria-label={t('showPhoneOf', { name: of })}
          onClick={() => void show()}
        >
          {t('showPhone')}
        </Button>
      )}
    </span>
  );
}
