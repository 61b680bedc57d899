import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '#client/api.ts';
import { batchesOf } from '#client/batches.ts';
import { IDS_PER_QUERY } from '#contract/plain.ts';
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
  const offered = new Set(items.map((unit) => unit.id));
  const unnamed = found.isSuccess && !found.isPlaceholderData && !q ? picked.filter((id) => !offered.has(id)) : [];
  const others = useQueries({
    queries: batchesOf(unnamed, IDS_PER_QUERY).map((ids) => {
      const query = { ids: ids.join(','), pageSize: IDS_PER_QUERY };
      return { queryKey: ['GET /units', { query }], queryFn: () => call('GET /units', { query }) };
    }),
  });
  const units = [...items, ...others.flatMap(({ data }) => data?.items ?? [])];
  return {
    options: units.map(({ id, name, closedAt }) => ({ value: id, label: closedAt ? t('nameClosed', { name }) : name })),
    showSearch: { filterOption: false as const, onSearch: setQ },
  };
}
