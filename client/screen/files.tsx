import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { call, urlOf } from '#client/api.ts';
import { formatTime } from '#client/format.ts';
import { ButtonLink } from '#client/ui/button.tsx';
import { Failure } from '#client/ui/notice.tsx';
import type { Result } from '#contract/api.ts';
import { useScreenText } from './text.ts';

type Kind = Result<'GET /screens/:screenId/files'>[number]['kind'];

const KINDS: readonly Kind[] = ['photo_start', 'photo_end', 'sheet'];
const WORDS = { photo_start: 'photo_start', photo_end: 'photo_end', sheet: 'sheet_signed' } as const;

/** 签到表 and 现场照片 of a screen: the sheet to print, and what was signed and photographed. */
export function Files({ screenId }: { screenId: string }) {
  const t = useScreenText();
  const queries = useQueryClient();
  const params = { screenId };
  const queryKey = ['screen', screenId, 'files'];
  const files = useQuery({ queryKey, queryFn: () => call('GET /screens/:screenId/files', { params }) });
  const add = useMutation({
    mutationFn: ({ kind, file }: { kind: Kind; file: File }) =>
      call('POST /screens/:screenId/files', { params, query: { kind, name: file.name.slice(-120) }, file }),
    onSuccess: (all) => queries.setQueryData(queryKey, all),
  });
  return (
    <section className="signing__block">
      <ButtonLink wide to={`/screen/${screenId}/sheet`}>
        {t('printSheet')}
      </ButtonLink>
      {files.isError && <Failure what={t('loadFailed')} error={files.error} retry={() => files.refetch()} />}
      {add.isError && <Failure what={t('uploadFailed')} error={add.error} />}
      {KINDS.map((kind) => (
        <div key={kind} className="signing__block">
          <h2 className="signing__heading">{t(WORDS[kind])}</h2>
          <ul className="signing__list">
            {(files.data ?? [])
              .filter((file) => file.kind === kind)
              .map((file) => (
                <li key={file.id} className="signing__row">
                  <a className="signing__who" href={urlOf('GET /screens/:screenId/file', params, { fileId: file.id })}>
                    {file.name}
                  </a>
                  <span className="signing__facts numbers">{formatTime(file.uploadedAt)}</span>
                </li>
              ))}
          </ul>
          <Upload
            label={t('upload', { what: t(WORDS[kind]) })}
            busy={add.isPending && add.variables.kind === kind}
            onFile={(file) => add.mutate({ kind, file })}
          />
        </div>
      ))}
      <p className="signing__hint">{t('filesHint')}</p>
    </section>
  );
}

function Upload({ label, busy, onFile }: { label: string; busy: boolean; onFile: (file: File) => void }) {
  const id = useId();
  return (
    <label className="button button--plain button--wide" htmlFor={id} aria-busy={busy || undefined}>
      {label}
      <input
        id={id}
        className="visually-hidden"
        type="file"
        accept="image/jpeg,image/png,application/pdf"
        disabled={busy}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          event.target.value = '';
        }}
      />
    </label>
  );
}
