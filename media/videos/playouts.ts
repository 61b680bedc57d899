import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Broadcast } from '#contract/media.ts';
import { PlayoutPlan, PlayoutState, type VideosStatus } from '#contract/media-videos.ts';
import type { Broadcasts } from '../broadcasts.ts';
import type { Clock } from '../clock.ts';
import type { Hooks } from '../hooks.ts';
import { parseJson } from '../json.ts';
import type { Logger } from '../logger.ts';
import { type FlvIndex, keyFrameBefore, keyFrameFrom } from './flv-index.ts';
import type { VideoLibrary } from './library.ts';
import { FilePlayer } from './player.ts';

export interface PlayoutsOptions {
  dataDir: string;
  library: VideoLibrary;
  broadcasts: Pick<Broadcasts, 'admit' | 'publish' | 'abandoned' | 'isOnAir'>;
  hooks: Pick<Hooks, 'authoriseFile' | 'report'>;
  clock: Clock;
  logger: Logger;
}

/** The app is asked so long before the time: where it starts the class as well, it has much to write down for a district. */
const LEAD_MS = 10_000;
/** A plan that could not be followed for so long is not followed any more: nobody expects it now. */
const MISSED_MS = 15 * 60_000;
const LOOK_EVERY_MS = 250;
/** The publisher before, or this video's own last one, may need a moment to leave. */
const LEAVING_MS = 3_000;
const ASK_AGAIN_MS = 1_000;

/** What a restart must know. */
const Stored = z.object({
  plan: PlayoutPlan,
  state: PlayoutState,
  /** Epoch ms at which the video's beginning was, or would have been, on the air; null before it began. */
  zeroAt: z.int().nullable(),
  /** Where it stands still, ms; null while it does not. */
  heldAt: z.int().nullable(),
});

interface Entry extends z.infer<typeof Stored> {
  player: FilePlayer | null;
  /** A beginning is under way. */
  busy: boolean;
  notBefore: number;
}

/**
 * Plays prepared videos at their time. What is planned and what is playing is on the disk: after a kill it goes on where
 * the clock says, into the same broadcast.
 */
export class Playouts {
  readonly #options: PlayoutsOptions;
  readonly #file: string;
  #bySession = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: PlayoutsOptions) {
    this.#options = options;
    this.#file = path.join(options.dataDir, 'playouts.json');
    const text = fs.existsSync(this.#file) ? fs.readFileSync(this.#file, 'utf8') : '[]';
    const stored = z.array(Stored).safeParse(parseJson(text));
    if (!stored.success) options.logger.error({ file: this.#file }, 'planned videos cannot be read');
    for (const each of stored.data ?? [])
      this.#bySession.set(each.plan.sessionId, { ...each, player: null, busy: false, notBefore: 0 });
  }

  /** From now on what is due begins. */
  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Takes in what the app says; what it has said before, or took back since, changes nothing. */
  plan(plan: PlayoutPlan): void {
    const { sessionId, playoutId } = plan;
    const known = this.#bySession.get(sessionId);
    if (known?.plan.playoutId === playoutId) {
      if (plan.revision < known.plan.revision || known.state === 'ended') return;
      this.#change(known, plan);
    } else {
      if (known && known.plan.playoutId > playoutId) return;
      known?.player?.stop('another video was planned');
      const untouched = {
        state: 'armed',
        zeroAt: null,
        heldAt: null,
        player: null,
        busy: false,
        notBefore: 0,
      } as const;
      this.#bySession.set(sessionId, { plan, ...untouched });
    }
    this.#save();
    this.#look();
  }

  /** Stops it, or gives it up. */
  end(playoutId: string): void {
    const entry = [...this.#bySession.values()].find(({ plan }) => plan.playoutId === playoutId);
    if (!entry) return;
    this.#bySession.delete(entry.plan.sessionId);
    entry.player?.stop('the video was stopped');
    this.#save();
  }

  status(): VideosStatus['playouts'] {
    return [...this.#bySession.values()].map(({ plan, state, heldAt, player }) => ({
      playoutId: plan.playoutId,
      sessionId: plan.sessionId,
      revision: plan.revision,
      startsAt: plan.startsAt,
      state,
      positionMs: Math.round(heldAt ?? player?.positionMs ?? plan.fromMs),
    }));
  }

  /** The process ends; what plays goes on after the next start. */
  close(): void {
    this.#closing = true;
    clearInterval(this.#timer);
    for (const { player } of this.#bySession.values()) player?.stop('the server is closing');
  }

  #change(entry: Entry, plan: PlayoutPlan): void {
    const anew = plan.revision !== entry.plan.revision;
    const moved = anew || plan.startsAt !== entry.plan.startsAt;
    entry.plan = plan;
    if (entry.state === 'playing' || entry.state === 'held') {
      if (plan.held) entry.player?.hold();
      else this.#goOn(entry);
    } else if (entry.state === 'standby') {
      if (anew && !plan.held) entry.state = 'playing';
    } else if (moved) {
      entry.state = 'armed';
      entry.notBefore = 0;
    }
  }

  #goOn(entry: Entry): void {
    entry.player?.resume();
    if (entry.heldAt === null) return;
    entry.zeroAt = Math.round(entry.player?.zeroAt ?? this.#options.clock() - entry.heldAt);
    entry.heldAt = null;
    entry.state = 'playing';
  }

  #look(): void {
    const now = this.#options.clock();
    for (const entry of this.#bySession.values()) {
      const { state, plan, player, busy, notBefore } = entry;
      if (busy || player || now < notBefore) continue;
      const due = plan.startsAt !== null && now >= plan.startsAt - LEAD_MS;
      const begins = (state === 'armed' || state === 'waiting') && due;
      if (!begins && state !== 'playing' && state !== 'held') continue;
      entry.busy = true;
      entry.notBefore = now + ASK_AGAIN_MS;
      void this.#begin(entry)
        .catch((error: unknown) => this.#options.logger.warn({ err: error }, 'a video could not begin yet'))
        .finally(() => {
          entry.busy = false;
        });
    }
  }

  /** Begins a video, or goes on with one that a restart interrupted. @throws when the app does not answer: it is tried again */
  async #begin(entry: Entry): Promise<void> {
    const { library, hooks, broadcasts, clock } = this.#options;
    const { plan } = entry;
    const { playoutId, sessionId, videoId } = plan;
    const begun = entry.zeroAt !== null;
    if (!begun && clock() > (plan.startsAt ?? 0) + MISSED_MS) return this.#settle(entry, 'missed');
    const index = await library.index(videoId);
    if (!index) return this.#end(entry, 'failed');
    if (entry.zeroAt !== null && entry.heldAt === null && clock() - entry.zeroAt >= index.durationMs) {
      return this.#end(entry, 'finished');
    }
    const answer = await hooks.authoriseFile({ playoutId, sessionId });
    if (!this.#stands(entry, plan)) return;
    if (!answer.allowed) {
      if (answer.reason !== 'class-not-started') return this.#end(entry, 'stopped');
      if (clock() >= (plan.startsAt ?? 0)) this.#settle(entry, 'waiting');
      return;
    }
    // What was on air before an interruption is so again.
    const takesOver = begun || answer.takesOver;
    const waits = !takesOver && broadcasts.isOnAir(sessionId);
    if (waits || !(await broadcasts.admit(answer.broadcast))) {
      if (begun) this.#end(entry, 'stopped');
      else if (clock() >= (plan.startsAt ?? 0) + LEAVING_MS) this.#settle(entry, 'blocked');
      return;
    }
    const early = (plan.startsAt ?? 0) - LOOK_EVERY_MS;
    while (!begun && this.#stands(entry, plan) && clock() < early)
      await delay(Math.min(LOOK_EVERY_MS, early - clock()));
    if (this.#stands(entry, plan)) this.#play(entry, index, answer.broadcast, takesOver);
    else broadcasts.abandoned(answer.broadcast);
  }

  #play(entry: Entry, index: FlvIndex, broadcast: Broadcast, takesOver: boolean): void {
    const { library, hooks, broadcasts, clock, logger } = this.#options;
    const { playoutId, sessionId, videoId, fromMs, startsAt, held } = entry.plan;
    const begun = entry.zeroAt !== null;
    const now = clock();
    // When nobody could let it in at its time it is late, but whole.
    entry.zeroAt ??= Math.max(now, startsAt ?? 0) - keyFrameFrom(index, fromMs)[0];
    const from = entry.heldAt ?? fromMs;
    if (entry.heldAt !== null) entry.zeroAt = now - entry.heldAt;
    if (!held) entry.heldAt = null;
    const player = new FilePlayer({
      file: library.videoPath(videoId),
      index,
      zeroAt: entry.zeroAt,
      fromMs: from,
      now,
      held,
      clock,
      logger,
      onHeld: (positionMs) => {
        entry.heldAt = Math.round(positionMs);
        this.#settle(entry, 'held');
      },
      onEnd: (ending) => {
        entry.player = null;
        if (this.#closing) return;
        if (ending !== 'standby') return this.#end(entry, ending);
        // What the last second said is said again.
        entry.heldAt = keyFrameBefore(index, player.positionMs);
        this.#settle(entry, 'standby');
      },
    });
    entry.player = player;
    entry.state = entry.heldAt === null ? 'playing' : 'held';
    this.#save();
    if (!begun) hooks.report({ type: 'playout-started', playoutId, sessionId });
    logger.info({ playoutId, sessionId, videoId, begun }, 'a prepared video is on the air');
    broadcasts.publish(player.publication, broadcast, takesOver);
    void player.start();
  }

  /** Nobody has said otherwise in the meantime. */
  #stands(entry: Entry, plan: PlayoutPlan): boolean {
    return !this.#closing && this.#bySession.get(plan.sessionId) === entry && entry.plan === plan;
  }

  #settle(entry: Entry, state: PlayoutState): void {
    if (entry.state === state && state !== 'held') return;
    entry.state = state;
    this.#save();
  }

  #end(entry: Entry, outcome: 'finished' | 'stopped' | 'failed'): void {
    const { playoutId, sessionId } = entry.plan;
    if (entry.state === 'ended') return;
    entry.heldAt = null;
    this.#settle(entry, 'ended');
    this.#options.logger.info({ playoutId, sessionId, outcome }, 'a prepared video has ended');
    this.#options.hooks.report({ type: 'playout-ended', playoutId, sessionId, outcome });
  }

  /** Written aside and moved into place. A full disk must not stop the video. */
  #save(): void {
    const stored = [...this.#bySession.values()].map(({ plan, state, zeroAt, heldAt }) => {
      return { plan, state, zeroAt: zeroAt === null ? null : Math.round(zeroAt), heldAt };
    });
    try {
      fs.writeFileSync(`${this.#file}.new`, JSON.stringify(stored));
      fs.renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      this.#options.logger.error({ err: error, file: this.#file }, 'planned videos cannot be written down');
    }
  }
}
