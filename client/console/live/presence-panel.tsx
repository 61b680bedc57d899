import { App, Button, Progress } from 'antd';
import { formatTime } from '#client/format.ts';
import { serverNow } from '#client/server-clock.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;
type Check = Result<'GET /sessions/:sessionId/presence-checks'>[number];

const OFTEN_MS = 1_000;
const SELDOM_MS = 10_000;

/** Asks everybody to confirm that they are there, and shows who has. */
export function PresencePanel({ session: { id: sessionId, state } }: { session: Session }) {
  const t = useDeskText();
  const { modal } = App.useApp();
  const params = { sessionId };
  const live = state === 'live';
  const checks = useRead('GET /sessions/:sessionId/presence-checks', { params }, { every: live ? SELDOM_MS : false });
  const open = useAct('POST /sessions/:sessionId/presence-checks', {
    done: t('presenceAsked'),
    touches: ['GET /sessions/:sessionId/presence-checks'],
  });
  const list = checks.data ?? [];
  const latest = list[0];
  const runs = latest?.state === 'asking' || latest?.state === 'settling';

  function ask() {
    modal.confirm({
      title: t('presenceAsk'),
      content: t('presenceSure'),
      okText: t('presenceNow'),
      onOk: () => open.mutateAsync({ params }).catch(() => undefined),
    });
  }

  if (!live && list.length === 0) return null;
  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('presence')}</h2>
        {list.length > 0 && <span className="muted">{t('presenceCount', { count: list.length })}</span>}
      </div>
      {runs && latest ? <Running check={latest} /> : null}
      {live && !runs && (
        <Button onClick={ask} loading={open.isPending}>
          {t('presenceNow')}
        </Button>
      )}
      {list.length > 0 && (
        <ul className="presence-checks">
          {list.slice(runs ? 1 : 0).map((check) => (
            <li key={check.id}>
              <span className="numbers">{formatTime(check.openedAt)}</span> {t(check.byHand ? 'byHand' : 'byPlan')}
              {' · '}
              {check.state === 'cancelled'
                ? t('presenceCancelled', { confirmed: check.confirmed })
                : t('presenceResult', { confirmed: check.confirmed, missed: check.unconfirmed })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Running({ check }: { check: Check }) {
  const t = useDeskText();
  // The figures of one that runs change all the time.
  useRead('GET /sessions/:sessionId/presence-checks', { params: { sessionId: check.sessionId } }, { every: OFTEN_MS });
  const left = Math.max(0, Math.ceil((Date.parse(check.closesAt) - serverNow()) / 1_000));
  const all = check.confirmed + check.unconfirmed;
  return (
    <div>
      <p className="numbers" role="status">
        {t('presenceRunning', { confirmed: check.confirmed, unconfirmed: check.unconfirmed })}
      </p>
      <Progress
        percent={all === 0 ? 0 : Math.round((check.confirmed / all) * 100)}
        size="small"
        aria-label={t('presence')}
      />
      <p className="muted numbers">
        {check.state === 'settling' || left === 0 ? t('presenceSettling') : t('presenceLeft', { seconds: left })}
      </p>
    </div>
  );
}
