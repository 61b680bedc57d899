import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { call } from '#client/api.ts';
import { formatTime } from '#client/format.ts';
import { alertPerson } from '#client/room/presence-alert.ts';
import { PresenceDialog } from '#client/room/presence-card.tsx';
import type { Room } from '#client/room/room-link.ts';
import { serverNow } from '#client/server-clock.ts';
import { Button } from '#client/ui/button.tsx';
import { useScreenText } from './text.ts';
import type { Shown } from './use-code.ts';

const TICK_MS = 250;

/** A presence check asks the room for its heads: in the place where a learner's page asks one person. */
export function HeadCount({ shown, check }: { shown: Shown; check: Room['presence'] }) {
  const [now, setNow] = useState(serverNow);
  const { screen, missedFrom } = shown;
  const left = check === null ? 0 : check.openedPdt + check.windowMs - now;
  const isAsked = check !== null && left > 0 && screen.counted?.checkId !== check.id && screen.present > 0;
  useEffect(() => {
    if (check === null) return;
    const timer = setInterval(() => setNow(serverNow()), TICK_MS);
    return () => clearInterval(timer);
  }, [check]);
  if (isAsked)
    return <Question key={check.id} shown={shown} asked={{ id: check.id, left, share: left / check.windowMs }} />;
  if (missedFrom !== null) return <Question key="missed" shown={shown} asked={null} />;
  return null;
}

interface Asked {
  id: string;
  /** ms */
  left: number;
  /** Of its time. */
  share: number;
}

function Question({ shown: { screen, missedFrom }, asked }: { shown: Shown; asked: Asked | null }) {
  const t = useScreenText();
  const checkId = asked?.id ?? null;
  const queries = useQueryClient();
  const [heads, setHeads] = useState(String(screen.present));
  const count = useMutation({
    mutationFn: (counted: number) =>
      call('POST /screens/:screenId/counts', { params: { screenId: screen.id }, body: { checkId, heads: counted } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['screen', screen.id] }),
  });
  useEffect(() => {
    if (checkId !== null) alertPerson(false);
  }, [checkId]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (/^\d{1,4}$/.test(heads)) count.mutate(Number(heads));
  }

  return (
    <PresenceDialog
      title={asked ? t('countTitle') : t('countMissed', { time: missedFrom ? formatTime(missedFrom) : '' })}
      text={count.isError ? count.error.message : t('countText', { present: screen.present })}
      failed={count.isError}
      left={asked && { share: asked.share, seconds: Math.ceil(asked.left / 1_000) }}
    >
      <form className="count" onSubmit={submit}>
        <label className="count__heads">
          <span className="visually-hidden">{t('countHeads')}</span>
          <input
            className="input"
            inputMode="numeric"
            value={heads}
            onChange={(event) => setHeads(event.target.value.replace(/\D/g, '').slice(0, 4))}
          />
        </label>
        <Button className="presence__button" look="primary" type="submit" busy={count.isPending}>
          {t('countConfirm')}
        </Button>
      </form>
    </PresenceDialog>
  );
}
