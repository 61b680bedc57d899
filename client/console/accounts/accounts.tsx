import { Button, Input, Popconfirm, Select, Space, Table, Tag } from 'antd';
import { useState } from 'react';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { PageHead } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { AccountForm } from './account-form.tsx';
import { useAccountText } from './text.ts';

type Account = Result<'GET /accounts'>['items'][number];
type RoleName = Account['grants'][number]['role'];

/** Accounts with a password, for the bureau. */
export default function Accounts() {
  const t = useAccountText();
  const shared = useConsoleText();
  const word = useWords();
  const [query, setQuery] = useState<{ q?: string; role?: RoleName; page: number; pageSize: number }>({
    page: 1,
    pageSize: 50,
  });
  const [editing, setEditing] = useState<Account | 'new' | null>(null);
  const accounts = useRead('GET /accounts', { query });
  const change = useAct('PATCH /accounts/:accountId', { done: shared('saved') });

  return (
    <>
      <PageHead title={shared('accounts')}>
        <Button type="primary" onClick={() => setEditing('new')}>
          {t('add')}
        </Button>
      </PageHead>
      <section className="section">
        <div className="filters">
          <Input.Search
            allowClear
            style={{ width: 220 }}
            placeholder={t('displayName')}
            onSearch={(text) => {
              const { q: _, ...rest } = query;
              setQuery({ ...rest, page: 1, ...(text.trim() && { q: text.trim() }) });
            }}
          />
          <Select
            allowClear
            style={{ width: 160 }}
            placeholder={t('role')}
            onChange={(role?: RoleName) => {
              const { role: _, ...rest } = query;
              setQuery({ ...rest, page: 1, ...(role && { role }) });
            }}
            options={(['bureau', 'supervisor', 'enterprise', 'instructor'] as const).map((value) => ({
              value,
              label: word(value),
            }))}
          />
        </div>
        <Table<Account>
          rowKey="id"
          size="middle"
          loading={accounts.isFetching && !accounts.data}
          dataSource={accounts.data?.items ?? []}
          scroll={{ x: 820 }}
          locale={{ emptyText: t('none') }}
          pagination={{
            current: query.page,
            pageSize: query.pageSize,
            total: accounts.data?.total ?? 0,
            showTotal: (count) => shared('total', { count }),
            onChange: (page, pageSize) => setQuery({ ...query, page, pageSize }),
          }}
          columns={[
            { title: t('displayName'), dataIndex: 'displayName', fixed: 'left', width: 140 },
            { title: t('accountName'), dataIndex: 'name' },
            { title: t('phone'), dataIndex: 'phoneMasked' },
            {
              title: `${t('role')} · ${t('scope')}`,
              key: 'grants',
              render: (_, account) =>
                account.grants.map((grant) => (
                  <Tag key={`${grant.role}-${grant.areaId}-${grant.industry}-${grant.unitId}`}>
                    {word(grant.role)}
                    {grant.industry
                      ? ` · ${word(grant.industry as 'other')}`
                      : grant.scopeName
                        ? ` · ${grant.scopeName}`
                        : ''}
                  </Tag>
                )),
            },
            {
              title: t('state'),
              key: 'state',
              render: (_, account) => (account.disabled ? <Tag color="red">{t('disabled')}</Tag> : t('active')),
            },
            {
              title: '',
              key: 'acts',
              render: (_, account) => (
                <Space size={4}>
                  <Button size="small" onClick={() => setEditing(account)}>
                    {shared('edit')}
                  </Button>
                  {account.disabled ? (
                    <Button
                      size="small"
                      onClick={() => change.mutate({ params: { accountId: account.id }, body: { disabled: false } })}
                    >
                      {t('enable')}
                    </Button>
                  ) : (
                    <Popconfirm
                      title={t('disableSure')}
                      onConfirm={() => change.mutate({ params: { accountId: account.id }, body: { disabled: true } })}
                    >
                      <Button size="small">{t('disable')}</Button>
                    </Popconfirm>
                  )}
                </Space>
              ),
            },
          ]}
        />
      </section>
      {editing && <AccountForm onClose={() => setEditing(null)} {...(editing !== 'new' && { account: editing })} />}
    </>
  );
}
