import { App, Button, Input, Popconfirm, Skeleton } from 'antd';
import type { MouseEvent, ReactNode } from 'react';
import { Link, useHref, useNavigate } from 'react-router';
import { urlOf } from '#client/api.ts';
import { copyText } from '#client/clipboard.ts';
import { formatCount } from '#client/format.ts';
import { useTitle } from '#client/ui/page.tsx';
import type { EndpointKey } from '#contract/api.ts';
import type { SessionState } from '#contract/courses.ts';
import type { Read } from './data.ts';
import { ReadFailure } from './table.tsx';
import { useConsoleText } from './text.ts';
import { useWords } from './words.ts';

/** A page's head: where one is, and what can be done here. */
export function PageHead({
  title,
  mark,
  back,
  children,
}: {
  title: string;
  /** Beside the title. */
  mark?: ReactNode;
  back?: { to: string; label: string };
  children?: ReactNode;
}) {
  useTitle(title);
  return (
    <div className="page-head">
      <div>
        {back && (
          <Link className="page-back" to={back.to}>
            ‹ {back.label}
          </Link>
        )}
        <h1>
          {title} {mark}
        </h1>
      </div>
      {children && <div className="page-actions">{children}</div>}
    </div>
  );
}

/** Shows what was read, its loading, or why it could not be read with a way to try again. */
export function Loaded<T>({ read, children }: { read: Read<T>; children: (data: T) => ReactNode }) {
  if (read.data !== undefined) return children(read.data);
  if (read.error) return <ReadFailure read={read} />;
  return <Skeleton active title={false} paragraph={{ rows: 6 }} />;
}

type Tone = 'plain' | 'brand' | 'amber' | 'red' | 'green';

/** A word that stands out; its colour only underlines what the word says. */
export function Mark({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`mark mark--${tone}`}>{children}</span>;
}

const STATE_TONES: Record<SessionState, Tone> = {
  draft: 'plain',
  scheduled: 'brand',
  live: 'red',
  ended: 'green',
  archived: 'plain',
};

export function StateMark({ state }: { state: SessionState }) {
  const word = useWords();
  return (
    <Mark tone={STATE_TONES[state]}>
      {state === 'live' && <span className="mark__dot" />}
      {word(state)}
    </Mark>
  );
}

export function HighRiskMark() {
  const t = useConsoleText();
  return <Mark tone="amber">{t('highRisk')}</Mark>;
}

/** Heads the column of a row's buttons, which the eye needs no word for. */
export function ActsTitle() {
  return <span className="visually-hidden">{useConsoleText()('acts')}</span>;
}

/** A button that asks first; the answer repeats its verb. */
export function ConfirmButton({
  question,
  verb,
  danger = false,
  busy = false,
  size,
  onConfirm,
}: {
  /** What will happen. */
  question: string;
  verb: string;
  /** Cannot be taken back: the answer is red. */
  danger?: boolean;
  busy?: boolean;
  size?: 'small';
  onConfirm: () => void;
}) {
  return (
    <Popconfirm
      title={question}
      okText={verb}
      okButtonProps={{ danger }}
      styles={{ root: { maxWidth: 320 } }}
      onConfirm={onConfirm}
    >
      <Button loading={busy} {...(size && { size })}>
        {verb}
      </Button>
    </Popconfirm>
  );
}

/** Filters a list by what is typed, once it is sent; empty takes the filter away. */
export function SearchField({
  label,
  width,
  onSearch,
}: {
  label: string;
  /** px */
  width: number;
  onSearch: (text: string | undefined) => void;
}) {
  return (
    <Input.Search
      allowClear
      style={{ width }}
      placeholder={label}
      aria-label={label}
      onSearch={(text) => onSearch(text.trim() || undefined)}
    />
  );
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
  size,
  children,
}: {
  endpoint: EndpointKey;
  params?: Record<string, string>;
  query?: object;
  size?: 'small';
  children: ReactNode;
}) {
  return (
    <Button href={urlOf(endpoint, params, query)} {...(size && { size })}>
      {children}
    </Button>
  );
}

/** One count with its name, and its definition for whoever asks. */
export function Figure({ name, value, title }: { name: string; value: ReactNode; title?: string }) {
  return (
    <div className="figure" title={title}>
      <div className="figure__value">{value}</div>
      <div className="figure__name">{name}</div>
    </div>
  );
}

/** One count of another: `232 / 306`. */
export function Share({ part, whole }: { part: number; whole: number }) {
  return (
    <>
      {formatCount(part)}
      <small> / {formatCount(whole)}</small>
    </>
  );
}
