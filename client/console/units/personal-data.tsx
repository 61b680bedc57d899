import { Alert, Button, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { formatCount, formatDay } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { DownloadButton, Loaded } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { usePersonalDataText } from './personal-data-text.ts';

interface Person {
  id: string;
  name: string;
}

/** What a person may ask for: a copy of their data; the bureau also deletes it, as far as the law allows. */
export function PersonalData({ person, onClose }: { person: Person; onClose: () => void }) {
  const t = usePersonalDataText();
  const { bureau } = useRoles();
  return (
    <Modal open title={t('title', { name: person.name })} footer={null} onCancel={onClose} width={520}>
      <p className="personal-data-hint">{t('copyHint')}</p>
      <DownloadButton endpoint="GET /people/:personId/data" params={{ personId: person.id }}>
        {t('copy')}
      </DownloadButton>
      {bureau && <Erasure person={person} onDone={onClose} />}
    </Modal>
  );
}

function Erasure({ person, onDone }: { person: Person; onDone: () => void }) {
  const t = usePersonalDataText();
  const params = { personId: person.id };
  const erasure = useRead('GET /people/:personId/erasure', { params });
  const erase = useAct('POST /people/:personId/erasure', { done: t('done') });
  const [asking, setAsking] = useState(false);
  return (
    <section className="personal-data">
      <h3>{t('erase')}</h3>
      <Loaded read={erasure}>
        {(standing) => (
          <>
            <Consequences standing={standing} />
            {!standing.account && !asking && (
              <Button danger onClick={() => setAsking(true)}>
                {t('erase')}
              </Button>
            )}
          </>
        )}
      </Loaded>
      {asking && (
        <Form<{ reason: string }>
          layout="vertical"
          onFinish={({ reason }) => void erase.mutateAsync({ params, body: { reason } }).then(onDone, () => undefined)}
        >
          <Form.Item
            name="reason"
            label={t('reason')}
            rules={[{ required: true, whitespace: true, min: 4, max: 200, message: t('reasonHint') }]}
          >
            <Input maxLength={200} />
          </Form.Item>
          <Button danger type="primary" htmlType="submit" loading={erase.isPending}>
            {t('eraseNow')}
          </Button>
        </Form>
      )}
    </section>
  );
}

function Consequences({ standing }: { standing: Result<'GET /people/:personId/erasure'> }) {
  const t = usePersonalDataText();
  const language = useLanguage();
  const { kept, open, account } = standing;
  if (account) return <Alert type="warning" showIcon title={t('account')} />;
  return (
    <ul className="consequences">
      <li>{t('goes')}</li>
      {kept.map(({ recordClass, sessions, until }) => (
        <li key={recordClass}>{t(recordClass, { count: formatCount(sessions), until: formatDay(until, language) })}</li>
      ))}
      {open > 0 && <li>{t('open', { count: formatCount(open) })}</li>}
      <li>{t(kept.length + open === 0 ? 'nameGoes' : 'nameStays')}</li>
    </ul>
  );
}
