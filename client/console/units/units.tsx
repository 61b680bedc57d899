import { Button, Input, Select, Table } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { QueryInput, Result } from '#contract/api.ts';
import { INDUSTRIES, UNIT_KINDS } from '#contract/plain.ts';
import { useRead } from '../data.ts';
import { HighRiskTag, PageHead } from '../parts.tsx';
import { useRoles } from '../roles.ts';
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
  const [filters, setFilters] = useState<Filters>({});
  const [page, setPage] = useState({ page: 1, pageSize: 50 });
  const [dialog, setDialog] = useState<'add' | 'units' | 'people' | null>(null);
  const areas = useRead('GET /areas');
  const units = useRead('GET /units', { query: { ...filters, ...page } });
  const filter = (next: Filters) => {
    setFilters({ ...filters, ...next });
    setPage({ ...page, page: 1 });
  };

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
          <Input.Search
            allowClear
            style={{ width: 240 }}
            placeholder={`${t('name')} / ${t('creditCode')}`}
            onSearch={(q) => filter({ q: q.trim() || undefined })}
          />
          <Select
            allowClear
            placeholder={t('area')}
            style={{ width: 170 }}
            onChange={(areaId?: string) => filter({ areaId })}
            options={(areas.data ?? []).map((area) => ({ value: area.id, label: area.name }))}
          />
          <Select
            allowClear
            placeholder={t('kind')}
            style={{ width: 130 }}
            onChange={(kind?: Unit['kind']) => filter({ kind })}
            options={UNIT_KINDS.map((value) => ({ value, label: word(value) }))}
          />
          <Select
            allowClear
            placeholder={t('industry')}
            style={{ width: 150 }}
            onChange={(industry?: (typeof INDUSTRIES)[number]) => filter({ industry })}
            options={INDUSTRIES.map((value) => ({ value, label: word(value) }))}
          />
          <Select
            allowClear
            placeholder={t('highRisk')}
            style={{ width: 130 }}
            onChange={(highRisk?: '0' | '1') => filter({ highRisk })}
            options={[
              { value: '1', label: shared('yes') },
              { value: '0', label: shared('no') },
            ]}
          />
        </div>
        <Table<Unit>
          rowKey="id"
          size="middle"
          loading={units.isFetching && !units.data}
          dataSource={units.data?.items ?? []}
          scroll={{ x: 900 }}
          locale={{ emptyText: t('none') }}
          pagination={{
            current: page.page,
            pageSize: page.pageSize,
            total: units.data?.total ?? 0,
            showTotal: (count) => shared('total', { count }),
            onChange: (next, pageSize) => setPage({ page: next, pageSize }),
          }}
          columns={[
            {
              title: t('unit'),
              key: 'unit',
              fixed: 'left',
              width: 240,
              render: (_, unit) => (
                <>
                  <Link to={`/console/units/${unit.id}`}>{unit.name}</Link> {unit.highRisk && <HighRiskTag />}
                </>
              ),
            },
            { title: t('area'), dataIndex: 'areaName' },
            { title: t('industry'), key: 'industry', render: (_, unit) => word(unit.industry ?? unit.kind) },
            { title: t('creditCode'), dataIndex: 'creditCode' },
            {
              title: t('contact'),
              key: 'contact',
              render: (_, unit) => `${unit.contactName ?? '–'} ${unit.contactPhoneMasked ?? ''}`,
            },
            {
              title: t('people'),
              key: 'people',
              align: 'right',
              render: (_, unit) => (
                <>
                  {unit.people}
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
