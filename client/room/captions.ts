import { type RefObject, useEffect, useRef, useState } from 'react';
import { getLanguage } from '#client/i18n.ts';
import { recall, remember } from '#client/storage.ts';

const STORED = 'captions';
const OFF = 'off';

/** Captions that a player has in one language. */
export interface CaptionChoice {
  /** As the stream says, `zh` or `zh-CN`; empty where it does not. */
  language: string;
  label: string;
}

export interface CaptionsHandle {
  /** What is shown; null: no captions. */
  shown: CaptionChoice | null;
  /** The next language, or none after the last. Remembered on this device. */
  next: () => void;
}

/**
 * Shows captions that come with the stream: as a rendition of it or within its picture, whoever plays it. Null while there are none.
 */
export function useCaptions(video: RefObject<HTMLVideoElement | null>): CaptionsHandle | null {
  const [tracks, setTracks] = useState<CaptionChoice[]>([]);
  const [wanted, setWanted] = useState(() => recall(STORED) ?? OFF);
  const newest = useRef(wanted);
  newest.current = wanted;

  useEffect(() => {
    const list = video.current?.textTracks;
    if (!list) return;
    const look = () => {
      const found = captionTracks(list);
      show(found, newest.current);
      setTracks((before) => (sameChoices(before, found) ? before : found.map(choiceOf)));
    };
    look();
    // A player also tells of its tracks by a change of what they show.
    const events = ['addtrack', 'removetrack', 'change'];
    for (const event of events) list.addEventListener(event, look);
    return () => {
      for (const event of events) list.removeEventListener(event, look);
    };
  }, [video]);

  const at = chosenAt(tracks, wanted);
  function next() {
    const following = tracks[at + 1];
    const choice = following ? following.language || following.label : OFF;
    remember(STORED, choice);
    setWanted(choice);
    const list = video.current?.textTracks;
    if (list) show(captionTracks(list), choice);
  }
  return tracks.length > 0 ? { shown: tracks[at] ?? null, next } : null;
}

/** Not what else a stream marks in time, such as its advertisements. Those of before a reload may be there twice. */
function captionTracks(list: TextTrackList): TextTrack[] {
  const found: TextTrack[] = [];
  for (const track of Array.from(list)) {
    const isNew = !found.some(({ language, label }) => language === track.language && label === track.label);
    if ((track.kind === 'subtitles' || track.kind === 'captions') && isNew) found.push(track);
  }
  // That of the page first: one press is enough for most.
  const foreign = ({ language }: TextTrack) => (language.startsWith(getLanguage()) ? 0 : 1);
  return found.sort((one, other) => foreign(one) - foreign(other));
}

function show(tracks: TextTrack[], wanted: string): void {
  const at = chosenAt(tracks, wanted);
  for (const [place, track] of tracks.entries()) {
    const mode = place === at ? 'showing' : 'disabled';
    // A track that is only followed is not shown either.
    const isAsWanted = track.mode === mode || (mode === 'disabled' && track.mode === 'hidden');
    if (!isAsWanted) track.mode = mode;
  }
}

/** Which of them is wanted: that language, or else the first of all; -1 for none. */
export function chosenAt(tracks: readonly CaptionChoice[], wanted: string): number {
  if (wanted === OFF || tracks.length === 0) return -1;
  return Math.max(
    0,
    tracks.findIndex(({ language, label }) => (language || label) === wanted),
  );
}

function choiceOf({ language, label }: TextTrack): CaptionChoice {
  return { language, label: label || language };
}

function sameChoices(before: readonly CaptionChoice[], found: readonly TextTrack[]): boolean {
  return (
    before.length === found.length &&
    found.every(
      ({ language }, at) =>
        before[at]?.language === language && before[at]?.label === choiceOf(found[at] as TextTrack).label,
    )
  );
}
