import type http from 'node:http';
import type { z } from 'zod';
import {
  EndPlayoutRequest,
  ExpectRequest,
  PlanRequest,
  VideoRequest,
  type VideosStatus,
} from '#contract/media-videos.ts';
import type { Broadcasts } from '../broadcasts.ts';
import type { Clock } from '../clock.ts';
import { MediaError } from '../errors.ts';
import type { Ffmpeg } from '../ffmpeg.ts';
import type { Hooks } from '../hooks.ts';
import type { Logger } from '../logger.ts';
import { Checker } from './checker.ts';
import { VideoLibrary } from './library.ts';
import { Playouts } from './playouts.ts';
import { Uploads } from './uploads.ts';

export interface PreparedVideosOptions {
  dataDir: string;
  ffmpeg: Ffmpeg;
  hooks: Hooks;
  broadcasts: Broadcasts;
  /** Signs upload tokens. */
  secret: string;
  clock: Clock;
  logger: Logger;
}

/** Checks a control's body against its schema. */
type Given = <S extends z.ZodType>(schema: S) => z.output<S>;

/** Videos that are uploaded, checked and played as a class. */
export class PreparedVideos {
  readonly #hooks: Hooks;
  readonly #library: VideoLibrary;
  readonly #checker: Checker;
  readonly #uploads: Uploads;
  readonly #playouts: Playouts;

  constructor({ dataDir, ffmpeg, hooks, broadcasts, secret, clock, logger }: PreparedVideosOptions) {
    this.#hooks = hooks;
    const library = new VideoLibrary({ dataDir, logger });
    this.#library = library;
    this.#checker = new Checker({
      library,
      ffmpeg,
      logger,
      onReady: (videoId, facts, poster) => hooks.report({ type: 'video-ready', videoId, facts, poster }),
      onUnusable: (videoId, reason) => hooks.report({ type: 'video-unusable', videoId, reason }),
    });
    this.#uploads = new Uploads({
      library,
      secret,
      clock,
      onUploaded: async (videoId) => {
        await library.markUploaded(videoId);
        this.#startChecking(videoId);
      },
    });
    this.#playouts = new Playouts({ dataDir, library, broadcasts, hooks, clock, logger });
  }

  /** Goes on with what a restart interrupted. */
  async resume(): Promise<void> {
    for (const videoId of await this.#library.open()) this.#startChecking(videoId);
    this.#playouts.start();
  }

  upload(req: http.IncomingMessage, res: http.ServerResponse, videoId: string): Promise<void> {
    return this.#uploads.answer(req, res, videoId);
  }

  /** Does what a control below `/control/` says. @returns its answer. @throws MediaError */
  async control(name: string, given: Given): Promise<VideosStatus | null> {
    switch (name) {
      case 'videos/expect': {
        const { videoId, bytes } = given(ExpectRequest);
        await this.#library.expect(videoId, bytes);
        return null;
      }
      case 'videos/check': {
        const { videoId } = given(VideoRequest);
        if (!(await this.#library.retry(videoId))) throw new MediaError('not-found');
        this.#startChecking(videoId);
        return null;
      }
      case 'videos/remove': {
        const { videoId } = given(VideoRequest);
        this.#checker.drop(videoId);
        await this.#library.remove(videoId);
        return null;
      }
      case 'videos/status':
        return this.#status();
      case 'playouts/plan':
        this.#playouts.plan(given(PlanRequest).plan);
        return null;
      case 'playouts/end':
        this.#playouts.end(given(EndPlayoutRequest).playoutId);
        return null;
      default:
        throw new MediaError('not-found');
    }
  }

  /** Before the broadcasts close, so that a video that plays counts as interrupted and not as over. */
  close(): void {
    this.#playouts.close();
    this.#checker.close();
  }

  #startChecking(videoId: string): void {
    if (!this.#library.get(videoId)) return;
    this.#hooks.report({ type: 'video-uploaded', videoId });
    this.#checker.add(videoId);
  }

  async #status(): Promise<VideosStatus> {
    const unfinished = this.#library.ids.filter((id) => this.#library.get(id)?.state !== 'ready');
    const videos = unfinished.map(async (videoId) => {
      const received = await this.#library.received(videoId);
      return { videoId, received, percent: this.#checker.percentOf(videoId) };
    });
    return { videos: await Promise.all(videos), playouts: this.#playouts.status() };
  }
}
