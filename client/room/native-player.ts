import { serverNow } from '#client/server-clock.ts';
import { EdgeClock } from './edge-clock.ts';
import { LOST_BEHIND_S, type Outside, type Past, type Player, type PlayerEvents, type Sources } from './playback.ts';
import { type Ladder, NO_LADDER, nearest, type Quality } from './quality.ts';
import { retrying } from './retrying.ts';

type DatedVideo = HTMLVideoElement & { getStartDate?: () => Date };

/** A seek that comes nearer than this has come there. */
const MISSED_S = 1;

/**
 * Where there are no media sources (older iPhones) the system plays, and knows the dates itself. It chooses the rung, too, and
 * cannot be told which.
 */
export function playNatively(
  video: DatedVideo,
  sources: Sources,
  quality: Quality,
  events: PlayerEvents,
  past: Past | null,
  outside: Outside | null,
): Player {
  let wanted = quality;
  let playlists = sources;
  /** Where to go on after a change of playlists, epoch ms. */
  let resumeAt: number | null = null;
  let ladder: Ladder = NO_LADDER;
  let destroyed = false;
  /** Where the past goes on when it is opened again. */
  let place = past?.from ?? 0;
  /** Where it was told to go and has not been looked at yet whether it came there, epoch ms. */
  let wish: number | null = null;
  let edge = new EdgeClock();
  const retry = retrying(start);
  const onError = () => {
    events.onTrouble(`mediaError ${video.error?.code ?? ''}`);
    // The element does not say why; a token that ran out looks like a lost network.
    if (!outside) events.onDenied();
    retry.soon();
  };
  const onPlaying = () => {
    retry.calm();
    events.onTrouble(null);
  };
  const onMetadata = () => {
    const [from, now] = [resumeAt, pdt()];
    resumeAt = null;
    if (past) seek(place);
    // Back to what was not shown yet, when the new playlists begin nearer to the class.
    else if (from !== null && now !== null && now > from) video.currentTime -= (now - from) / 1_000;
  };
  video.addEventListener('loadedmetadata', onMetadata);
  video.addEventListener('seeked', onSeeked);
  video.addEventListener('error', onError);
  video.addEventListener('playing', onPlaying);

  function start(): void {
    if (past) place = pdt() ?? place;
    edge = new EdgeClock();
    const chosen = nearest(wanted, ladder);
    video.src = chosen === 'sound' ? playlists.sound : playlists.picture;
    video.load();
    events.onSource();
    events.onQuality(ladder, chosen);
  }

  function pdt(): number | null {
    const began = video.getStartDate?.().getTime();
    const date = began === undefined || Number.isNaN(began) ? null : began + video.currentTime * 1_000;
    if (!outside) return date;
    const offset = outside.offsetMs();
    if (date !== null && offset !== null) return date + offset;
    const end = endOf(video);
    if (end !== null) edge.observe(end * 1_000, serverNow());
    return edge.axisAt(video.currentTime * 1_000);
  }

  function seek(pdtMs: number): void {
    const began = video.getStartDate?.().getTime();
    place = pdtMs;
    if (!past || began === undefined || Number.isNaN(began)) return;
    wish = pdtMs;
    video.currentTime = Math.max(0, pdtMs - began) / 1_000;
  }

  /** The date of the beginning is reckoned from where it stands; across a hole it is another. */
  function onSeeked(): void {
    const now = pdt();
    const off = wish === null || now === null ? 0 : (wish - now) / 1_000;
    // Once: a place within a hole is reached from neither side.
    wish = null;
    if (Math.abs(off) > MISSED_S) video.currentTime = Math.max(0, video.currentTime + off);
  }

  function catchUp(): void {
    if (past) return;
    const behind = behindS(video);
    if (behind !== null && behind > LOST_BEHIND_S) video.currentTime += behind - 2;
  }

  start();
  void (outside ? Promise.resolve(false) : hasSoundAlone(sources.picture)).then((sound) => {
    if (destroyed || !sound) return;
    ladder = { ...NO_LADDER, sound };
    if (wanted === 'sound') start();
    else events.onQuality(ladder, nearest(wanted, ladder));
  });
  const watch = setInterval(() => {
    // Safari falls behind after a stall and stays there.
    if (!video.paused) catchUp();
  }, 2_000);

  return {
    pdt,
    seek,
    setSources(next) {
      if (past || next.picture === playlists.picture) return;
      playlists = next;
      // Changed again before its beginning was known: still from where it was.
      resumeAt = pdt() ?? resumeAt;
      start();
    },
    latencyMs() {
      const behind = behindS(video);
      return behind === null ? null : behind * 1_000;
    },
    setQuality(chosen) {
      const before = nearest(wanted, ladder);
      wanted = chosen;
      if (nearest(wanted, ladder) !== before) start();
    },
    catchUp,
    destroy() {
      destroyed = true;
      clearInterval(watch);
      retry.stop();
      video.removeEventListener('loadedmetadata', onMetadata);
      video.removeEventListener('seeked', onSeeked);
      video.removeEventListener('error', onError);
      video.removeEventListener('playing', onPlaying);
      video.removeAttribute('src');
      video.load();
    },
  };
}

function behindS(video: HTMLVideoElement): number | null {
  const end = endOf(video);
  return end === null ? null : Math.max(0, end - video.currentTime);
}

/** Of what can be played, s. */
function endOf({ seekable }: HTMLVideoElement): number | null {
  return seekable.length > 0 ? seekable.end(seekable.length - 1) : null;
}

/** The element tells nothing of what its playlist lists. */
async function hasSoundAlone(address: string): Promise<boolean> {
  try {
    const answer = await fetch(address);
    return answer.ok && /^#EXT-X-MEDIA:(?=.*TYPE=AUDIO)(?=.*URI=)/m.test(await answer.text());
  } catch {
    return false;
  }
}
