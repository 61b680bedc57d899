import Hls from 'hls.js';
import { retrying } from '#client/room/retrying.ts';

export interface Recording {
  /** Where on the session axis it stands, epoch ms; null while unknown. */
  pdt(): number | null;
  destroy(): void;
}

/**
 * Plays a recording from its beginning on, and after an interruption from where it was.
 * @param onTrouble it is interrupted and being tried again (true), or goes on (false)
 */
export function playRecording(
  element: HTMLVideoElement,
  address: string,
  onTrouble: (trouble: boolean) => void,
): Recording {
  const hls = new Hls({ startPosition: 0 });
  const retry = retrying(() => {
    // Without a playlist there is nothing yet to go on with.
    if (hls.levels.length > 0) hls.startLoad();
    else hls.loadSource(address);
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      hls.recoverMediaError();
      return;
    }
    onTrouble(true);
    retry.soon();
  });
  hls.on(Hls.Events.FRAG_BUFFERED, () => {
    retry.calm();
    onTrouble(false);
  });
  hls.attachMedia(element);
  hls.loadSource(address);
  return {
    pdt: () => hls.playingDate?.getTime() ?? null,
    destroy() {
      retry.stop();
      hls.destroy();
    },
  };
}
