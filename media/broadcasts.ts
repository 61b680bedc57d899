import fs from 'node:fs/promises';
import path from 'node:path';
import type {
  Broadcast as BroadcastInfo,
  BroadcastStatus,
  Credential,
  DismissRequest,
  TakeRequest,
} from '#contract/media.ts';
import type { Archive } from './archive.ts';
import type { Authorisation } from './authorisation.ts';
import { Broadcast } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { MediaError } from './errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Hooks } from './hooks.ts';
import { RUNGS, type Rung, rungsFor } from './ladder.ts';
import type { Logger } from './logger.ts';
import type { Publication } from './publication.ts';
import { Recording, recordingPath } from './recording.ts';
import { makeSlate, type Slate, SlateShow } from './slate.ts';
import { isByKey, KEY_REPLACED, MAX_PUBLISHERS, Switcher } from './switcher.ts';

const REPLACED_MS = 60_000;

export interface BroadcastsOptions {
  dataDir: string;
  /** Where a class is found once it is over. */
  archive: Archive;
  ffmpeg: Ffmpeg;
  /** What is made of a picture that is large enough, from the top down. */
  ladder: readonly Rung[];
  /** Whether a publisher's own picture is the top rung where it can be. */
  copies: boolean;
  hooks: Hooks;
  /** How long the slate is shown at most while a class waits for its publisher. */
  slateSeconds: number;
  clock: Clock;
  logger: Logger;
}

/** Players must still see the end of an ended broadcast. */
const READABLE_AFTER_END_MS = 60_000;
const READERS_WINDOW_MS = 10_000;
/** A picture that is packaged so late is late because there is too much to do. */
const STRAINED_LAG_MS = 3_000;

/** Every broadcast that is open here, and who publishes into it. */
export class Broadcasts {
  readonly #options: BroadcastsOptions;
  readonly #slate: Promise<Slate | null>;
  #byId = new Map<string, Broadcast>();
  #opening = new Map<string, Promise<Broadcast>>();
  /** By session. */
  #switchers = new Map<string, Switcher>();
  /** Publishers who were just let in and have not begun, by session. */
  #expected = new Map<string, number>();
  /** When the app was asked about a publisher, by what it answered. */
  readonly #askedAt = new WeakMap<BroadcastInfo, number>();
  /** Of sessions, a short while ago. */
  readonly #keysReplacedAt = new Map<string, number>();
  /** Classes that have begun, by session: whoever was let in to the preview goes there. */
  #begun = new Map<string, BroadcastInfo>();
  #closing = false;

  constructor(options: BroadcastsOptions) {
    this.#options = options;
    const { ffmpeg, ladder, logger } = options;
    this.#slate = makeSlate(ffmpeg, ladder, logger).catch((error: unknown) => {
      logger.error({ err: error }, 'there will be no slate');
      return null;
    });
  }

  /** Opens again what a crash has left open, so that its viewers find it while its publisher is on the way back. */
  async resume(unfinished: BroadcastInfo[]): Promise<void> {
    const { logger } = this.#options;
    for (const info of unfinished) {
      try {
        this.#lost(await this.#open(info), 'the media process was restarted');
      } catch (error) {
        logger.error({ err: error, broadcastId: info.id }, 'a broadcast cannot be resumed');
      }
    }
  }

  byPrefix(prefix: string): Broadcast | undefined {
    for (const broadcast of this.#byId.values()) if (broadcast.info.prefix === prefix) return broadcast;
    return undefined;
  }

  /** Asks the app, and bounds how many publish into one session. */
  async authorise(credential: Credential, remoteAddress: string): Promise<Authorisation> {
    const askedAt = this.#options.clock();
    const answer = await this.#options.hooks.authorise(credential, remoteAddress);
    if (!answer.allowed) return answer;
    const { broadcast, publisherId } = answer;
    this.#askedAt.set(broadcast, askedAt);
    return (await this.admit(broadcast, publisherId)) ? answer : { allowed: false, reason: 'too-many-publishers' };
  }

  /**
   * Keeps a place for a publisher; false when all are taken. `publish` or `abandoned` must follow.
   * @param publisherId of one that may be back, and then takes a place that is its own
   */
  async admit(broadcast: BroadcastInfo, publisherId?: string): Promise<boolean> {
    const { sessionId } = broadcast;
    const switcher = this.#switchers.get(sessionId);
    const expected = this.#expected.get(sessionId) ?? 0;
    const isBack = publisherId !== undefined && switcher?.has(publisherId);
    if (!isBack && (switcher?.size ?? 0) + expected >= MAX_PUBLISHERS) return false;
    this.#expected.set(sessionId, expected + 1);
    try {
      await this.#open(this.#placeOf(broadcast));
    } catch (error) {
      this.abandoned(broadcast);
      throw error;
    }
    return true;
  }

  /** Somebody who was let in left before beginning. */
  abandoned({ sessionId }: BroadcastInfo): void {
    const expected = (this.#expected.get(sessionId) ?? 0) - 1;
    if (expected > 0) this.#expected.set(sessionId, expected);
    else this.#expected.delete(sessionId);
  }

  /** Whether viewers of the session, or officers of its preview, see somebody. */
  isOnAir(sessionId: string): boolean {
    return this.#switchers.get(sessionId)?.showing ?? false;
  }

  /**
   * A publisher that was let in begins.
   * @param takesOver goes on air also when somebody else is
   */
  publish(publication: Publication, asked: BroadcastInfo, takesOver = false): void {
    const { logger, clock } = this.#options;
    this.abandoned(asked);
    const askedAt = this.#askedAt.get(asked) ?? clock();
    if (isByKey(publication) && askedAt < (this.#keysReplacedAt.get(asked.sessionId) ?? 0)) {
      publication.close(KEY_REPLACED);
      return;
    }
    // While a class that has just begun is still being opened, its preview is not over.
    const broadcast = this.#byId.get(this.#placeOf(asked).id) ?? this.#byId.get(asked.id);
    if (!broadcast || broadcast.ended || this.#closing) {
      publication.close('the broadcast has ended');
      return;
    }
    const { id: broadcastId, kind, sessionId } = broadcast.info;
    const { via, remoteAddress } = publication;
    const switcher = this.#switchers.get(sessionId) ?? this.#makeSwitcher(broadcast);
    this.#switchers.set(sessionId, switcher);
    // A class may have begun while whoever is on air is still in its preview.
    if (!switcher.showing || kind === 'live') switcher.moveTo(broadcast);
    logger.info({ broadcastId, kind, via, remoteAddress }, 'publisher accepted');
    switcher.add(publication, takesOver, askedAt);
  }

  /** Disconnects whoever came in with a stream key that was replaced, or is about to come in. Said again later, it harms nobody. */
  dismiss({ sessionId, agoMs }: DismissRequest): void {
    const now = this.#options.clock();
    const replacedAt = now - agoMs;
    // Nobody is on the way in for so long.
    for (const [id, at] of this.#keysReplacedAt) if (at < now - REPLACED_MS) this.#keysReplacedAt.delete(id);
    this.#keysReplacedAt.set(sessionId, replacedAt);
    this.#switchers.get(sessionId)?.dismiss(replacedAt);
  }

  /** Another publisher of the session goes on air. @throws MediaError `not-found` when there is no such publisher */
  take({ sessionId, publisherId }: TakeRequest): void {
    if (!this.#switchers.get(sessionId)?.take(publisherId)) throw new MediaError('not-found');
  }

  /** The session's publisher, if there is one, goes on into this broadcast at its next key frame. */
  async retarget(info: BroadcastInfo): Promise<void> {
    const { sessionId } = info;
    this.#begun.set(sessionId, info);
    if (!this.#switchers.get(sessionId)?.size && !this.#expected.has(sessionId)) return;
    const broadcast = await this.#open(info);
    this.#switchers.get(sessionId)?.moveTo(broadcast);
  }

  /** Closes a broadcast and disconnects its publishers. Ending twice, or what is unknown here, is harmless. */
  async end(broadcastId: string): Promise<void> {
    for (const [sessionId, { id }] of this.#begun) if (id === broadcastId) this.#begun.delete(sessionId);
    const broadcast = this.#byId.get(broadcastId);
    if (!broadcast) return;
    await this.#finish(broadcast);
    const switcher = this.#switchers.get(broadcast.info.sessionId);
    // Who is on the way from here into another broadcast stays connected.
    if (switcher?.target !== broadcast) return;
    void switcher.close('the class has ended');
  }

  /** The machine does not keep up with a class. One of which less is made since it did not may do so now, for the rest of its time. */
  get isStrained(): boolean {
    return this.status().some(({ lagMs }) => (lagMs ?? 0) > STRAINED_LAG_MS);
  }

  status(): BroadcastStatus[] {
    const now = this.#options.clock();
    return [...this.#byId.values()]
      .filter((broadcast) => !broadcast.ended)
      .map((broadcast) => {
        const { id: broadcastId, sessionId, kind } = broadcast.info;
        const candidate = this.#switchers.get(sessionId);
        const switcher = candidate?.broadcast === broadcast ? candidate : undefined;
        const feed = switcher?.showing ? switcher.feed : null;
        const readers = broadcast.readers.since(now - READERS_WINDOW_MS);
        return {
          broadcastId,
          sessionId,
          kind,
          publishing: feed != null && broadcast.started,
          source: broadcast.source,
          bitrate: feed?.source.publication.bitrate ?? 0,
          keyFrameIntervalMs: feed?.source.publication.keyFrameIntervalMs ?? null,
          lagMs: feed?.lagMs ?? null,
          lastPdt: broadcast.lastPdt,
          levels: feed?.source.levels ?? null,
          readers: readers.all,
          reduced: feed?.reduced ?? false,
          publishers: switcher?.publishers ?? [],
          rungs: broadcast.rungs.map((name) => {
            const made = feed?.outputs.includes(name) ?? false;
            return { name, made, copied: feed?.copied === name, readers: readers.by.get(name) ?? 0 };
          }),
          recording: broadcast.recorded,
          outside: null,
        };
      });
  }

  /** Disconnects every publisher and waits until what was recorded is written. Broadcasts stay open for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#switchers.values()].map((switcher) => switcher.close('the server is closing')));
    // A slate that is still shown is cut off where it is.
    for (const broadcast of this.#byId.values()) broadcast.pause();
    await Promise.all([...this.#byId.values()].map((broadcast) => broadcast.settled()));
  }

  #makeSwitcher(broadcast: Broadcast): Switcher {
    const { ffmpeg, copies, clock, logger } = this.#options;
    return new Switcher(broadcast, {
      ffmpeg,
      copies,
      clock,
      logger,
      rungs: (of, height) => rungsFor(this.#rungsOf(of), height),
      onPicture: (of) => this.#reportConnected(of),
      onLost: (of, reason) => this.#lost(of, reason),
      onMoved: (from) => {
        if (from.info.kind === 'preview') void this.#finish(from);
      },
    });
  }

  /** Whoever was on air is gone or silent. */
  #lost(broadcast: Broadcast, reason: string): void {
    if (broadcast.ended) return;
    const { id: broadcastId, sessionId, kind } = broadcast.info;
    this.#options.hooks.report({ type: 'publisher-lost', broadcastId, sessionId, reason: reason.slice(0, 200) });
    if (kind !== 'live') return;
    this.#showSlate(broadcast).catch((error: unknown) => {
      this.#options.logger.error({ err: error, broadcastId }, 'the slate cannot be shown');
    });
  }

  async #showSlate(broadcast: Broadcast): Promise<void> {
    const { clock, slateSeconds: seconds } = this.#options;
    const slate = await this.#slate;
    // While the slate was not ready yet, somebody may have come back.
    if (!slate || this.#closing || !broadcast.started || broadcast.ended || broadcast.busy) return;
    new SlateShow(broadcast, slate, { clock, seconds }).start();
  }

  /** Where a publisher goes that was let in, which may have been before the class began. */
  #placeOf(info: BroadcastInfo): BroadcastInfo {
    return info.kind === 'preview' ? (this.#begun.get(info.sessionId) ?? info) : info;
  }

  #open(info: BroadcastInfo): Promise<Broadcast> {
    const known = this.#byId.get(info.id);
    if (known) return Promise.resolve(known);
    const opening = this.#opening.get(info.id) ?? this.#make(info).finally(() => this.#opening.delete(info.id));
    this.#opening.set(info.id, opening);
    return opening;
  }

  async #make(info: BroadcastInfo): Promise<Broadcast> {
    const { dataDir, hooks, logger } = this.#options;
    // A preview is for the officer's eyes alone and is kept nowhere.
    const recording = info.kind === 'live' ? await Recording.open(dataDir, info, logger) : null;
    const broadcast = new Broadcast(info, recording, (firstPdt) => {
      hooks.report({ type: 'broadcast-started', broadcastId: info.id, sessionId: info.sessionId, firstPdt });
    });
    this.#byId.set(info.id, broadcast);
    return broadcast;
  }

  /** Those that a broadcast has had from its start; the whole ladder before that. */
  #rungsOf(broadcast: Broadcast): readonly Rung[] {
    const { rungs } = broadcast;
    return rungs.length > 0 ? RUNGS.filter(({ name }) => rungs.includes(name)) : this.#options.ladder;
  }

  #reportConnected({ info, source }: Broadcast): void {
    if (!source) return;
    this.#options.hooks.report({
      type: 'publisher-connected',
      broadcastId: info.id,
      sessionId: info.sessionId,
      source,
    });
  }

  async #finish(broadcast: Broadcast): Promise<void> {
    if (broadcast.ended) return;
    const { hooks, logger, archive } = this.#options;
    const { id, sessionId, kind } = broadcast.info;
    const { durationMs, bytes } = await broadcast.end();
    if (kind === 'live') archive.add(broadcast.info);
    hooks.report({
      type: 'broadcast-ended',
      broadcastId: id,
      sessionId,
      lastPdt: broadcast.lastPdt,
      durationMs,
      bytes,
      path: kind === 'live' ? recordingPath(id) : null,
    });
    logger.info({ broadcastId: id, durationMs, bytes }, 'broadcast ended');
    setTimeout(() => this.#forget(broadcast), READABLE_AFTER_END_MS).unref();
  }

  #forget({ info: { id, sessionId } }: Broadcast): void {
    this.#byId.delete(id);
    const switcher = this.#switchers.get(sessionId);
    if (switcher?.target.info.id === id && switcher.size === 0) this.#switchers.delete(sessionId);
  }
}

/** Makes the folder of recordings, so that a wrong data folder is found at the start and not in class. */
export async function prepareRecordings(dataDir: string): Promise<void> {
  await fs.mkdir(path.join(dataDir, 'recordings'), { recursive: true });
}
