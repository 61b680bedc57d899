import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '#client/api.ts';
import { useRead } from '../data.ts';
import { useUnitText } from './text.ts';

/**
 * What a field that picks units offers: the first hundred by name, then those that match what is typed. Units that are
 * picked already have their names too, whichever they are: without them the field would show bare ids.
 */
export function useUnitOptions(picked: string[]) {
  const t = useUnitText();
  const [q, setQ] = useState('');
  const found = useRead('GET /units', { query: { pageSize: 100, ...(q && { q }) } });
  const items = found.data?.items ?? [];
  const unnamed = found.data && !q ? picked.filter((id) => !items.some((unit) => unit.id === id)) : [];
  const others = useQueries({
    queries: unnamed.map((unitId) => ({
      queryKey: ['GET /units/:unitId', { params: { unitId } }],
      queryFn: () => call('GET /units/:unitId', { params: { unitId } }),
    })),
  });
  const units = [...items, ...others.flatMap(({ data }) => (data ? [data] : []))];
  return {
    options: units.map(({ id, name, closedAt }) => ({ value: id, label: closedAt ? t('nameClosed', { name }) : name })),
    showSearch: { filterOption: false as const, onSearch: setQ },
  };
}
