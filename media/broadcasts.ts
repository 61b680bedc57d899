import fs from 'node:fs/promises';
import path from 'node:path';
import type { Broadcast as BroadcastInfo, BroadcastStatus } from '#contract/media.ts';
import { Broadcast } from './broadcast.ts';
import type { Clock } from './clock.ts';
import { Feed } from './feed.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Hooks } from './hooks.ts';
import { RUNGS, type Rung, rungsFor } from './ladder.ts';
import type { Logger } from './logger.ts';
import type { Publication } from './publication.ts';
import { Recording, recordingPath, unfinishedBroadcasts } from './recording.ts';
import type { Authorisation } from './rtmp/connection.ts';
import { createSource } from './source.ts';

export interface BroadcastsOptions {
  dataDir: string;
  ffmpeg: Ffmpeg;
  /** What is made of a picture that is large enough, from the top down. */
  ladder: readonly Rung[];
  hooks: Hooks;
  clock: Clock;
  logger: Logger;
}

/** Players must still see the end of an ended broadcast. */
const READABLE_AFTER_END_MS = 60_000;
const READERS_WINDOW_MS = 10_000;

/** Every broadcast that is open here, and who publishes into it. */
export class Broadcasts {
  readonly #options: BroadcastsOptions;
  #byId = new Map<string, Broadcast>();
  #opening = new Map<string, Promise<Broadcast>>();
  #feeds = new Map<string, Feed>();
  /** Broadcasts for which somebody was just let in, and has not begun. */
  #expected = new Set<string>();

  constructor(options: BroadcastsOptions) {
    this.#options = options;
  }

  /** Opens again what a crash has left open, so that its viewers find it while its publisher is on the way back. */
  async resume(): Promise<void> {
    for (const info of await unfinishedBroadcasts(this.#options.dataDir)) {
      await this.#open(info);
      const { id: broadcastId, sessionId } = info;
      const reason = 'the media process was restarted';
      this.#options.hooks.report({ type: 'publisher-lost', broadcastId, sessionId, reason });
    }
  }

  byPrefix(prefix: string): Broadcast | undefined {
    for (const broadcast of this.#byId.values()) if (broadcast.info.prefix === prefix) return broadcast;
    return undefined;
  }

  /** Asks the app, and makes sure that a broadcast has one publisher. */
  async authorise(streamKey: string, remoteAddress: string): Promise<Authorisation> {
    const answer = await this.#options.hooks.authorise(streamKey, remoteAddress);
    if (!answer.allowed) return answer;
    const { broadcast } = answer;
    const busy = this.#feedOfSession(broadcast.sessionId) !== undefined || this.#expected.has(broadcast.sessionId);
    if (busy) return { allowed: false, reason: 'already-publishing' };
    this.#expected.add(broadcast.sessionId);
    try {
      await this.#open(broadcast);
    } catch (error) {
      this.#expected.delete(broadcast.sessionId);
      throw error;
    }
    return answer;
  }

  /** Somebody who was let in left before beginning. */
  abandoned(info: BroadcastInfo): void {
    this.#expected.delete(info.sessionId);
  }

  /** A publisher that was let in begins. */
  publish(publication: Publication, info: BroadcastInfo): void {
    const { ffmpeg, hooks, clock, logger } = this.#options;
    this.#expected.delete(info.sessionId);
    const broadcast = this.#byId.get(info.id);
    if (!broadcast || broadcast.ended) {
      publication.close('the broadcast has ended');
      return;
    }
    if (this.#feeds.has(info.sessionId)) {
      publication.close('somebody is publishing already');
      return;
    }
    const source = createSource(publication, {
      ffmpeg,
      clock,
      logger,
      rungs: (height) => feed.lightened(rungsFor(this.#rungsOf(feed.broadcast), height)),
    });
    const feed: Feed = new Feed(source, broadcast, {
      clock,
      logger,
      onFormat: () => this.#reportConnected(feed),
      onMoved: (from) => {
        this.#reportConnected(feed);
        if (from.info.kind === 'preview') void this.#finish(from);
      },
    });
    this.#feeds.set(info.sessionId, feed);
    source.onEnd((reason) => {
      this.#feeds.delete(info.sessionId);
      feed.close();
      const last = feed.broadcast;
      last.pause();
      logger.info({ broadcastId: last.info.id, reason }, 'publisher gone');
      if (last.ended) return;
      const { id: broadcastId, sessionId } = last.info;
      hooks.report({ type: 'publisher-lost', broadcastId, sessionId, reason: reason.slice(0, 200) });
    });
    logger.info(
      { broadcastId: info.id, kind: info.kind, remoteAddress: publication.remoteAddress },
      'publisher accepted',
    );
  }

  /** The session's publisher, if there is one, goes on into this broadcast at its next key frame. */
  async retarget(info: BroadcastInfo): Promise<void> {
    const feed = this.#feedOfSession(info.sessionId);
    if (feed) feed.moveTo(await this.#open(info));
  }

  /** Closes a broadcast and disconnects its publisher. Ending twice, or what is unknown here, is harmless. */
  async end(broadcastId: string): Promise<void> {
    const broadcast = this.#byId.get(broadcastId);
    if (!broadcast) return;
    await this.#finish(broadcast);
    const feed = this.#feedOfSession(broadcast.info.sessionId);
    // Who is on the way from here into another broadcast stays connected.
    if (feed?.broadcast === broadcast && !feed.moving) feed.source.close('the class has ended');
  }

  status(): BroadcastStatus[] {
    const now = this.#options.clock();
    return [...this.#byId.values()]
      .filter((broadcast) => !broadcast.ended)
      .map((broadcast) => {
        const { id: broadcastId, sessionId, kind } = broadcast.info;
        const candidate = this.#feeds.get(sessionId);
        const feed = candidate?.broadcast === broadcast ? candidate : undefined;
        const readers = broadcast.readers.since(now - READERS_WINDOW_MS);
        return {
          broadcastId,
          sessionId,
          kind,
          publishing: feed !== undefined && broadcast.started,
          source: broadcast.source,
          bitrate: feed?.source.publication.bitrate ?? 0,
          keyFrameIntervalMs: feed?.source.publication.keyFrameIntervalMs ?? null,
          lagMs: feed?.lagMs ?? null,
          lastPdt: broadcast.lastPdt,
          readers: readers.all,
          reduced: feed?.reduced ?? false,
          rungs: broadcast.rungs.map((name) => {
            return { name, made: feed?.outputs.includes(name) ?? false, readers: readers.by.get(name) ?? 0 };
          }),
        };
      });
  }

  /** Disconnects every publisher and waits until what was recorded is written. Broadcasts stay open for the next start. */
  async close(): Promise<void> {
    for (const feed of this.#feeds.values()) feed.source.close('the server is closing');
    await Promise.all([...this.#byId.values()].map((broadcast) => broadcast.settled()));
  }

  #feedOfSession(sessionId: string): Feed | undefined {
    return this.#feeds.get(sessionId);
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

  #reportConnected(feed: Feed): void {
    const { info, source } = feed.broadcast;
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
    const { hooks, logger } = this.#options;
    const { id, sessionId, kind } = broadcast.info;
    const { durationMs, bytes } = await broadcast.end();
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
    setTimeout(() => this.#byId.delete(id), READABLE_AFTER_END_MS).unref();
  }
}

/** Makes the folder of recordings, so that a wrong data folder is found at the start and not in class. */
export async function prepareRecordings(dataDir: string): Promise<void> {
  await fs.mkdir(path.join(dataDir, 'recordings'), { recursive: true });
}
