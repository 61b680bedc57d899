import { type RefObject, useEffect, useRef, useState } from 'react';
import { serverNow } from '#client/server-clock.ts';
import { Button } from '#client/ui/button.tsx';
import { Controls, INLINE, Over, type StageVideo } from './picture.tsx';
import type { Past } from './playback.ts';
import { PresenceCard, PresenceMissed } from './presence-card.tsx';
import { QuizCard } from './quiz-card.tsx';
import { stillAsked } from './quiz-timing.ts';
import type { Room, RoomLink, RoomView } from './room-link.ts';
import { useRoomText } from './text.ts';
import { Timeline } from './timeline.tsx';
import { type PlayerHandle, usePlayer } from './use-player.ts';
import { usePresence } from './use-presence.ts';
import { useQuiz } from './use-quiz.ts';
import { useRenewal } from './use-renewal.ts';
import { WaitingRoom } from './waiting-room.tsx';

/** A class that has only just begun has no past worth going back to. */
const PAST_AFTER_MS = 60_000;

/** The picture, and whatever lies over it. */
export function Stage({ link, room, view }: { link: RoomLink; room: Room; view: RoomView }) {
  const t = useRoomText();
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<StageVideo>(null);
  const begun = room.state !== 'scheduled' && room.state !== 'draft';
  const outside = begun ? room.outside : null;
  const prefix = begun && !outside && room.prefix ? view.playable : null;
  const isShown = prefix !== null || outside !== null;
  const [wished, setPast] = useState<Past | null>(null);
  // Of somebody else's stream only the present is known.
  const past = outside ? null : wished;
  const player = usePlayer(video, link, {
    prefix,
    outside,
    delivery: room.delivery,
    admissions: view.admissions,
    past,
    credited: true,
  });
  const quiz = useQuiz(link, room.question, view.answered, player.pdt, past !== null);
  const presence = usePresence(link, view, player.pdt);
  const asked = presence?.state === 'asking' ? presence.check.id : quiz?.question.id;
  useBeforeFullScreen(video, asked);
  usePlaceAfterClass(link, past, player);
  // Who goes elsewhere wants to see what is there.
  function goTo(to: Past | null) {
    if (player.view.paused) player.play();
    setPast(to);
  }
  const toLive = () => goTo(null);
  // What reports no beats gets no tokens with them.
  useRenewal(room.sessionId, player.view.paused ? prefix : null);
  const first = room.firstPdt;

  return (
    <div className="screen" ref={frame}>
      <div className="stage">
        <video ref={video} className="stage__picture" aria-label={t('picture')} {...INLINE} />
        {isShown && player.view.quality === 'sound' && <p className="stage__sound">{t('soundAlone')}</p>}
        {isShown ? (
          <Over away={!room.publishing && room.state === 'live' && !past} videoOver={room.videoOver} player={player} />
        ) : (
          <WaitingRoom room={room} />
        )}
        {past && !quiz && <Asking room={room} answered={view.answered} onLive={toLive} />}
        {isShown && <Controls frame={frame} video={video} player={player} />}
        {quiz && <QuizCard quiz={quiz} />}
        {presence && presence.state !== 'missed' && <PresenceCard presence={presence} silenced={player.view.muted} />}
      </div>
      {prefix && first !== null && room.state === 'live' && serverNow() - first > PAST_AFTER_MS && (
        <Timeline
          range={{ first, last: null }}
          player={player}
          past={past !== null}
          onSeek={(pdtMs) => (past ? player.seek(pdtMs) : goTo({ from: pdtMs, first }))}
          onLive={toLive}
        />
      )}
      {presence?.state === 'missed' && <PresenceMissed presence={presence} />}
      {past && <p className="timeline__hint">{t('pastCredited')}</p>}
    </div>
  );
}

/** Who watches the past is told that the class is being asked something now, and not shown it over another picture. */
function Asking({ room, answered, onLive }: { room: Room; answered: readonly string[]; onLive: () => void }) {
  const t = useRoomText();
  const { question } = room;
  if (!question || answered.includes(question.id) || !stillAsked(question, serverNow())) return null;
  return (
    <div className="stage__asking" role="status">
      <span>{t('askingNow')}</span>
      <Button look="primary" onClick={onLive}>
        {t('toLiveToAnswer')}
      </Button>
    </div>
  );
}

/** The replay begins where somebody was who had gone back in the class that has just ended. */
function usePlaceAfterClass(link: RoomLink, past: Past | null, { pdt }: PlayerHandle): void {
  const read = useRef(pdt);
  read.current = pdt;
  const inPast = past !== null;
  useEffect(() => {
    if (!inPast) {
      link.wasInPast = null;
      return;
    }
    const timer = setInterval(() => {
      link.wasInPast = read.current() ?? link.wasInPast;
    }, 1_000);
    return () => clearInterval(timer);
  }, [link, inPast]);
}

/** The iPhone's own full screen would hide what is asked. */
function useBeforeFullScreen(video: RefObject<StageVideo | null>, id: string | undefined): void {
  useEffect(() => {
    if (id) video.current?.webkitExitFullscreen?.();
  }, [id, video]);
}
