import { App, Button, Form, Input, Modal, Popconfirm, Select, Space, Switch, Table, Tag } from 'antd';
import { useState } from 'react';
import { copyText } from '#client/clipboard.ts';
import type { BodyInput, Result } from '#contract/api.ts';
import { normalisePhone } from '#contract/codes.ts';
import { PERSON_CATEGORIES } from '#contract/plain.ts';
import { useAct, useRead } from '../data.ts';
import { mobileRule } from '../rules.ts';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { ImportWizard } from './import-wizard.tsx';
import { useUnitText } from './text.ts';

type Person = Result<'GET /units/:unitId/people'>['items'][number];
type Values = BodyInput<'POST /units/:unitId/people'>;

/** A unit's people. */
export function Roster({ unitId }: { unitId: string }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const word = useWords();
  const [query, setQuery] = useState<{ q?: string; verification?: 'unverified'; page: number; pageSize: number }>({
    page: 1,
    pageSize: 50,
  });
  const [editing, setEditing] = useState<Person | 'new' | null>(null);
  const [importing, setImporting] = useState(false);
  const people = useRead('GET /units/:unitId/people', { params: { unitId }, query });

  return (
    <section className="section">
      <h2>
        {t('roster')}
        <div className="page-actions">
          <Button onClick={() => setImporting(true)}>{t('importPeople')}</Button>
          <Button type="primary" onClick={() => setEditing('new')}>
            {t('addPerson')}
          </Button>
        </div>
      </h2>
      <div className="filters">
        <Input.Search
          allowClear
          style={{ width: 220 }}
          placeholder={t('personName')}
          onSearch={(text) => {
            const { q: _, ...rest } = query;
            setQuery({ ...rest, page: 1, ...(text.trim() && { q: text.trim() }) });
          }}
        />
        <Space>
          <Switch
            aria-label={t('onlyUnverified')}
            onChange={(only) => {
              const { verification: _, ...rest } = query;
              setQuery({ ...rest, page: 1, ...(only && { verification: 'unverified' as const }) });
            }}
          />
          {t('onlyUnverified')}
        </Space>
      </div>
      <Table<Person>
        rowKey="id"
        size="middle"
        loading={people.isFetching && !people.data}
        dataSource={people.data?.items ?? []}
        scroll={{ x: 860 }}
        locale={{ emptyText: t('rosterNone') }}
        pagination={{
          current: query.page,
          pageSize: query.pageSize,
          total: people.data?.total ?? 0,
          showTotal: (count) => shared('total', { count }),
          onChange: (page, pageSize) => setQuery({ ...query, page, pageSize }),
        }}
        columns={[
          { title: t('personName'), dataIndex: 'name', fixed: 'left', width: 110 },
          { title: t('category'), key: 'category', render: (_, person) => word(person.category) },
          { title: t('position'), dataIndex: 'position' },
          { title: t('phone'), key: 'phone', render: (_, person) => person.phoneMasked ?? '–' },
          {
            title: t('verification'),
            key: 'verification',
            render: (_, person) =>
              person.verification === 'verified' ? (
                word('verified')
              ) : (
                <Tag color="orange">{word(person.verification)}</Tag>
              ),
          },
          {
            title: '',
            key: 'acts',
            render: (_, person) => <PersonActs person={person} onEdit={() => setEditing(person)} />,
          },
        ]}
      />
      {editing && (
        <PersonForm unitId={unitId} onClose={() => setEditing(null)} {...(editing !== 'new' && { person: editing })} />
      )}
      {importing && <ImportWizard what="people" onClose={() => setImporting(false)} />}
    </section>
  );
}

function PersonActs({ person, onEdit }: { person: Person; onEdit: () => void }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const { message, modal } = App.useApp();
  const params = { personId: person.id };
  const verify = useAct('POST /people/:personId/verification', { done: shared('saved') });
  const leave = useAct('DELETE /people/:personId', { done: shared('saved') });
  const link = useAct('POST /people/:personId/link');

  const copyLink = async () => {
    const { path } = await link.mutateAsync({ params });
    const address = `${location.origin}${path}`;
    if (await copyText(address)) void message.success(t('linkMade'), 5);
    else modal.info({ title: t('link'), content: address });
  };

  return (
    <Space size={4} wrap>
      {person.verification === 'unverified' && (
        <>
          <Button
            size="small"
            type="primary"
            onClick={() => verify.mutate({ params, body: { verification: 'verified' } })}
          >
            {t('confirm')}
          </Button>
          <Popconfirm
            title={t('refuseSure')}
            onConfirm={() => verify.mutate({ params, body: { verification: 'refused' } })}
          >
            <Button size="small">{t('refuse')}</Button>
          </Popconfirm>
        </>
      )}
      <Button size="small" onClick={() => void copyLink().catch(() => undefined)}>
        {t('link')}
      </Button>
      <Button size="small" onClick={onEdit}>
        {shared('edit')}
      </Button>
      <Popconfirm title={t('leaveSure')} onConfirm={() => leave.mutate({ params })}>
        <Button size="small">{t('leave')}</Button>
      </Popconfirm>
    </Space>
  );
}

function PersonForm({ unitId, person, onClose }: { unitId: string; person?: Person; onClose: () => void }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const word = useWords();
  const [form] = Form.useForm<Values>();
  const add = useAct('POST /units/:unitId/people', { done: shared('saved') });
  const change = useAct('PATCH /people/:personId', { done: shared('saved') });

  const submit = async ({ phone, ...values }: Values) => {
    const body = { ...values, ...(phone && { phone: normalisePhone(phone) }) };
    if (person) await change.mutateAsync({ params: { personId: person.id }, body });
    else await add.mutateAsync({ params: { unitId }, body });
    onClose();
  };

  return (
    <Modal
      open
      title={person?.name ?? t('addPerson')}
      okText={shared('save')}
      cancelText={shared('cancel')}
      onOk={form.submit}
      onCancel={onClose}
      confirmLoading={add.isPending || change.isPending}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => void submit(values).catch(() => undefined)}
        initialValues={person ?? { category: 'worker' }}
      >
        <Form.Item
          name="name"
          label={t('personName')}
          rules={[{ required: true, whitespace: true, message: shared('required') }]}
        >
          <Input maxLength={80} />
        </Form.Item>
        <Form.Item name="category" label={t('category')}>
          <Select options={PERSON_CATEGORIES.map((value) => ({ value, label: word(value) }))} />
        </Form.Item>
        <Form.Item name="position" label={t('position')}>
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="phone" label={t('phone')} rules={[mobileRule(t('badPhone'))]}>
          <Input inputMode="tel" {...(person?.phoneMasked && { placeholder: person.phoneMasked })} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
