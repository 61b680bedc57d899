import { Button, Select, Space } from 'antd';
import { useEffect, useState } from 'react';
import { formatCount } from '#client/format.ts';
import type { BodyInput, Result } from '#contract/api.ts';
import { INDUSTRIES, PERSON_CATEGORIES, UNIT_KINDS } from '#contract/plain.ts';
import { useAct, useRead } from '../data.ts';
import { useConsoleText } from '../text.ts';
import { useUnitOptions } from '../units/unit-options.ts';
import { useWords } from '../words.ts';
import { useCourseText } from './text.ts';

type Rule = Result<'GET /courses/:courseId'>['audience'][number];

const EVERYBODY: Rule = { areaIds: [], industries: [], highRisk: null, unitKinds: [], categories: [], unitIds: [] };

/** Who is invited: rules, and how many units and people they reach now. */
export function AudienceEditor({
  courseId,
  rules: saved,
  readOnly,
}: {
  courseId: string;
  rules: Rule[];
  readOnly: boolean;
}) {
  const t = useCourseText();
  const shared = useConsoleText();
  const [rules, setRules] = useState(saved);
  const save = useAct('PUT /courses/:courseId/audience', { done: shared('saved') });
  const { mutate: count, data: reached } = useAct('POST /courses/:courseId/audience/count', { touches: [] });
  const changed = JSON.stringify(rules) !== JSON.stringify(saved);

  useEffect(() => {
    if (!readOnly)
      count({ params: { courseId }, body: { rules } as BodyInput<'POST /courses/:courseId/audience/count'> });
  }, [count, courseId, rules, readOnly]);

  const put = (at: number, rule: Rule) => setRules(rules.map((old, i) => (i === at ? rule : old)));

  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('audience')}</h2>
        {reached && (
          <span className="muted">
            {t('countNow', { units: formatCount(reached.units), people: formatCount(reached.people) })}
          </span>
        )}
      </div>
      <p className="muted section__lead">{t('audienceHint')}</p>
      {rules.map((rule, i) => (
        <RuleRow
          // Rules have no identity of their own; their place is it.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={i}
          name={t('rule', { number: i + 1 })}
          rule={rule}
          readOnly={readOnly}
          onChange={(next) => put(i, next)}
          {...(rules.length > 1 && { onRemove: () => setRules(rules.filter((_, n) => n !== i)) })}
        />
      ))}
      {!readOnly && (
        <Space>
          <Button onClick={() => setRules([...rules, EVERYBODY])}>{t('addRule')}</Button>
          <Button
            type="primary"
            disabled={!changed}
            loading={save.isPending}
            onClick={() =>
              save.mutate({ params: { courseId }, body: { rules } as BodyInput<'PUT /courses/:courseId/audience'> })
            }
          >
            {shared('save')}
          </Button>
          {changed && <span className="muted">{t('unsaved')}</span>}
        </Space>
      )}
    </section>
  );
}

function RuleRow({
  name,
  rule,
  readOnly,
  onChange,
  onRemove,
}: {
  name: string;
  rule: Rule;
  readOnly: boolean;
  onChange: (rule: Rule) => void;
  onRemove?: () => void;
}) {
  const t = useCourseText();
  const word = useWords();
  const areas = useRead('GET /areas');
  const units = useUnitOptions(rule.unitIds);
  const everybody = JSON.stringify(rule) === JSON.stringify(EVERYBODY);
  const common = {
    mode: 'multiple' as const,
    disabled: readOnly,
    placeholder: t('any'),
    style: { width: '100%' },
    maxTagCount: 4,
  };

  return (
    <fieldset className="rule">
      <legend>
        {name}
        {everybody && <span className="muted"> · {t('everybody')}</span>}
      </legend>
      <Labelled text={t('areas')}>
        <Select
          {...common}
          value={rule.areaIds}
          onChange={(areaIds) => onChange({ ...rule, areaIds })}
          options={(areas.data ?? []).map((area) => ({ value: area.id, label: area.name }))}
          optionFilterProp="label"
        />
      </Labelled>
      <Labelled text={t('unitKinds')}>
        <Select
          {...common}
          value={rule.unitKinds}
          onChange={(unitKinds) => onChange({ ...rule, unitKinds })}
          options={UNIT_KINDS.map((value) => ({ value, label: word(value) }))}
        />
      </Labelled>
      <Labelled text={t('industries')}>
        <Select
          {...common}
          value={rule.industries}
          onChange={(industries) => onChange({ ...rule, industries })}
          options={INDUSTRIES.map((value) => ({ value, label: word(value) }))}
          optionFilterProp="label"
        />
      </Labelled>
      <Labelled text={t('risk')}>
        <Select
          disabled={readOnly}
          style={{ width: '100%' }}
          value={rule.highRisk === null ? 'any' : String(rule.highRisk)}
          onChange={(value) => onChange({ ...rule, highRisk: value === 'any' ? null : value === 'true' })}
          options={[
            { value: 'any', label: t('any') },
            { value: 'true', label: t('onlyHighRisk') },
            { value: 'false', label: t('notHighRisk') },
          ]}
        />
      </Labelled>
      <Labelled text={t('categories')}>
        <Select
          {...common}
          value={rule.categories}
          onChange={(categories) => onChange({ ...rule, categories })}
          options={PERSON_CATEGORIES.map((value) => ({ value, label: word(value) }))}
        />
      </Labelled>
      <Labelled text={t('pickedUnits')}>
        <Select {...common} {...units} value={rule.unitIds} onChange={(unitIds) => onChange({ ...rule, unitIds })} />
      </Labelled>
      {onRemove && !readOnly && (
        <Button type="text" danger className="rule__remove" onClick={onRemove}>
          {t('removeRule')}
        </Button>
      )}
    </fieldset>
  );
}

function Labelled({ text, children }: { text: string; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="rule__part">
      <span className="muted">{text}</span>
      {children}
    </label>
  );
}
