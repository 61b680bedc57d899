import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Modal, Progress, Table, Upload } from 'antd';
import { useState } from 'react';
import { call } from '#client/api.ts';
import type { Result } from '#contract/api.ts';
import { wordsOf } from '../data.ts';
import { DownloadButton } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { useUnitText } from './text.ts';

type Checked = Result<'POST /imports/units'>;
type Problem = Checked['errors'][number];

/** Template → file → check → import. Nothing is written before the last step, and then all rows or none. */
export function ImportWizard({ what, onClose }: { what: 'units' | 'people'; onClose: () => void }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState<'checking' | 'importing' | null>(null);

  const send = async (chosen: File, commit: boolean) => {
    setBusy(commit ? 'importing' : 'checking');
    setFailure(null);
    try {
      const input = { query: { commit: commit ? ('1' as const) : ('0' as const) }, file: chosen };
      setChecked(
        what === 'units' ? await call('POST /imports/units', input) : await call('POST /imports/people', input),
      );
      if (commit) await client.invalidateQueries();
    } catch (error) {
      setFailure(wordsOf(error));
    } finally {
      setBusy(null);
    }
  };
  const choose = (chosen: File) => {
    setFile(chosen);
    setChecked(null);
    void send(chosen, false);
  };

  const ready = file && checked && checked.errors.length === 0 && !checked.committed && checked.rows > 0;
  return (
    <Modal
      open
      width={760}
      mask={{ closable: false }}
      title={what === 'units' ? t('importUnits') : t('importPeople')}
      onCancel={onClose}
      footer={
        ready ? (
          <Button type="primary" loading={busy !== null} onClick={() => void send(file, true)}>
            {t('commit', { rows: checked.rows })}
          </Button>
        ) : (
          <Button onClick={onClose}>{checked?.committed ? t('done') : shared('cancel')}</Button>
        )
      }
    >
      <p className="drop__template">
        <DownloadButton endpoint={what === 'units' ? 'GET /imports/units/template' : 'GET /imports/people/template'}>
          {t('template')}
        </DownloadButton>
      </p>
      <Upload.Dragger
        accept=".xlsx"
        multiple={false}
        showUploadList={false}
        disabled={busy !== null}
        beforeUpload={(chosen) => {
          choose(chosen);
          return false;
        }}
      >
        <p className="drop__file">{file ? file.name : t('choose')}</p>
        <p className="muted">{busy ? t(busy) : t('dropHint')}</p>
      </Upload.Dragger>
      <div aria-live="polite" style={{ marginTop: 16 }}>
        {busy && <Progress percent={100} status="active" showInfo={false} aria-label={t(busy)} />}
        {failure && <Alert type="error" showIcon title={failure} />}
        {checked && checked.rows === 0 && checked.errors.length === 0 && (
          <Alert type="warning" showIcon title={t('emptyFile')} />
        )}
        {checked?.committed && (
          <Alert
            type="success"
            showIcon
            title={t('imported', { created: checked.created, updated: checked.updated })}
          />
        )}
        {checked && !checked.committed && checked.errors.length === 0 && checked.rows > 0 && (
          <Alert
            type="success"
            showIcon
            title={t('checked', {
              rows: checked.rows,
              created: checked.created,
              updated: checked.updated,
              unchanged: checked.unchanged,
            })}
          />
        )}
        {checked && checked.errors.length > 0 && (
          <>
            <Alert
              type="error"
              showIcon
              title={t('errors', { count: checked.errors.length })}
              style={{ marginBottom: 12 }}
            />
            <Table<Problem>
              rowKey={(problem) => `${problem.row}-${problem.column}-${problem.code}`}
              size="small"
              dataSource={checked.errors}
              pagination={{ pageSize: 10, hideOnSinglePage: true }}
              columns={[
                { title: t('problem'), dataIndex: 'message' },
                { title: t('value'), key: 'value', width: '32%', render: (_, { value }) => value || t('blank') },
              ]}
            />
          </>
        )}
      </div>
    </Modal>
  );
}
