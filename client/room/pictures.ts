import { useEffect, useState } from 'react';
import type { RecordingPictures } from '#contract/pictures.ts';

const AGAIN_MS = 3_000;
/** Of a long class they take some ten seconds; on a machine that is busy with another they may come much later. */
const MAX_TRIES = 20;

/** Addresses of a recording's pictures. */
export interface Pictures {
  poster: string | null;
  /** The picture last seen at that point of the session axis, epoch ms; null where there is none. */
  before: (pdtMs: number) => Preview | null;
}

/** A picture on a sheet; lengths are pixels. */
export interface Preview {
  sheet: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** @param prefix whose `/media/<prefix>/` is open to this page; null before that */
export function usePictures(prefix: string | null): Pictures | null {
  const [pictures, setPictures] = useState<Pictures | null>(null);
  useEffect(() => {
    if (prefix === null) return;
    const left = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let tries = 0;
    const look = async () => {
      tries += 1;
      const listed = await load(`/media/${prefix}/`, left.signal).catch(() => null);
      if (left.signal.aborted) return;
      if (listed && !listed.making) setPictures(picturesOf(`/media/${prefix}/`, listed));
      else if (tries < MAX_TRIES) timer = setTimeout(look, AGAIN_MS);
    };
    void look();
    return () => {
      left.abort();
      clearTimeout(timer);
    };
  }, [prefix]);
  return pictures;
}

async function load(base: string, signal: AbortSignal): Promise<RecordingPictures | null> {
  const answer = await fetch(`${base}pictures.json`, { signal });
  return answer.ok ? ((await answer.json()) as RecordingPictures) : null;
}

export function picturesOf(base: string, { poster, preview }: RecordingPictures): Pictures {
  return {
    poster: poster && base + poster,
    before(pdtMs) {
      if (!preview) return null;
      const { width, height, columns, sheets } = preview;
      // Before the first there is nothing else to show.
      const sheet = lastOf(sheets, ({ times }) => (times[0] ?? 0) <= pdtMs) ?? sheets[0];
      if (!sheet) return null;
      const place = Math.max(0, sheet.times.filter((time) => time <= pdtMs).length - 1);
      const [left, top] = [(place % columns) * width, Math.floor(place / columns) * height];
      return { sheet: base + sheet.file, left, top, width, height };
    },
  };
}

function lastOf<T>(of: readonly T[], fits: (each: T) => boolean): T | undefined {
  return of.reduce<T | undefined>((last, each) => (fits(each) ? each : last), undefined);
}
