import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Upload } from 'antd';
import { useState } from 'react';
import { call } from '#client/api.ts';
import { formatClock } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { useAct, wordsOf } from '../data.ts';
import { ConfirmButton } from '../parts.tsx';
import { useDeskText } from './text.ts';

type Captions = Result<'GET /sessions/:sessionId/recording'>['captions'][number];

const LANGUAGES = ['zh', 'en'] as const;
const RECORDING = 'GET /sessions/:sessionId/recording';

/** Captions of a recording: a file for each language, which is checked when it comes. */
export function CaptionsPanel({ sessionId, captions }: { sessionId: string; captions: Captions[] }) {
  const t = useDeskText();
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <div style={{ marginBottom: 12 }}>
      <p className="muted" style={{ marginBottom: 8 }}>
        {t('captionsHint')}
      </p>
      {LANGUAGES.map((language) => (
        <OneLanguage
          key={language}
          sessionId={sessionId}
          language={language}
          given={captions.find((each) => each.language === language)}
          onFailure={setFailure}
        />
      ))}
      {failure !== null && (
        <Alert
          type="error"
          showIcon
          title={t('captionsRefused')}
          description={failure}
          closable
          onClose={() => setFailure(null)}
        />
      )}
    </div>
  );
}

function OneLanguage({
  sessionId,
  language,
  given,
  onFailure,
}: {
  sessionId: string;
  language: Captions['language'];
  given: Captions | undefined;
  onFailure: (words: string | null) => void;
}) {
  const t = useDeskText();
  const client = useQueryClient();
  const { message, modal } = App.useApp();
  const [busy, setBusy] = useState(false);
  const remove = useAct('DELETE /sessions/:sessionId/recording/captions', {
    done: t('captionsRemoved'),
    touches: [RECORDING],
  });
  const name = t(language === 'zh' ? 'captionsZh' : 'captionsEn');
  const asked = { params: { sessionId }, query: { language } };

  async function send(file: Blob) {
    setBusy(true);
    onFailure(null);
    try {
      await call('PUT /sessions/:sessionId/recording/captions', { ...asked, file });
      await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === RECORDING });
      void message.success(t('captionsStored'));
    } catch (error) {
      onFailure(wordsOf(error));
    } finally {
      setBusy(false);
    }
  }

  function choose(file: File) {
    if (!given) return void send(file);
    modal.confirm({
      title: t('captionsReplaceSure', { name, file: file.name }),
      okText: t('captionsReplace'),
      onOk: () => void send(file),
    });
  }

  return (
    <div className="field-row" style={{ marginBottom: 8, alignItems: 'center' }}>
      <span>
        {given
          ? t('captionsAre', { name, cues: given.cues, end: formatClock(given.lengthMs) })
          : t('captionsNone', { name })}
      </span>
      <Upload
        accept=".vtt,.srt,text/vtt"
        showUploadList={false}
        beforeUpload={(file) => {
          choose(file);
          return false;
        }}
      >
        <Button size="small" loading={busy} aria-label={t(given ? 'captionsReplaceOf' : 'captionsGiveOf', { name })}>
          {t(given ? 'captionsReplace' : 'captionsGive')}
        </Button>
      </Upload>
      {given && (
        <ConfirmButton
          danger
          size="small"
          question={t('captionsRemoveSure', { name })}
          verb={t('captionsRemove')}
          busy={remove.isPending}
          onConfirm={() => remove.mutate(asked)}
        />
      )}
    </div>
  );
}
