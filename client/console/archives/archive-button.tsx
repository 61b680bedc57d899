import { App, Button, Checkbox, Modal, Progress, Space } from 'antd';
import { useState } from 'react';
import { formatBytes, formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Export } from '#contract/archives.ts';
import { useAct, useRead } from '../data.ts';
import { DownloadButton, Loaded, Mark } from '../parts.tsx';
import { useArchiveText } from './text.ts';

const EVERY_MS = 1_000;

interface About {
  kind: 'session' | 'unit' | 'person' | 'course';
  id: string;
  /** May see phone numbers in full. */
  mayUnmask?: boolean;
  /** Where there are several: whose it is. */
  of?: string;
}

/** Opens what has files made in the background, and shows how far they are. */
export function ArchiveButton(about: About) {
  const t = useArchiveText();
  const [open, setOpen] = useState(false);
  return (
    <>
      {about.of === undefined ? (
        <Button onClick={() => setOpen(true)}>{t(about.kind)}</Button>
      ) : (
        <Button
          size="small"
          aria-label={t('archiveOf', { kind: t(about.kind), name: about.of })}
          onClick={() => setOpen(true)}
        >
          {t(about.kind)}
        </Button>
      )}
      <Modal
        open={open}
        title={about.of === undefined ? t(about.kind) : t('archiveOf', { kind: t(about.kind), name: about.of })}
        width={640}
        footer={null}
        destroyOnHidden
        onCancel={() => setOpen(false)}
      >
        <Content {...about} />
      </Modal>
    </>
  );
}

function Content(about: About) {
  const files = useRead('GET /exports', undefined, { every: EVERY_MS });
  return (
    <>
      <Making {...about} known={files.data ?? []} />
      <Loaded read={files}>{(loaded) => <Files files={loaded} />}</Loaded>
    </>
  );
}

function Making({ kind, id, mayUnmask = false, known }: About & { known: Export[] }) {
  const t = useArchiveText();
  const { message } = App.useApp();
  const [full, setFull] = useState(false);
  const touches = ['GET /exports' as const];
  const session = useAct('POST /sessions/:sessionId/exports', { touches });
  const unit = useAct('POST /units/:unitId/exports', { touches });
  const person = useAct('POST /people/:personId/exports', { touches });
  const course = useAct('POST /courses/:courseId/exports', { touches });
  const after = {
    onSuccess: (file: Export) => {
      if (known.some((each) => each.id === file.id)) void message.info(t('already'));
    },
  };
  const make = {
    session: (format: 'xlsx' | 'pdf') => session.mutate({ params: { sessionId: id }, body: { format, full } }, after),
    unit: (format: 'xlsx' | 'pdf') => unit.mutate({ params: { unitId: id }, body: { format, full } }, after),
    person: (format: 'xlsx' | 'pdf') => person.mutate({ params: { personId: id }, body: { format } }, after),
    course: (format: 'xlsx' | 'csv') => course.mutate({ params: { courseId: id }, body: { format, full } }, after),
  };
  const busy = session.isPending || unit.isPending || person.isPending || course.isPending;
  const formats = kind === 'course' ? (['xlsx', 'csv'] as const) : (['xlsx', 'pdf'] as const);
  return (
    <>
      <p className="muted">{t('hint')}</p>
      {mayUnmask && (
        <p style={{ margin: '8px 0' }}>
          <Checkbox checked={full} onChange={({ target }) => setFull(target.checked)}>
            {t('full')}
          </Checkbox>
        </p>
      )}
      <Space style={{ margin: '8px 0 20px' }} wrap>
        {formats.map((format) => (
          <Button key={format} disabled={busy} onClick={() => make[kind](format as never)}>
            {t('make', { kind: t(format) })}
          </Button>
        ))}
      </Space>
    </>
  );
}

function Files({ files }: { files: Export[] }) {
  const t = useArchiveText();
  if (files.length === 0) return <p className="muted">{t('none')}</p>;
  return (
    <ul aria-label={t('files')} style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {files.slice(0, 8).map((file) => (
        <li key={file.id} style={{ padding: '10px 0', borderTop: '1px solid var(--line)' }}>
          <File file={file} />
        </li>
      ))}
    </ul>
  );
}

function File({ file }: { file: Export }) {
  const t = useArchiveText();
  const language = useLanguage();
  const { state, rowsDone, rowsTotal, name } = file;
  const title = name ?? `${t(file.kind)} ${t(file.format)}`;
  return (
    <div style={{ display: 'flex', alignItems: 'center', gap: 12 }}>
      <div style={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
        <div>
          {title} {file.full && <Mark tone="amber">{t('isFull')}</Mark>}
        </div>
        <div className="muted numbers">
          {/* Only what becomes of it is read out, and not every row. */}
          <span role="status">{t(state)}</span>
          {state === 'running' &&
            rowsTotal !== null &&
            ` · ${t('rows', { done: formatCount(rowsDone), total: formatCount(rowsTotal) })}`}
          {state === 'done' &&
            ` · ${t('asOf', { at: formatDateTime(file.asOf ?? file.createdAt, language) })} · ${formatBytes(file.bytes)}`}
        </div>
        {state === 'running' && rowsTotal !== null && rowsTotal > 0 && (
          <Progress
            percent={Math.floor((rowsDone * 100) / rowsTotal)}
            size="small"
            showInfo={false}
            aria-hidden="true"
          />
        )}
      </div>
      {state === 'done' && (
        <DownloadButton size="small" endpoint="GET /exports/:exportId/file" params={{ exportId: file.id }}>
          <span aria-hidden="true">{t('download')}</span>
          <span className="visually-hidden">{t('downloadOf', { name: title })}</span>
        </DownloadButton>
      )}
    </div>
  );
}
