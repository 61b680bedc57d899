import { Alert, App, Button, Skeleton, Tag } from 'antd';
import type { MouseEvent, ReactNode } from 'react';
import { Link, useHref, useNavigate } from 'react-router';
import { urlOf } from '#client/api.ts';
import { copyText } from '#client/clipboard.ts';
import type { EndpointKey } from '#contract/api.ts';
import type { SessionState } from '#contract/courses.ts';
import { wordsOf } from './data.ts';
import { useConsoleText } from './text.ts';
import { useWords } from './words.ts';

/** A page's head: where one is, and what can be done here. */
export function PageHead({
  title,
  back,
  children,
}: {
  title: ReactNode;
  back?: { to: string; label: string };
  children?: ReactNode;
}) {
  return (
    <div className="page-head">
      <div>
        {back && (
          <Link className="page-back" to={back.to}>
            ‹ {back.label}
          </Link>
        )}
        <h1>{title}</h1>
      </div>
      {children && <div className="page-actions">{children}</div>}
    </div>
  );
}

interface Read<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Shows what was read, its loading, or why it could not be read with a way to try again. */
export function Loaded<T>({ read, children }: { read: Read<T>; children: (data: T) => ReactNode }) {
  const t = useConsoleText();
  if (read.data !== undefined) return children(read.data);
  if (!read.error) return <Skeleton active paragraph={{ rows: 6 }} />;
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

const STATE_COLOURS: Record<SessionState, string> = {
  draft: 'default',
  scheduled: 'cyan',
  live: 'red',
  ended: 'green',
  archived: 'default',
};

export function StateTag({ state }: { state: SessionState }) {
  const word = useWords();
  return (
    <Tag color={STATE_COLOURS[state]}>
      {state === 'live' && '● '}
      {word(state)}
    </Tag>
  );
}

export function HighRiskTag() {
  const t = useConsoleText();
  return <Tag color="orange">{t('highRisk')}</Tag>;
}

export function CopyButton({ text, label, size }: { text: string; label?: string; size?: 'small' }) {
  const t = useConsoleText();
  const { message } = App.useApp();
  const copy = async () => {
    if (await copyText(text)) void message.success(t('copied'));
    else void message.warning(t('copyFailed'));
  };
  return (
    <Button onClick={() => void copy()} {...(size && { size })}>
      {label ?? t('copy')}
    </Button>
  );
}

/** A link to another page that looks like a button; one element, so that keyboard and screen reader meet it once. */
export function LinkButton({
  to,
  size,
  primary = false,
  children,
}: {
  to: string;
  size?: 'small';
  primary?: boolean;
  children: ReactNode;
}) {
  const navigate = useNavigate();
  const open = (event: MouseEvent) => {
    // A new tab is the browser's business.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <Button href={useHref(to)} type={primary ? 'primary' : 'default'} onClick={open} {...(size && { size })}>
      {children}
    </Button>
  );
}

/** A link that downloads an endpoint's file; the cookies go with it. */
export function DownloadButton({
  endpoint,
  params,
  query,
  children,
}: {
  endpoint: EndpointKey;
  params?: Record<string, string>;
  query?: object;
  children: ReactNode;
}) {
  return <Button href={urlOf(endpoint, params, query)}>{children}</Button>;
}

/** One count with its name, and its definition for whoever asks. */
export function Figure({
  name,
  value,
  unit,
  title,
}: {
  name: string;
  value: ReactNode;
  unit?: string;
  title?: string;
}) {
  return (
    <div className="figure" title={title}>
      <div className="figure-value">
        {value}
        {unit && <small>{unit}</small>}
      </div>
      <div className="figure-name">{name}</div>
    </div>
  );
}
