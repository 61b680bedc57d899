import Hls, { ErrorTypes, Events } from 'hls.js/light';

/** Further behind the class than this a viewer is taken back to it at once; nearer, by playing a little faster. */
const LOST_BEHIND_S = 12;
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 8_000;

export interface PlayerEvents {
  /** The playlist was refused: a new playback token is needed. */
  onDenied: () => void;
  /** Playing is interrupted and being mended (true), or goes on (false). */
  onTrouble: (trouble: boolean) => void;
}

export interface Player {
  /** PROGRAM-DATE-TIME of the frame shown, epoch ms; null while unknown. */
  pdt(): number | null;
  /** Takes up the class again where it is now, after the device slept or a pause. */
  catchUp(): void;
  destroy(): void;
}

/** Plays a live playlist in the element and mends what breaks by itself, for as long as it is not destroyed. */
export function createPlayer(video: HTMLVideoElement, url: string, events: PlayerEvents): Player {
  return Hls.isSupported() ? playByHls(video, url, events) : playNatively(video, url, events);
}

function playByHls(video: HTMLVideoElement, url: string, events: PlayerEvents): Player {
  let hls: Hls | null = null;
  let mediaErrors = 0;
  const retry = retrying(start);

  function start(): void {
    hls?.destroy();
    const made = new Hls({
      lowLatencyMode: true,
      // How near to the class: the playlist's PART-HOLD-BACK says it.
      maxLiveSyncPlaybackRate: 1.1,
      liveSyncOnStallIncrease: 0.5,
      backBufferLength: 15,
      maxBufferLength: 10,
      startFragPrefetch: true,
    });
    hls = made;
    made.on(Events.ERROR, (_event, error) => {
      const status = error.response?.code;
      if (status === 401 || status === 403) {
        made.stopLoad();
        events.onTrouble(true);
        events.onDenied();
        return;
      }
      if (!error.fatal) return;
      events.onTrouble(true);
      mediaErrors += 1;
      if (error.type === ErrorTypes.MEDIA_ERROR && mediaErrors < 3) made.recoverMediaError();
      else retry.soon();
    });
    made.on(Events.FRAG_BUFFERED, () => {
      mediaErrors = 0;
      retry.calm();
      events.onTrouble(false);
    });
    made.loadSource(url);
    made.attachMedia(video);
  }

  start();
  const watch = setInterval(() => {
    if (hls && !video.paused && hls.latency > LOST_BEHIND_S) catchUp();
  }, 2_000);

  function catchUp(): void {
    const live = hls?.liveSyncPosition;
    if (typeof live === 'number' && live - video.currentTime > 2) video.currentTime = live;
  }

  return {
    pdt: () => hls?.playingDate?.getTime() ?? null,
    catchUp,
    destroy() {
      clearInterval(watch);
      retry.stop();
      hls?.destroy();
      hls = null;
    },
  };
}

type DatedVideo = HTMLVideoElement & { getStartDate?: () => Date };

/** Where there are no media sources (older iPhones) the system plays, and knows the dates itself. */
function playNatively(video: DatedVideo, url: string, events: PlayerEvents): Player {
  const retry = retrying(start);
  const onError = () => {
    events.onTrouble(true);
    // The element does not say why; a token that ran out looks like a lost network.
    events.onDenied();
    retry.soon();
  };
  const onPlaying = () => {
    retry.calm();
    events.onTrouble(false);
  };
  video.addEventListener('error', onError);
  video.addEventListener('playing', onPlaying);

  function start(): void {
    video.src = url;
    video.load();
  }

  function catchUp(): void {
    const ranges = video.seekable;
    const end = ranges.length > 0 ? ranges.end(ranges.length - 1) : 0;
    if (end - video.currentTime > LOST_BEHIND_S) video.currentTime = end - 2;
  }

  start();
  const watch = setInterval(() => {
    // Safari falls behind after a stall and stays there.
    if (!video.paused) catchUp();
  }, 2_000);

  return {
    pdt() {
      const start = video.getStartDate?.().getTime();
      return start === undefined || Number.isNaN(start) ? null : start + video.currentTime * 1_000;
    },
    catchUp,
    destroy() {
      clearInterval(watch);
      retry.stop();
      video.removeEventListener('error', onError);
      video.removeEventListener('playing', onPlaying);
      video.removeAttribute('src');
      video.load();
    },
  };
}

/** Tries again after a growing wait of which a part is drawn at random. */
function retrying(start: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  return {
    soon() {
      clearTimeout(timer);
      const wait = Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_LONGEST_MS);
      failures += 1;
      timer = setTimeout(start, wait * (0.5 + Math.random() / 2));
    },
    calm() {
      failures = 0;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
