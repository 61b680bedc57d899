import { Button, Select, Space } from 'antd';
import { useState } from 'react';
import { formatCount } from '#client/format.ts';
import type { QueryInput, Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { ActsTitle, ConfirmButton, Mark, PageHead, SearchField } from '../parts.tsx';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { AccountForm } from './account-form.tsx';
import { useAccountText } from './text.ts';

type Account = Result<'GET /accounts'>['items'][number];
type Grant = Account['grants'][number];
type Filters = Omit<NonNullable<QueryInput<'GET /accounts'>>, 'page' | 'pageSize'>;

/** Accounts with a password, for the bureau. */
export default function Accounts() {
  const t = useAccountText();
  const shared = useConsoleText();
  const word = useWords();
  const paged = usePagedQuery<Filters>();
  const [editing, setEditing] = useState<Account | 'new' | null>(null);
  const accounts = useRead('GET /accounts', { query: paged.query });
  const scopeOf = ({ industry, scopeName, role }: Grant) =>
    industry ? word(industry as 'other') : (scopeName ?? (role === 'supervisor' ? t('whole') : ''));

  return (
    <>
      <PageHead title={shared('accounts')}>
        <Button type="primary" onClick={() => setEditing('new')}>
          {t('add')}
        </Button>
      </PageHead>
      <section className="section">
        <div className="filters">
          <SearchField label={t('search')} width={220} onSearch={(q) => paged.filter({ q })} />
          <Select
            allowClear
            style={{ width: 170 }}
            placeholder={t('role')}
            aria-label={t('role')}
            onChange={(role?: Grant['role']) => paged.filter({ role })}
            options={(['bureau', 'supervisor', 'enterprise', 'instructor'] as const).map((value) => ({
              value,
              label: word(value),
            }))}
          />
        </div>
        <PagedTable<Account>
          read={accounts}
          paged={paged}
          total={(count) => t('count', { count: formatCount(count) })}
          rowKey="id"
          minWidth={960}
          empty={t('none')}
          columns={[
            { title: t('displayName'), dataIndex: 'displayName', fixed: 'left', width: 110 },
            {
              title: t('login'),
              key: 'login',
              width: 150,
              render: (_, { name, phoneMasked }) => (
                <>
                  {name && <div>{name}</div>}
                  {phoneMasked}
                </>
              ),
            },
            {
              title: t('roles'),
              key: 'grants',
              render: (_, { grants }) =>
                grants.length === 0
                  ? word('learner')
                  : grants.map((grant) => (
                      <div key={`${grant.role}-${grant.areaId}-${grant.industry}-${grant.unitId}`}>
                        {word(grant.role)} <span className="muted">{scopeOf(grant)}</span>
                      </div>
                    )),
            },
            {
              title: t('person'),
              key: 'person',
              width: 190,
              render: (_, { person }) =>
                person ? (
                  <>
                    {person.name} <div className="muted">{person.unitName}</div>
                  </>
                ) : (
                  '–'
                ),
            },
            {
              title: t('state'),
              key: 'state',
              width: 90,
              render: (_, account) => (account.disabled ? <Mark tone="red">{t('disabled')}</Mark> : t('active')),
            },
            {
              title: <ActsTitle />,
              key: 'acts',
              width: 130,
              render: (_, account) => <AccountActs account={account} onEdit={() => setEditing(account)} />,
            },
          ]}
        />
      </section>
      {editing && <AccountForm onClose={() => setEditing(null)} {...(editing !== 'new' && { account: editing })} />}
    </>
  );
}

function AccountActs({ account, onEdit }: { account: Account; onEdit: () => void }) {
  const t = useAccountText();
  const shared = useConsoleText();
  const change = useAct('PATCH /accounts/:accountId', { done: shared('saved') });
  const disable = (disabled: boolean) => change.mutate({ params: { accountId: account.id }, body: { disabled } });
  return (
    <Space size={4}>
      <Button size="small" onClick={onEdit}>
        {shared('edit')}
      </Button>
      {account.disabled ? (
        <Button size="small" loading={change.isPending} onClick={() => disable(false)}>
          {t('enable')}
        </Button>
      ) : (
        <ConfirmButton
          size="small"
          danger
          question={t('disableSure', { name: account.displayName })}
          verb={t('disable')}
          busy={change.isPending}
          onConfirm={() => disable(true)}
        />
      )}
    </Space>
  );
}
