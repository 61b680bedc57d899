import './hours.css';
import { Select } from 'antd';
import { useState } from 'react';
import { formatCount } from '#client/format.ts';
import { Tabs } from '#client/ui/tabs.tsx';
import { classHours } from '#contract/class-hours.ts';
import type { LedgerOverview } from '#contract/hours.ts';
import { INDUSTRIES, PERSON_CATEGORIES } from '#contract/plain.ts';
import { useRead } from '../data.ts';
import { DownloadButton, Figure, Loaded, PageHead } from '../parts.tsx';
import { percent } from '../reports/text.ts';
import { useRoles } from '../roles.ts';
import { useWords } from '../words.ts';
import { AheadList } from './ahead-list.tsx';
import type { LedgerFilters } from './filters.ts';
import { HoursGroups } from './groups.tsx';
import { HoursPeople } from './people.tsx';
import { RuleTable } from './rule-table.tsx';
import { useLedgerText } from './text.ts';

/** 学时台账: who of the units that the caller sees has done which hours in a year, and who falls behind. */
export default function HoursPage() {
  const t = useLedgerText();
  const word = useWords();
  const { bureau, supervisor } = useRoles();
  const [filters, setFilters] = useState<LedgerFilters>({});
  const areas = useRead('GET /areas');
  const overview = useRead('GET /hours', { query: filters });
  const narrow = (next: LedgerFilters) => setFilters({ ...filters, ...next });
  const many = bureau || supervisor;
  return (
    <>
      <PageHead title={t('title')}>
        <DownloadButton endpoint="GET /hours/export" query={{ ...filters, format: 'csv' }}>
          {t('exportCsv')}
        </DownloadButton>
        <DownloadButton endpoint="GET /hours/export" query={{ ...filters, format: 'xlsx' }}>
          {t('exportXlsx')}
        </DownloadButton>
      </PageHead>
      <Loaded read={overview}>
        {(loaded) => (
          <>
            <section className="section">
              <p className="section__lead muted">{t('lead', { minutes: loaded.rule.minutes })}</p>
              <div className="filters">
                <Select
                  aria-label={t('year')}
                  style={{ width: 110 }}
                  value={loaded.year}
                  onChange={(year: number) => narrow({ year })}
                  options={loaded.years.map((value) => ({ value, label: t('ofYear', { year: value }) }))}
                />
                {many && (
                  <Select
                    allowClear
                    placeholder={t('area')}
                    aria-label={t('area')}
                    style={{ width: 150 }}
                    onChange={(areaId?: string) => narrow({ areaId })}
                    options={(areas.data ?? []).map((area) => ({ value: area.id, label: area.name }))}
                  />
                )}
                {many && (
                  <Select
                    allowClear
                    placeholder={t('industry')}
                    aria-label={t('industry')}
                    style={{ width: 140 }}
                    onChange={(industry?: (typeof INDUSTRIES)[number]) => narrow({ industry })}
                    options={INDUSTRIES.map((value) => ({ value, label: word(value) }))}
                  />
                )}
                <Select
                  allowClear
                  placeholder={t('category')}
                  aria-label={t('category')}
                  style={{ width: 150 }}
                  onChange={(category?: (typeof PERSON_CATEGORIES)[number]) => narrow({ category })}
                  options={PERSON_CATEGORIES.map((value) => ({ value, label: word(value) }))}
                />
              </div>
              <Totals overview={loaded} />
            </section>
            <section className="section">
              <Tabs lazy label={t('groups')} tabs={tabsOf(loaded)} />
            </section>
            <AheadList sessions={loaded.ahead} />
            <RuleTable rule={loaded.rule} />
          </>
        )}
      </Loaded>
    </>
  );

  function tabsOf({ year, rule, byArea, byIndustry, byCategory }: LedgerOverview) {
    const minutes = rule.minutes;
    return [
      {
        key: 'people',
        title: t('byPerson'),
        panel: (
          <HoursPeople
            key={JSON.stringify({ ...filters, year })}
            filters={{ ...filters, year }}
            rule={rule}
            many={many}
          />
        ),
      },
      ...(many
        ? [
            {
              key: 'areas',
              title: t('byArea'),
              panel: <HoursGroups title={t('area')} rows={byArea} name={(row) => row.areaName} minutes={minutes} />,
            },
            {
              key: 'industries',
              title: t('byIndustry'),
              panel: (
                <HoursGroups
                  title={t('industry')}
                  rows={byIndustry}
                  name={(row) => (row.industry ? word(row.industry) : t('noIndustry'))}
                  minutes={minutes}
                />
              ),
            },
          ]
        : []),
      {
        key: 'categories',
        title: t('byCategory'),
        panel: (
          <HoursGroups title={t('category')} rows={byCategory} name={(row) => word(row.category)} minutes={minutes} />
        ),
      },
    ];
  }
}

function Totals({ overview: { totals, rule } }: { overview: LedgerOverview }) {
  const t = useLedgerText();
  return (
    <div className="figures">
      <Figure name={t('people')} value={formatCount(totals.people)} />
      <Figure name={t('due')} value={formatCount(totals.due)} />
      <Figure name={t('fulfilledPeople')} value={formatCount(totals.fulfilled)} />
      <Figure name={t('behindPeople')} value={formatCount(totals.behind)} />
      <Figure name={t('rate')} value={percent(totals.due === 0 ? null : totals.fulfilled / totals.due)} />
      <Figure name={t('statutory')} value={classHours(totals.statutoryMs, rule.minutes)} />
      <Figure name={t('attended')} value={formatCount(Math.floor(totals.attendedMs / 60_000))} />
    </div>
  );
}
