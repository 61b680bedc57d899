import { useRef, useState } from 'react';
import { formatClock } from '#client/format.ts';
import { Button } from '#client/ui/button.tsx';
import { Controls, INLINE, Over, type StageVideo } from './picture.tsx';
import { usePictures } from './pictures.ts';
import type { Room, RoomLink, RoomView } from './room-link.ts';
import { useRoomText } from './text.ts';
import { Timeline } from './timeline.tsx';
import { usePlayer } from './use-player.ts';
import { useRenewal } from './use-renewal.ts';

/** A class that is over, from its beginning, or from where somebody was who had gone back in it. Nothing of it is credited. */
export function Replay({ link, room, view }: { link: RoomLink; room: Room; view: RoomView }) {
  const t = useRoomText();
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<StageVideo>(null);
  const first = room.firstPdt ?? 0;
  const [wanted, setWanted] = useState(link.wasInPast !== null);
  const [past, setPast] = useState(() => ({ from: link.wasInPast ?? first, first }));
  const prefix = wanted ? view.playable : null;
  const player = usePlayer(video, link, {
    prefix,
    outside: null,
    delivery: room.delivery,
    admissions: view.admissions,
    past,
    credited: false,
  });
  useRenewal(room.sessionId, prefix);
  const pictures = usePictures(view.playable);

  function goTo(pdtMs: number) {
    if (wanted) player.seek(pdtMs);
    else {
      setPast({ from: pdtMs, first });
      setWanted(true);
    }
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
              <Button look="primary" className="stage__tap" onClick={() => setWanted(true)}>
                {t('watchReplay')}
              </Button>
            </div>
          )}
        </div>
        {prefix && (
          <Timeline
            range={{ first, last: room.lastPdt ?? Date.parse(room.endedAt ?? room.startsAt) }}
            player={player}
            past
            pictures={pictures}
            onSeek={player.seek}
            onLive={() => undefined}
          />
        )}
      </div>
      <p className="replay__hint">{t('replayNotCredited')}</p>
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
