import { Button, Input, Space } from 'antd';
import { useState } from 'react';
import { useAct, useRead } from '../data.ts';
import { ConfirmButton, CopyButton } from '../parts.tsx';
import { useDeskText } from './text.ts';

/** Where an encoder publishes to, and with what key. */
export function StreamKey({ sessionId }: { sessionId: string }) {
  const t = useDeskText();
  const params = { sessionId };
  const where = useRead('GET /sessions/:sessionId/stream-key', { params });
  const rotate = useAct('POST /sessions/:sessionId/stream-key', { touches: ['GET /sessions/:sessionId/stream-key'] });
  if (!where.data) return null;
  const { server, secureServer, srtAddress, key } = where.data;
  return (
    <div className="stream-key">
      <Copied label={t('server')} value={server} />
      {secureServer && <Copied label={t('secureServer')} value={secureServer} />}
      <Copied label={t('key')} value={key} secret />
      <p className="muted" style={{ margin: '8px 0' }}>
        {t('keyHint')}
      </p>
      {srtAddress && (
        <>
          <Copied label={t('srtAddress')} value={srtAddress} secret />
          <p className="muted" style={{ margin: '8px 0' }}>
            {t('srtHint')}
          </p>
        </>
      )}
      <ConfirmButton
        size="small"
        danger
        question={t('rotateSure')}
        verb={t('rotate')}
        busy={rotate.isPending}
        onConfirm={() => rotate.mutate({ params })}
      />
    </div>
  );
}

/** `secret`: shown on demand alone. */
function Copied({ label, value, secret = false }: { label: string; value: string; secret?: boolean }) {
  const t = useDeskText();
  const [shown, setShown] = useState(!secret);
  return (
    <div style={{ marginBottom: 8 }}>
      <div className="muted">{label}</div>
      <Space.Compact style={{ width: '100%' }}>
        <Input readOnly type={shown ? 'text' : 'password'} value={value} aria-label={label} />
        {secret && (
          <Button onClick={() => setShown(!shown)} aria-label={`${t(shown ? 'hide' : 'show')} ${label}`}>
            {t(shown ? 'hide' : 'show')}
          </Button>
        )}
        <CopyButton text={value} />
      </Space.Compact>
    </div>
  );
}
