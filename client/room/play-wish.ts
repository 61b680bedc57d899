type Element = Pick<HTMLVideoElement, 'autoplay' | 'ended' | 'readyState' | 'addEventListener' | 'removeEventListener'>;

/**
 * Whether the viewer wants the picture to run. A new source begins to play by itself only then: who has paused and left hears nothing
 * and is credited nothing when a token, a network or a rendition makes the player open its source again.
 */
export class PlayWish {
  #wanted = true;

  get wanted(): boolean {
    return this.#wanted;
  }

  /** By the page's own buttons. */
  set(element: Element, wanted: boolean): void {
    this.#wanted = wanted;
    element.autoplay = wanted;
  }

  /**
   * What is done with the browser's or the system's own controls counts, too.
   * @returns what ends it
   */
  follow(element: Element): () => void {
    const onPlay = () => this.set(element, true);
    const onPause = () => {
      // A source that is taken away, or has come to its end, stops without anybody's wish. The attribute stays: by it browsers
      // go on after a pause of their own.
      if (element.readyState > 0 && !element.ended) this.#wanted = false;
    };
    element.addEventListener('play', onPlay);
    element.addEventListener('pause', onPause);
    return () => {
      element.removeEventListener('play', onPlay);
      element.removeEventListener('pause', onPause);
    };
  }

  /** To be asked at each new source. @returns whether to play it */
  onSource(element: Element): boolean {
    element.autoplay = this.#wanted;
    return this.#wanted;
  }
}
