import { App, Button, Space, Switch, type TableColumnType } from 'antd';
import { useState } from 'react';
import { call } from '#client/api.ts';
import { copyText } from '#client/clipboard.ts';
import { formatCount } from '#client/format.ts';
import type { QueryInput, Result } from '#contract/api.ts';
import { ArchiveButton } from '../archives/archive-button.tsx';
import { useAct, useRead } from '../data.ts';
import { MaskedPhone } from '../masked-phone.tsx';
import { ActsTitle, ConfirmButton, Mark, SearchField } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { ImportWizard } from './import-wizard.tsx';
import { PersonForm } from './person-form.tsx';
import { PersonalData } from './personal-data.tsx';
import { useUnitText } from './text.ts';

type Person = Result<'GET /units/:unitId/people'>['items'][number];
type Filters = Omit<NonNullable<QueryInput<'GET /units/:unitId/people'>>, 'page' | 'pageSize'>;

/** A unit's people. */
export function Roster({ unitId, readOnly }: { unitId: string; readOnly: boolean }) {
  const t = useUnitText();
  const word = useWords();
  const paged = usePagedQuery<Filters>();
  const [editing, setEditing] = useState<Person | 'new' | null>(null);
  const [importing, setImporting] = useState(false);
  const people = useRead('GET /units/:unitId/people', { params: { unitId }, query: paged.query });
  const acts: TableColumnType<Person> = {
    title: <ActsTitle />,
    key: 'acts',
    width: readOnly ? 110 : 300,
    render: (_, person) =>
      readOnly ? <PersonArchive person={person} /> : <PersonActs person={person} onEdit={() => setEditing(person)} />,
  };

  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('roster')}</h2>
        {!readOnly && (
          <div className="page-actions">
            <Button onClick={() => setImporting(true)}>{t('importPeople')}</Button>
            <Button type="primary" onClick={() => setEditing('new')}>
              {t('addPerson')}
            </Button>
          </div>
        )}
      </div>
      <div className="filters">
        <SearchField label={t('searchPeople')} width={220} onSearch={(q) => paged.filter({ q })} />
        <Space>
          <Switch
            aria-label={t('onlyUnverified')}
            onChange={(only) => paged.filter({ verification: only ? 'unverified' : undefined })}
          />
          {t('onlyUnverified')}
        </Space>
      </div>
      <PagedTable<Person>
        read={people}
        paged={paged}
        total={(count) => t('countPeople', { count: formatCount(count) })}
        rowKey="id"
        minWidth={960}
        empty={readOnly || paged.query.q || paged.query.verification ? t('nobodyFound') : t('rosterNone')}
        columns={[
          { title: t('personName'), dataIndex: 'name', fixed: 'left', width: 100 },
          { title: t('category'), key: 'category', width: 130, render: (_, person) => word(person.category) },
          { title: t('position'), key: 'position', width: 120, render: (_, person) => person.position || '–' },
          {
            title: t('phone'),
            key: 'phone',
            width: 190,
            render: (_, person) => <Phone person={person} readOnly={readOnly} />,
          },
          {
            title: t('verification'),
            key: 'verification',
            width: 110,
            render: (_, person) =>
              person.verification === 'verified' ? (
                word('verified')
              ) : (
                <Mark tone="amber">{word(person.verification)}</Mark>
              ),
          },
          acts,
        ]}
      />
      {editing && (
        <PersonForm unitId={unitId} onClose={() => setEditing(null)} {...(editing !== 'new' && { person: editing })} />
      )}
      {importing && <ImportWizard what="people" onClose={() => setImporting(false)} />}
    </section>
  );
}

function Phone({ person: { id, name, phoneMasked }, readOnly }: { person: Person; readOnly: boolean }) {
  const read = () => call('GET /people/:personId/phone', { params: { personId: id } });
  return <MaskedPhone masked={phoneMasked} of={name} {...(!readOnly && { read })} />;
}

function PersonArchive({ person: { id, name } }: { person: Person }) {
  return <ArchiveButton kind="person" id={id} of={name} />;
}

function PersonActs({ person, onEdit }: { person: Person; onEdit: () => void }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const { message, modal } = App.useApp();
  const params = { personId: person.id };
  const { bureau, enterprise } = useRoles();
  const [asking, setAsking] = useState(false);
  const verify = useAct('POST /people/:personId/verification', { done: shared('saved') });
  const leave = useAct('DELETE /people/:personId', { done: t('left', { name: person.name }) });
  const link = useAct('POST /people/:personId/link');

  const copyLink = async () => {
    const { path } = await link.mutateAsync({ params });
    const address = `${location.origin}${path}`;
    if (await copyText(address)) void message.success(t('linkMade'), 5);
    else modal.info({ title: t('link'), content: address });
  };

  return (
    <Space size={4} wrap>
      {person.verification === 'unverified' && (
        <>
          <Button
            size="small"
            type="primary"
            loading={verify.isPending}
            onClick={() => verify.mutate({ params, body: { verification: 'verified' } })}
          >
            {t('confirm')}
          </Button>
          <ConfirmButton
            size="small"
            danger
            question={t('refuseSure', { name: person.name })}
            verb={t('refuse')}
            busy={verify.isPending}
            onConfirm={() => verify.mutate({ params, body: { verification: 'refused' } })}
          />
        </>
      )}
      <Button size="small" loading={link.isPending} onClick={() => void copyLink().catch(() => undefined)}>
        {t('copyPersonalLink')}
      </Button>
      <Button size="small" onClick={onEdit}>
        {shared('edit')}
      </Button>
      {(bureau || enterprise) && (
        <Button size="small" onClick={() => setAsking(true)}>
          {t('personalData')}
        </Button>
      )}
      <PersonArchive person={person} />
      {asking && <PersonalData person={person} onClose={() => setAsking(false)} />}
      <ConfirmButton
        size="small"
        question={t('leaveSure', { name: person.name })}
        verb={t('leave')}
        busy={leave.isPending}
        onConfirm={() => leave.mutate({ params })}
      />
    </Space>
  );
}
