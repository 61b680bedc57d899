import type { PublishedVia } from '#contract/media.ts';
import type { PublicationOptions } from '../publication.ts';
import { RtmpPublication } from '../rtmp/publication.ts';

/** A prepared video as a publisher: FLV, as RTMP has it. */
export class FilePublication extends RtmpPublication {
  override readonly via: PublishedVia = 'file';
  readonly #onStandby: () => void;

  constructor({ onStandby, ...options }: PublicationOptions & { onStandby: () => void }) {
    super(options);
    this.#onStandby = onStandby;
  }

  override standBy(): void {
    this.#onStandby();
  }
}
