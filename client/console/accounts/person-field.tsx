import { Button, Select, Space } from 'antd';
import { useState } from 'react';
import type { Result } from '#contract/api.ts';
import { useRead, wordsOf } from '../data.ts';
import { useConsoleText } from '../text.ts';
import { useUnitOptions } from '../units/unit-options.ts';
import { useWords } from '../words.ts';
import { useAccountText } from './text.ts';

export type AccountPerson = Result<'GET /accounts'>['items'][number]['person'];

/** Who learns with an account: somebody of a unit's roster, or nobody. A form's field. */
export function PersonField({
  value = null,
  onChange = () => undefined,
}: {
  value?: AccountPerson;
  onChange?: (person: AccountPerson) => void;
}) {
  const t = useAccountText();
  if (!value) return <PersonPicker onPick={onChange} />;
  return (
    <Space wrap>
      <span>
        {value.name} <span className="muted">{value.unitName}</span>
      </span>
      <Button size="small" onClick={() => onChange(null)}>
        {t('unlink')}
      </Button>
    </Space>
  );
}

function PersonPicker({ onPick }: { onPick: (person: AccountPerson) => void }) {
  const t = useAccountText();
  const word = useWords();
  const [unit, setUnit] = useState<{ id: string; name: string } | null>(null);
  const [q, setQ] = useState('');
  const { options, showSearch } = useUnitOptions(unit ? [unit.id] : []);
  const people = useRead(
    'GET /units/:unitId/people',
    { params: { unitId: unit?.id ?? '' }, query: { pageSize: 100, ...(q && { q }) } },
    { enabled: unit !== null },
  );
  const shared = useConsoleText();
  const answered = people.isSuccess && !people.isPlaceholderData;
  const nobody = people.isError ? wordsOf(people.error) : answered ? t('personNone') : shared('loading');
  const found = unit ? (people.data?.items ?? []).filter((person) => person.unitId === unit.id) : [];

  return (
    <div className="field-row">
      <Select
        aria-label={t('personUnit')}
        placeholder={t('personUnit')}
        showSearch={showSearch}
        options={options}
        onChange={(id: string, option) => setUnit({ id, name: Array.isArray(option) ? '' : (option?.label ?? '') })}
      />
      <Select
        key={unit?.id ?? ''}
        aria-label={t('personName')}
        placeholder={t('personName')}
        disabled={!unit}
        showSearch={{ filterOption: false, onSearch: setQ }}
        notFoundContent={nobody}
        options={found.map((person) => ({
          value: person.id,
          // Namesakes are told apart by what follows.
          label: [person.name, word(person.category), person.phoneMasked].filter(Boolean).join(' · '),
          disabled: person.verification === 'refused',
        }))}
        onChange={(id: string) => {
          const person = found.find((one) => one.id === id);
          if (person && unit) onPick({ id, name: person.name, unitName: unit.name });
        }}
      />
    </div>
  );
}
