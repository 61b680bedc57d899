import { App, Button } from 'antd';
import { useEffect, useState } from 'react';
import { useParams } from 'react-router';
import { call } from '#client/api.ts';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Notice } from '#client/ui/notice.tsx';
import type { Result } from '#contract/api.ts';
import { ArchiveButton } from '../archives/archive-button.tsx';
import { useAct, useRead } from '../data.ts';
import { MaskedPhone } from '../masked-phone.tsx';
import { ConfirmButton, CopyButton, HighRiskMark, Loaded, Mark, PageHead } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { Roster } from './roster.tsx';
import { useUnitText } from './text.ts';
import { UnitForm } from './unit-form.tsx';

type Unit = Result<'GET /units/:unitId'>;

/** One unit: what it is, how its people join, its roster. */
export default function UnitPage() {
  const { unitId = '' } = useParams();
  const unit = useRead('GET /units/:unitId', { params: { unitId } });
  return <Loaded read={unit}>{(loaded) => <UnitView unit={loaded} />}</Loaded>;
}

function UnitView({ unit }: { unit: Unit }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const word = useWords();
  const language = useLanguage();
  const { bureau, supervisor } = useRoles();
  const [editing, setEditing] = useState(false);
  const facts: [string, React.ReactNode][] = [
    [t('kind'), word(unit.kind)],
    [t('area'), unit.areaName],
    ...(unit.industry ? ([[t('industry'), word(unit.industry)]] as [string, React.ReactNode][]) : []),
    [t('creditCode'), unit.creditCode ?? '–'],
    [t('address'), unit.address ?? '–'],
    [t('contact'), unit.contactName ?? '–'],
    [t('contactPhone'), <ContactPhone key="phone" unit={unit} />],
  ];
  return (
    <>
      <PageHead
        title={unit.name}
        mark={
          <>
            {unit.highRisk && <HighRiskMark />} {unit.closedAt && <Mark>{t('closed')}</Mark>}
          </>
        }
        {...((bureau || supervisor) && { back: { to: '/console/units', label: shared('units') } })}
      >
        <ArchiveButton kind="unit" id={unit.id} mayUnmask />
        {!unit.closedAt && <Button onClick={() => setEditing(true)}>{shared('edit')}</Button>}
        {bureau && (unit.closedAt ? <ReopenButton unit={unit} /> : <CloseButton unit={unit} />)}
      </PageHead>
      {unit.closedAt && (
        <div className="page-notice">
          <Notice kind="warning" title={t('closedNotice', { when: formatDateTime(unit.closedAt, language) })}>
            {t(bureau || supervisor ? 'closedHint' : 'closedHintOwn')}
          </Notice>
        </div>
      )}
      <div className="unit-head">
        <section className="section">
          <dl className="facts">
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt className="muted">{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
        {!unit.closedAt && <JoinCode unit={unit} />}
      </div>
      <Roster unitId={unit.id} readOnly={unit.closedAt !== null} />
      {editing && <UnitForm unit={unit} onClose={() => setEditing(false)} />}
    </>
  );
}

function CloseButton({ unit: { id, name } }: { unit: Unit }) {
  const t = useUnitText();
  const { modal } = App.useApp();
  const close = useAct('POST /units/:unitId/close', { done: t('closeDone', { name }) });
  const ask = () =>
    modal.confirm({
      title: t('closeTitle', { name }),
      content: (
        <ul className="consequences">
          {(['closeSignsOut', 'closeNotDue', 'closeKeeps', 'closeUndo'] as const).map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ul>
      ),
      width: 480,
      okText: t('close'),
      okButtonProps: { danger: true },
      onOk: () => close.mutateAsync({ params: { unitId: id } }).catch(() => undefined),
    });
  return (
    <Button danger onClick={ask}>
      {t('close')}
    </Button>
  );
}

function ReopenButton({ unit: { id, name } }: { unit: Unit }) {
  const t = useUnitText();
  const reopen = useAct('POST /units/:unitId/reopen', { done: t('reopened', { name }) });
  return (
    <ConfirmButton
      question={t('reopenSure')}
      verb={t('reopen')}
      busy={reopen.isPending}
      onConfirm={() => reopen.mutate({ params: { unitId: id } })}
    />
  );
}

function ContactPhone({ unit }: { unit: Unit }) {
  const { bureau, supervisor } = useRoles();
  const mayRead = !unit.closedAt || bureau || supervisor;
  const read = () => call('GET /units/:unitId/contact-phone', { params: { unitId: unit.id } });
  return <MaskedPhone masked={unit.contactPhoneMasked} of={unit.name} {...(mayRead && { read })} />;
}

function JoinCode({ unit }: { unit: Unit }) {
  const t = useUnitText();
  const replace = useAct('POST /units/:unitId/join-code');
  const address = `${location.origin}/u/${unit.joinCode}`;
  const [picture, setPicture] = useState<string | null>(null);

  useEffect(() => {
    let gone = false;
    void import('qrcode')
      .then(({ toDataURL }) => toDataURL(address, { margin: 1, width: 320 }))
      .then((url) => {
        if (!gone) setPicture(url);
      });
    return () => {
      gone = true;
    };
  }, [address]);

  return (
    <section className="section join-code">
      {picture && <img src={picture} width={160} height={160} alt={t('joinQr')} />}
      <div>
        <div className="muted">{t('joinCode')}</div>
        <div className="join-code-text">{unit.joinCode}</div>
        <p className="muted">{t('joinHint')}</p>
        <div className="page-actions">
          <CopyButton text={address} label={t('copyLink')} />
          <ConfirmButton
            danger
            question={t('newCodeSure')}
            verb={t('newCode')}
            busy={replace.isPending}
            onConfirm={() => replace.mutate({ params: { unitId: unit.id } })}
          />
        </div>
      </div>
    </section>
  );
}
