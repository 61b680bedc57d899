import { Button, Select } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { formatCount } from '#client/format.ts';
import type { QueryInput, Result } from '#contract/api.ts';
import { INDUSTRIES, UNIT_KINDS } from '#contract/plain.ts';
import { useRead } from '../data.ts';
import { HighRiskMark, Mark, PageHead, SearchField } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { ImportWizard } from './import-wizard.tsx';
import { useUnitText } from './text.ts';
import { UnitForm } from './unit-form.tsx';

type Unit = Result<'GET /units'>['items'][number];
type Filters = Omit<NonNullable<QueryInput<'GET /units'>>, 'page' | 'pageSize'>;

/** The units that the caller may see. */
export default function Units() {
  const t = useUnitText();
  const shared = useConsoleText();
  const word = useWords();
  const { bureau } = useRoles();
  const paged = usePagedQuery<Filters>();
  const [dialog, setDialog] = useState<'add' | 'units' | 'people' | null>(null);
  const areas = useRead('GET /areas');
  const units = useRead('GET /units', { query: paged.query });

  return (
    <>
      <PageHead title={shared('units')}>
        <Button onClick={() => setDialog('people')}>{t('importPeople')}</Button>
        {bureau && <Button onClick={() => setDialog('units')}>{t('importUnits')}</Button>}
        {bureau && (
          <Button type="primary" onClick={() => setDialog('add')}>
            {t('addUnit')}
          </Button>
        )}
      </PageHead>
      <section className="section">
        <div className="filters">
          <SearchField label={t('searchUnits')} width={230} onSearch={(q) => paged.filter({ q })} />
          <Select
            allowClear
            placeholder={t('area')}
            aria-label={t('area')}
            style={{ width: 150 }}
            onChange={(areaId?: string) => paged.filter({ areaId })}
            options={(areas.data ?? []).map((area) => ({ value: area.id, label: area.name }))}
          />
          <Select
            allowClear
            placeholder={t('kind')}
            aria-label={t('kind')}
            style={{ width: 120 }}
            onChange={(kind?: Unit['kind']) => paged.filter({ kind })}
            options={UNIT_KINDS.map((value) => ({ value, label: word(value) }))}
          />
          <Select
            allowClear
            placeholder={t('industry')}
            aria-label={t('industry')}
            style={{ width: 140 }}
            onChange={(industry?: (typeof INDUSTRIES)[number]) => paged.filter({ industry })}
            options={INDUSTRIES.map((value) => ({ value, label: word(value) }))}
          />
          <Select
            allowClear
            placeholder={t('risk')}
            aria-label={t('risk')}
            style={{ width: 110 }}
            onChange={(highRisk?: '0' | '1') => paged.filter({ highRisk })}
            options={[
              { value: '1', label: shared('highRisk') },
              { value: '0', label: t('notHighRisk') },
            ]}
          />
          <Select
            aria-label={t('state')}
            style={{ width: 110 }}
            defaultValue="0"
            onChange={(closed: '0' | '1') => paged.filter({ closed })}
            options={[
              { value: '0', label: t('open') },
              { value: '1', label: t('closed') },
            ]}
          />
        </div>
        <PagedTable<Unit>
          read={units}
          paged={paged}
          total={(count) => t('countUnits', { count: formatCount(count) })}
          rowKey="id"
          minWidth={920}
          empty={t(bureau && paged.query.closed !== '1' ? 'none' : 'noneSeen')}
          columns={[
            {
              title: t('unit'),
              key: 'unit',
              fixed: 'left',
              width: 220,
              render: (_, unit) => (
                <>
                  <Link to={`/console/units/${unit.id}`}>{unit.name}</Link> {unit.highRisk && <HighRiskMark />}{' '}
                  {unit.closedAt && <Mark>{t('closed')}</Mark>}
                </>
              ),
            },
            { title: t('area'), dataIndex: 'areaName', width: 120 },
            {
              title: t('industry'),
              key: 'industry',
              width: 100,
              render: (_, unit) => word(unit.industry ?? unit.kind),
            },
            { title: t('creditCode'), key: 'code', width: 170, render: (_, unit) => unit.creditCode ?? '–' },
            {
              title: t('contact'),
              key: 'contact',
              width: 170,
              render: (_, unit) => [unit.contactName, unit.contactPhoneMasked].filter(Boolean).join(' ') || '–',
            },
            {
              title: t('people'),
              key: 'people',
              align: 'right',
              width: 110,
              render: (_, unit) => (
                <>
                  {formatCount(unit.people)}
                  {unit.unverified > 0 && <div className="muted">{t('waiting', { count: unit.unverified })}</div>}
                </>
              ),
            },
          ]}
        />
      </section>
      {dialog === 'add' && <UnitForm onClose={() => setDialog(null)} />}
      {(dialog === 'units' || dialog === 'people') && <ImportWizard what={dialog} onClose={() => setDialog(null)} />}
    </>
  );
}
