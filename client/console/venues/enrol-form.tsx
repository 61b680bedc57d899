import { App, Form, Select } from 'antd';
import { useState } from 'react';
import type { VenueClass } from '#contract/venues.ts';
import { useAct, useRead } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { useVenueText } from './text.ts';

interface Values {
  personIds: string[];
}

/** Picks people of the caller's units who are invited and not enrolled yet. */
export function EnrolForm({ venue, all, onClose }: { venue: VenueClass; all: boolean; onClose: () => void }) {
  const t = useVenueText();
  const shared = useConsoleText();
  const word = useWords();
  const { message } = App.useApp();
  const params = { sessionId: venue.sessionId };
  const [q, setQ] = useState('');
  const candidates = useRead('GET /sessions/:sessionId/enrolment-candidates', { params, query: q ? { q } : {} });
  const enrol = useAct('POST /sessions/:sessionId/enrolments');
  return (
    <FormModal<Values>
      title={t(all ? 'enrolTitleAll' : 'enrolTitle')}
      verb={t('enrol')}
      initialValues={{ personIds: [] }}
      save={async ({ personIds }) => {
        const { seated, waiting } = await enrol.mutateAsync({ params, body: { personIds } });
        void message.success(t('enrolDone', { seated, waiting }), 6);
      }}
      onClose={onClose}
    >
      <p className="muted">{t('enrolHint')}</p>
      <Form.Item name="personIds" label={t('pick')} rules={[{ required: true, message: shared('required') }]}>
        <Select
          mode="multiple"
          placeholder={t('whoHint')}
          showSearch={{ filterOption: false, onSearch: setQ }}
          notFoundContent={t('noCandidates')}
          options={(candidates.data ?? []).map(({ personId, personName, unitName, category }) => ({
            value: personId,
            label: [personName, word(category), ...(all ? [unitName] : [])].join(' · '),
          }))}
        />
      </Form.Item>
    </FormModal>
  );
}
