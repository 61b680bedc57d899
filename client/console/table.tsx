import { Alert, Button, Table, type TableColumnsType, type TableProps } from 'antd';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type Read, wordsOf } from './data.ts';
import { useConsoleText } from './text.ts';

interface Paging {
  page: number;
  pageSize: number;
}

const FIRST: Paging = { page: 1, pageSize: 50 };

/** What a list is asked for: its filters and the page. Another filter starts at the first page again. */
export function usePagedQuery<F extends object>() {
  const [filters, setFilters] = useState<Partial<F>>({});
  const [paging, setPaging] = useState(FIRST);
  return {
    query: { ...filters, ...paging },
    /** An undefined filter is taken away. */
    filter(next: Partial<F>) {
      setFilters({ ...filters, ...next });
      setPaging({ ...paging, page: 1 });
    },
    turn: (page: number, pageSize: number) => setPaging({ page, pageSize }),
  };
}

/** A table that the server gives a page at a time. */
export function PagedTable<T extends object>({
  read,
  paged: { query, turn },
  total,
  rowKey,
  minWidth,
  empty,
  expanded,
  columns,
}: {
  read: Read<{ items: T[]; total: number }>;
  paged: { query: Paging; turn: (page: number, pageSize: number) => void };
  /** Names what is counted: `共 36 家单位`. */
  total: (count: number) => string;
  rowKey: keyof T & string;
  /** Narrower than this it scrolls sideways, px. */
  minWidth: number;
  /** What would fill it. */
  empty: string;
  /** What opens below a row. */
  expanded?: (row: T) => ReactNode;
  columns: TableColumnsType<T>;
}) {
  const t = useConsoleText();
  if (read.error && read.data === undefined) return <ReadFailure read={read} />;
  return (
    <WideTable<T>
      rowKey={rowKey}
      minWidth={minWidth}
      loading={read.data === undefined}
      dataSource={read.data?.items ?? []}
      locale={{ emptyText: read.data === undefined ? t('loading') : empty }}
      pagination={{
        current: query.page,
        pageSize: query.pageSize,
        total: read.data?.total ?? 0,
        showTotal: total,
        onChange: turn,
      }}
      {...(expanded && {
        expandable: {
          expandedRowRender: expanded,
          columnTitle: <span className="visually-hidden">{t('details')}</span>,
        },
      })}
      columns={columns}
    />
  );
}

/** A table that scrolls sideways where it is narrower than `minWidth`, px: also by keyboard, which the library leaves out. */
export function WideTable<T extends object>({ minWidth, ...table }: TableProps<T> & { minWidth: number }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    frame.current?.querySelector('.ant-table-content')?.setAttribute('tabindex', '0');
  });
  return (
    <div ref={frame}>
      <Table<T> size="middle" scroll={{ x: minWidth }} {...table} />
    </div>
  );
}

/** Why something could not be read, with a way to try again. */
export function ReadFailure({ read }: { read: Read<unknown> }) {
  const t = useConsoleText();
  return (
    <Alert
      type="error"
      showIcon
      title={t('loadFailed')}
      description={wordsOf(read.error)}
      action={<Button onClick={() => void read.refetch()}>{t('retry')}</Button>}
    />
  );
}
