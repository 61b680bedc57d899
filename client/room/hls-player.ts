import Hls, { ErrorDetails, ErrorTypes, Events, type Fragment, type HlsConfig } from 'hls.js';
import { serverNow } from '#client/server-clock.ts';
import { beginAt } from './begin-at.ts';
import { EdgeClock } from './edge-clock.ts';
import { LOST_BEHIND_S, type Outside, type Past, type Player, type PlayerEvents, type Sources } from './playback.ts';
import { type Ladder, ladderOf, linesOf, NO_LADDER, nearest, type Quality } from './quality.ts';
import { retrying } from './retrying.ts';
import { type Range, Standstill } from './standstill.ts';
import { TargetLatency } from './target-latency.ts';

const WATCH_MS = 500;

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // How near to the class: the playlist's PART-HOLD-BACK says it.
  maxLiveSyncPlaybackRate: 1.1,
  // TargetLatency minds the stalls.
  liveSyncOnStallIncrease: 0,
  backBufferLength: 15,
  maxBufferLength: 10,
  startFragPrefetch: true,
  // The first rung is one that any phone network carries. Loading a segment only to measure would delay the first frame.
  testBandwidth: false,
  abrEwmaDefaultEstimate: 1_000_000,
  // With a second of buffer a falling network must be noticed at once (half-life of one second of loading) …
  abrEwmaFastLive: 1,
  // … and a rung is climbed only with room to spare, so that the next moment does not undo it.
  abrEwmaSlowLive: 9,
  abrBandWidthUpFactor: 0.6,
  // No more lines than the screen shows. Two pixels to a point are enough for slides; phones that have three would fetch 720p
  // for a picture as wide as a hand.
  capLevelToPlayerSize: true,
  maxDevicePixelRatio: 2,
};

/** For those who went back: nothing is to be caught up with, and what is buffered may be more. */
const PAST_CONFIG: Partial<HlsConfig> = {
  ...CONFIG,
  lowLatencyMode: false,
  maxLiveSyncPlaybackRate: 1,
  backBufferLength: 30,
  maxBufferLength: 20,
};

/** Plays by media sources: chooses the rung that the network carries, or plays the one that it is told. */
export function playByHls(
  video: HTMLVideoElement,
  sources: Sources,
  quality: Quality,
  events: PlayerEvents,
  past: Past | null,
  outside: Outside | null,
): Player {
  let hls: Hls | null = null;
  let mediaErrors = 0;
  let pieces = 0;
  let standstill = new Standstill();
  let wanted = quality;
  let playlists = sources;
  /** Where to go on after a change of playlists, epoch ms. */
  let resumeAt: number | null = null;
  let playing: keyof Sources = 'picture';
  let ladder: Ladder = NO_LADDER;
  let soundMissing = outside !== null;
  /** The server has no room for pictures now. */
  let noPictures = false;
  /** Where the past goes on when it is opened again. */
  let place = past?.from ?? 0;
  /** Where to go as soon as a playlist says where that is, epoch ms. */
  let wish: number | null = null;
  let edge = new EdgeClock();
  const target = new TargetLatency();
  const retry = retrying(() => open('picture'));

  /** The picture's playlist says what there is, so that the sound alone is opened after it, too. */
  function open(source: keyof Sources): void {
    if (past) place = wish ?? hls?.playingDate?.getTime() ?? place;
    wish = null;
    hls?.destroy();
    playing = source;
    edge = new EdgeClock();
    standstill = new Standstill();
    const made = new Hls({
      ...(past ? PAST_CONFIG : CONFIG),
      autoStartLoad: source === 'sound' && !past,
      pLoader: loaderFrom(() => resumeAt),
    });
    hls = made;
    if (past) {
      beginAtPlace(made, past.first);
      made.on(Events.LEVEL_LOADED, (_event, { details }) => followWish(details.fragments));
    }
    made.on(Events.ERROR, (_event, error) => {
      const status = error.response?.code;
      const what = [error.details, status].filter(Boolean).join(' ');
      // Elsewhere it is no matter of our tokens.
      if (!outside && (status === 401 || status === 403)) {
        made.stopLoad();
        events.onTrouble(what);
        events.onDenied();
        return;
      }
      if (error.details === ErrorDetails.BUFFER_STALLED_ERROR) {
        target.noteStall(performance.now());
        comeNearer(made);
      }
      if (!error.fatal) return;
      events.onTrouble(what);
      if (source === 'sound' && status === 404 && error.details === ErrorDetails.MANIFEST_LOAD_ERROR) {
        soundMissing = true;
      }
      mediaErrors += 1;
      if (error.type === ErrorTypes.MEDIA_ERROR && mediaErrors < 3) made.recoverMediaError();
      else retry.soon();
    });
    made.on(Events.FRAG_BUFFERED, () => {
      pieces += 1;
      resumeAt = null;
      mediaErrors = 0;
      retry.calm();
      events.onTrouble(null);
    });
    if (source === 'picture') {
      made.on(Events.MANIFEST_LOADED, (_event, { levels }) => {
        // The player leaves out the sound alone beside pictures, and the rungs that this browser cannot play.
        noPictures = levels.length > 0 && ladderOf(levels).rungs.length === 0;
        ladder = { rungs: ladderOf(made.levels).rungs, sound: ladderOf(levels).sound && !soundMissing };
        apply(made);
        if (playing === 'picture') made.startLoad(past ? startOf(past.first) : -1);
      });
      // A rung that fails is left for another, whatever was chosen.
      made.on(Events.LEVEL_SWITCHING, () => tell(made));
    }
    if (source === 'sound' && past) made.on(Events.MANIFEST_LOADED, () => made.startLoad(startOf(past.first)));
    if (outside) {
      made.on(Events.LEVEL_UPDATED, (_event, { details }) => edge.observe(details.edge * 1_000, serverNow()));
    }
    made.loadSource(playlists[source]);
    made.attachMedia(video);
    events.onSource();
  }

  /** In a class without a hole the axis and the player's time run alike. */
  function startOf(first: number): number {
    return Math.max(0, place - first) / 1_000;
  }

  /** The playlist knows the holes. */
  function beginAtPlace(made: Hls, first: number): void {
    made.once(Events.LEVEL_LOADED, (_event, { details }) => {
      const exact = timeAt(details.fragments, place);
      if (exact !== null && Math.abs(exact - startOf(first)) > 0.5) queueMicrotask(() => made.startLoad(exact));
    });
  }

  function followWish(fragments: readonly Fragment[]): void {
    const time = wish === null ? null : timeAt(fragments, wish);
    if (time === null) return;
    wish = null;
    video.currentTime = time;
  }

  function apply(current: Hls): void {
    const chosen = nearest(wanted, ladder);
    if (chosen === 'sound') {
      if (playing === 'sound') return;
      playing = 'sound';
      // Not from within an event of the player that this ends.
      setTimeout(() => hls === current && open('sound'));
    } else if (playing === 'sound') {
      open('picture');
      return;
    } else {
      // What is loaded already plays on: the new rung follows it without a gap.
      current.loadLevel = chosen === 'auto' ? -1 : current.levels.map(linesOf).lastIndexOf(chosen);
    }
    tell(current);
  }

  function tell(current: Hls): void {
    const chosen = noPictures ? 'sound' : nearest(wanted, ladder);
    events.onQuality(ladder, chosen !== 'sound' && current.autoLevelEnabled ? 'auto' : chosen);
  }

  function catchUp(): void {
    const holdBack = holdBackOf(hls);
    if (past || !hls || holdBack === null) return;
    setTarget(hls, target.final(performance.now(), holdBack));
    const live = hls.liveSyncPosition;
    if (live !== null && live - video.currentTime > 2) video.currentTime = live;
  }

  /** By gentle speed; from too far behind for that at once. */
  function comeNearer(current: Hls): void {
    const holdBack = holdBackOf(current);
    if (past || holdBack === null) return;
    const now = performance.now();
    // A stream of long segments is far behind by itself.
    if (current.latency - target.final(now, holdBack) > LOST_BEHIND_S) catchUp();
    else setTarget(current, target.next(now, holdBack, current.latency));
  }

  open('picture');
  const watch = setInterval(() => {
    if (!hls || video.paused) {
      standstill = new Standstill();
      return;
    }
    const edge = hls.latestLevelDetails?.edge ?? null;
    const buffered = rangesOf(video.buffered);
    const played = rangesOf(video.played).reduce((sum, { start, end }) => sum + end - start, 0);
    const remedy = standstill.look(performance.now(), { time: video.currentTime, played, buffered, pieces, edge });
    if (remedy === 'anew') {
      events.onTrouble('standstill');
      retry.soon();
      return;
    }
    if (remedy && !video.seeking) video.currentTime = remedy.seekTo;
    comeNearer(hls);
  }, WATCH_MS);

  return {
    pdt() {
      const date = hls?.playingDate?.getTime() ?? null;
      if (!outside) return date;
      const offset = outside.offsetMs();
      return date !== null && offset !== null ? date + offset : edge.axisAt(video.currentTime * 1_000);
    },
    latencyMs: () => (hls?.latency ? hls.latency * 1_000 : null),
    setQuality(chosen) {
      wanted = chosen;
      // Until then the playlist is on its way, and what is wanted is done when it is there.
      if (hls && (ladder.rungs.length > 0 || ladder.sound)) apply(hls);
    },
    setSources(next) {
      if (past || next.picture === playlists.picture) return;
      playlists = next;
      // Changed again before anything of the last one played: still from where it was.
      resumeAt = hls?.playingDate?.getTime() ?? resumeAt;
      open('picture');
    },
    seek(pdtMs) {
      if (!past) return;
      standstill = new Standstill();
      place = pdtMs;
      wish = pdtMs;
      // While another rung comes in, the playlist of the last one knows the places as well.
      const details = hls?.levels[Math.max(0, hls.loadLevel)]?.details ?? hls?.latestLevelDetails;
      if (details) followWish(details.fragments);
    },
    catchUp,
    destroy() {
      clearInterval(watch);
      retry.stop();
      hls?.destroy();
      hls = null;
    },
  };
}

function rangesOf(buffered: TimeRanges): Range[] {
  return Array.from({ length: buffered.length }, (_, at) => ({ start: buffered.start(at), end: buffered.end(at) }));
}

/** How far behind the class the playlist wants its players, s; null while there is none. */
function holdBackOf(hls: Hls | null): number | null {
  const details = hls?.latestLevelDetails;
  return details ? details.partHoldBack || details.holdBack || 3 * details.targetduration : null;
}

/** Once told, hls.js no longer looks into the playlist for it: left undefined, it would be three target durations. */
function setTarget(hls: Hls, seconds: number): void {
  if (hls.targetLatency !== seconds) hls.targetLatency = seconds;
}

/** Loads playlists so that the player begins where it is told, for as long as it is told so. */
function loaderFrom(pdtMs: () => number | null): NonNullable<HlsConfig['pLoader']> {
  const Usual = Hls.DefaultConfig.loader;
  class FromLoader extends Usual {
    override load(...[context, config, callbacks]: Parameters<Loader['load']>): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess(response, ...rest) {
          const from = pdtMs();
          if (from !== null && typeof response.data === 'string') response.data = beginAt(response.data, from);
          callbacks.onSuccess(response, ...rest);
        },
      });
    }
  }
  return FromLoader as unknown as NonNullable<HlsConfig['pLoader']>;
}

type Loader = InstanceType<HlsConfig['loader']>;

/** The player's time at a point of the session axis; in a hole, where the class goes on after it. */
function timeAt(fragments: readonly Fragment[], pdtMs: number): number | null {
  let found: Fragment | null = null;
  for (const fragment of fragments) {
    if (fragment.programDateTime === null || fragment.gap) continue;
    if (fragment.programDateTime + fragment.duration * 1_000 > pdtMs) {
      return fragment.start + Math.max(0, pdtMs - fragment.programDateTime) / 1_000;
    }
    found = fragment;
  }
  // Behind its end: a moment before that, so that there is something to show.
  return found && found.start + Math.max(0, found.duration - 1);
}
