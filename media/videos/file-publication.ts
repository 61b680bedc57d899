import type { PublishedVia } from '#contract/media.ts';
import type { PublicationOptions } from '../publication.ts';
import { RtmpPublication } from '../rtmp/publication.ts';

/** A prepared video as a publisher: FLV, as RTMP has it. */
export class FilePublication extends RtmpPublication {
  override readonly via: PublishedVia = 'file';
  /** It may be held at any time, and shows one key frame again and again then: its frames do not go to viewers as they are. */
  override readonly copyCheck = null;
  readonly #onStandby: () => void;

  constructor({ onStandby, ...options }: PublicationOptions & { onStandby: () => void }) {
    super(options);
    this.#onStandby = onStandby;
  }

  override standBy(): void {
    this.#onStandby();
  }
}
