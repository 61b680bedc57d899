import { randomUUID } from 'node:crypto';
import type { PublisherStatus } from '#contract/media.ts';
import type { Broadcast } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { Feed } from './feed.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Rung } from './ladder.ts';
import type { Logger } from './logger.ts';
import type { Publication } from './publication.ts';
import { createSource } from './source.ts';

export interface SwitcherOptions {
  ffmpeg: Ffmpeg;
  clock: Clock;
  logger: Logger;
  /** What to make of a picture of this height (null while unknown) in the broadcast, at least one rung. */
  rungs: (broadcast: Broadcast, height: number | null) => Rung[];
  /** Whether a publisher's picture may go to viewers as it is. */
  copies: boolean;
  /** Somebody's picture is on air in this broadcast. */
  onPicture: (broadcast: Broadcast) => void;
  /** Whoever was on air has gone, or has no picture any more. */
  onLost: (broadcast: Broadcast, reason: string) => void;
  /** Goes on in another broadcast than before. */
  onMoved: (from: Broadcast) => void;
}

/** To a publisher whose place was taken by itself, come back on another connection. */
export const REPLACED = 'the publisher came back by another connection';

/** To an encoder that came in with a stream key that is none any more. */
export const KEY_REPLACED = 'the stream key was replaced';

/** Pages have tickets, and films nothing. */
export function isByKey({ via }: Publication): boolean {
  return via === 'rtmp' || via === 'srt';
}

interface Publisher {
  readonly id: string;
  readonly publication: Publication;
  readonly connectedAt: number;
  /** When the app was asked about it. */
  readonly askedAt: number;
  /** While it is on air, or on its way there. */
  feed: Feed | null;
  /** It was on air, and its picture stopped. */
  lost: boolean;
  /** It came back by another connection, which takes its place with the first picture. */
  succeeded: boolean;
}

/** Publishers of one session at the same time: one on air, the others ready to take its place. */
export const MAX_PUBLISHERS = 4;

/**
 * Who publishes into a session, and which of them viewers see. The first goes on air, those after it stand by: a spare
 * encoder, a second place, or the same publisher over a new connection while the old one is still thought to be there.
 * When whoever is on air is lost, the newest on standby takes its place.
 */
export class Switcher {
  readonly #options: SwitcherOptions;
  /** Where whoever is on air is seen, or was last. */
  #broadcast: Broadcast;
  /** Where pictures that begin now go: another one while whoever is on air has not come to a key frame yet. */
  #target: Broadcast;
  #publishers: Publisher[] = [];
  #onEmpty: () => void = () => undefined;

  constructor(broadcast: Broadcast, options: SwitcherOptions) {
    this.#broadcast = broadcast;
    this.#target = broadcast;
    this.#options = options;
  }

  get broadcast(): Broadcast {
    return this.#broadcast;
  }

  /** The broadcast in which the session goes on. */
  get target(): Broadcast {
    return this.#target;
  }

  /** Whether viewers see a publisher. */
  get showing(): boolean {
    return this.feed?.showing ?? false;
  }

  get size(): number {
    return this.#publishers.length;
  }

  /** Of whoever is on air, or on the way there as the first. */
  get feed(): Feed | null {
    const feeds = this.#publishers.map(({ feed }) => feed).filter((feed) => feed !== null);
    return feeds.find((feed) => feed.showing) ?? feeds[0] ?? null;
  }

  get publishers(): PublisherStatus[] {
    return this.#publishers.map(({ id, publication, connectedAt, feed, lost }) => {
      return {
        id,
        via: publication.via,
        remoteAddress: publication.remoteAddress,
        connectedAt,
        state: feed ? (feed.showing ? 'on-air' : lost ? 'lost' : 'coming') : 'standby',
        source: publication.source(),
        bitrate: publication.bitrate,
        keyFrameIntervalMs: publication.keyFrameIntervalMs,
      };
    });
  }

  /** Whether this publisher is here, by whatever connection. */
  has(publisherId: string): boolean {
    return this.#publishers.some(({ id }) => id === publisherId);
  }

  /**
   * @param takesOver goes on air also when somebody else is
   * @param askedAt when the app was asked about it
   */
  add(publication: Publication, takesOver: boolean, askedAt: number): void {
    const publisher: Publisher = {
      id: publication.publisherId ?? randomUUID(),
      publication,
      connectedAt: this.#options.clock(),
      askedAt,
      feed: null,
      lost: false,
      succeeded: false,
    };
    const earlier = this.#publishers.find(({ id }) => id === publisher.id);
    const isWanted = this.#publishers.every(({ feed, lost, publication }) => !feed || lost || !publication.showable);
    this.#publishers.push(publisher);
    if (isWanted || takesOver || earlier?.feed) this.#bring(publisher);
    else this.#standBy(publisher);
    if (!earlier) return;
    // Nobody may have noticed yet that the old connection is dead; what still comes of it is shown until then.
    earlier.succeeded = true;
    if (!earlier.feed?.showing) earlier.publication.close(REPLACED);
  }

  /** @returns whether there is such a publisher */
  take(id: string): boolean {
    const publisher = this.#publishers.findLast((each) => each.id === id);
    if (publisher && !publisher.feed) this.#bring(publisher);
    return publisher !== undefined;
  }

  /** Disconnects encoders that came in with the stream key that the session had before. */
  dismiss(replacedAt: number): void {
    const old = this.#publishers.filter(({ publication, askedAt }) => isByKey(publication) && askedAt < replacedAt);
    for (const { publication } of old) publication.close(KEY_REPLACED);
  }

  /** Goes on into `next`, whoever is on air at the next key frame. */
  moveTo(next: Broadcast): void {
    this.#target = next;
    for (const { feed } of this.#publishers) feed?.moveTo(next);
    if (!this.showing) this.#broadcast = next;
  }

  /** Disconnects everybody, and waits until the last of what they sent is out. */
  async close(reason: string): Promise<void> {
    if (this.#publishers.length === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const { publication } of [...this.#publishers]) publication.close(reason);
    await empty;
  }

  /** On air with its first picture; until then what is there stays. */
  #bring(publisher: Publisher): void {
    const { clock, logger, ffmpeg, rungs, copies, onPicture, onMoved } = this.#options;
    // Of those who have no picture, the one that was asked for last may go on air.
    for (const other of this.#publishers) if (other.feed && !other.feed.showing) this.#standBy(other);
    const source = createSource(publisher.publication, {
      ffmpeg,
      clock,
      logger,
      copies,
      rungs: (height) => rungs(feed.broadcast, height),
      lightened: (all, copied) => feed.lightened(all, copied),
    });
    const feed: Feed = new Feed(source, this.#target, {
      clock,
      logger,
      onPicture: () => {
        publisher.lost = false;
        this.#seenIn(feed.broadcast, publisher);
        onPicture(feed.broadcast);
      },
      onMoved: (from, to) => {
        this.#seenIn(to, publisher);
        onPicture(to);
        onMoved(from);
      },
      onReplaced: () => {
        this.#standBy(publisher);
        if (publisher.succeeded) publisher.publication.close(REPLACED);
      },
    });
    publisher.feed = feed;
    source.onSilence(() => {
      if (!feed.showing) return;
      feed.pause();
      publisher.lost = true;
      this.#lost(publisher, 'no picture from the publisher');
    });
    source.onEnd((reason) => this.#gone(publisher, reason));
  }

  /** Who was still seen in the broadcast before, on the way to a key frame, has come too late. */
  #seenIn(broadcast: Broadcast, publisher: Publisher): void {
    const from = this.#broadcast;
    this.#broadcast = broadcast;
    const late = this.#publishers.filter(({ feed }) => feed?.showing && feed !== publisher.feed);
    for (const other of late) this.#standBy(other);
    if (late.length > 0 && from !== broadcast) this.#options.onMoved(from);
  }

  #standBy(publisher: Publisher): void {
    const { feed, publication } = publisher;
    publisher.feed = null;
    publisher.lost = false;
    feed?.close();
    feed?.source.release();
    publication.onTag(() => undefined);
    publication.onEnd((reason) => this.#gone(publisher, reason));
    publication.standBy();
  }

  #gone(publisher: Publisher, reason: string): void {
    this.#publishers = this.#publishers.filter((each) => each !== publisher);
    const { feed, publication } = publisher;
    // Its successor went before it: the connection that was there first is the publisher again.
    const before = this.#publishers.findLast(({ id }) => id === publisher.id);
    if (before) before.succeeded = false;
    const wasOnAir = feed?.showing ?? false;
    const wasWaitedFor = feed !== null && !wasOnAir;
    publisher.feed = null;
    feed?.close();
    const { id: broadcastId } = this.#broadcast.info;
    this.#options.logger.info({ broadcastId, via: publication.via, reason, wasOnAir }, 'publisher gone');
    if (wasOnAir) this.#lost(publisher, reason);
    else if (wasWaitedFor) this.#bringNewest(publisher);
    if (this.#publishers.length === 0) this.#onEmpty();
  }

  #lost(publisher: Publisher, reason: string): void {
    // One that had not come to a key frame yet is lost to the broadcast into which it was to go.
    this.#broadcast = this.#target;
    this.#options.onLost(this.#broadcast, reason);
    this.#bringNewest(publisher);
  }

  #bringNewest(but: Publisher): void {
    if (this.#target.ended) return;
    // Somebody is seen, or was chosen and is about to be.
    if (this.#publishers.some(({ feed, lost, publication }) => feed && !lost && publication.showable)) return;
    const newest = this.#publishers.findLast(
      (each) => each !== but && !each.feed && !each.succeeded && each.publication.showable,
    );
    if (newest) this.#bring(newest);
  }
}
