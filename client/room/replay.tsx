import { useEffect, useRef, useState } from 'react';
import { formatClock, formatDay } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Button } from '#client/ui/button.tsx';
import { Controls, INLINE, Over, type StageVideo } from './picture.tsx';
import { usePictures } from './pictures.ts';
import { PresenceCard } from './presence-card.tsx';
import type { Room, RoomLink, RoomView } from './room-link.ts';
import { useRoomText } from './text.ts';
import { Timeline } from './timeline.tsx';
import { usePlayer } from './use-player.ts';
import { useRenewal } from './use-renewal.ts';
import { useReach, useReplayPresence } from './use-replay.ts';

/** What was said of a place that may not be gone to yet is read by then. */
const SAID_MS = 6_000;

/**
 * A class that is over. Where it still counts (补课) it goes on where the person stopped, on whichever device, and not past that until
 * they have enough; else from its beginning, or from where somebody was who had gone back in it.
 */
export function Replay({ link, room, view }: { link: RoomLink; room: Room; view: RoomView }) {
  const t = useRoomText();
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<StageVideo>(null);
  const first = room.firstPdt ?? 0;
  const status = view.replay?.status ?? null;
  const strict = status !== null && view.creditedMs < room.requiredMs ? status : null;
  const [since, setSince] = useState(() => (link.wasInPast === null ? null : performance.now()));
  const wanted = since !== null;
  const [past, setPast] = useState(() => ({ from: link.wasInPast ?? first, first }));
  const prefix = wanted ? view.playable : null;
  const player = usePlayer(video, link, {
    prefix,
    outside: null,
    delivery: room.delivery,
    admissions: view.admissions,
    past,
    credited: status !== null,
  });
  useRenewal(room.sessionId, prefix);
  const pictures = usePictures(view.playable);
  const [beyond, sayBeyond] = useSaid();
  const reach = useReach(strict, player, sayBeyond);
  const presence = useReplayPresence(link, view, player, since);
  const resumeAt = strict?.resumeAt ?? null;
  const resumes = resumeAt !== null && resumeAt > first + 1_000;

  function goTo(wish: number) {
    const pdtMs = Math.min(wish, reach?.to() ?? wish);
    if (pdtMs < wish) sayBeyond();
    if (wanted) player.seek(pdtMs);
    else start(pdtMs);
  }
  function start(from: number) {
    setPast({ from, first });
    setSince(performance.now());
  }

  return (
    <section className="replay" aria-label={t('replay')}>
      <div className="screen" ref={frame}>
        <div className="stage">
          <video
            ref={video}
            className="stage__picture"
            aria-label={t('replay')}
            poster={(!player.view.started && pictures?.poster) || undefined}
            {...INLINE}
          />
          {prefix ? (
            <>
              {player.view.quality === 'sound' && <p className="stage__sound">{t('soundAlone')}</p>}
              <Over away={false} player={player} />
              <Controls frame={frame} video={video} player={player} />
            </>
          ) : (
            <div className="stage__over">
              <Button look="primary" className="stage__tap" onClick={() => start(resumeAt ?? past.from)}>
                {resumes ? t('resumeReplay', { clock: formatClock(resumeAt - first) }) : t('watchReplay')}
              </Button>
            </div>
          )}
          {presence.asking && <PresenceCard presence={presence.asking} silenced={player.view.muted} />}
        </div>
        {prefix && (
          <Timeline
            range={{ first, last: room.lastPdt ?? Date.parse(room.endedAt ?? room.startsAt) }}
            player={player}
            past
            pictures={pictures}
            reach={reach}
            onSeek={player.seek}
            onLive={() => undefined}
          />
        )}
        {presence.missed && (
          <div className="missed" role="alert">
            <p className="missed__text">
              <strong>{t('presenceMissed')}</strong> {t('replayMissed')}
              {presence.failure && ` ${presence.failure}`}
            </p>
            <Button className="missed__button" look="primary" busy={presence.sending} onClick={presence.press}>
              {t('presenceHere')}
            </Button>
          </div>
        )}
      </div>
      <p className="replay__hint" role="status">
        {beyond && <strong>{t('replayBeyond')} </strong>}
        <Counts until={status?.until ?? null} strict={strict !== null} />
      </p>
      {room.marks.length > 0 && (
        <nav aria-label={t('chapters')}>
          <h2 className="replay__chapters">{t('chapters')}</h2>
          <ol className="chapters">
            {room.marks.map((mark) => (
              <li key={mark.id}>
                <button type="button" className="chapters__chapter" onClick={() => goTo(mark.at)}>
                  <span className="chapters__at numbers">{formatClock(Math.max(0, mark.at - first))}</span> {mark.label}
                </button>
              </li>
            ))}
          </ol>
        </nav>
      )}
    </section>
  );
}

/** Whether it counts, until when, and how it is to be watched. */
function Counts({ until, strict }: { until: number | null; strict: boolean }) {
  const t = useRoomText();
  const language = useLanguage();
  if (until === null) return <>{t('replayNotCredited')}</>;
  if (!strict) return <>{t('replayEnough')}</>;
  return <>{t('replayCredited', { date: formatDay(until, language) })}</>;
}

/** Something that is said for a while. */
function useSaid(): [boolean, () => void] {
  const [said, setSaid] = useState(0);
  useEffect(() => {
    if (said === 0) return;
    const timer = setTimeout(() => setSaid(0), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return [said > 0, () => setSaid(performance.now())];
}
