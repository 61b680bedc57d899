import type { z } from 'zod';
import type { CaptionsRequest } from '#contract/captions.ts';
import {
  type BroadcastStatus,
  type DeleteRequest,
  type DenyRequest,
  type DismissRequest,
  type EgressStatus,
  type EndRequest,
  type FilmRequest,
  FilmStatus,
  type LookRequest,
  type RetargetRequest,
  StatusResponse,
  type TakeRequest,
  type TrimRequest,
  type WatchRequest,
} from '#contract/media.ts';
import {
  type EndPlayoutRequest,
  type ExpectRequest,
  type PlanRequest,
  type VideoRequest,
  VideosStatus,
} from '#contract/media-videos.ts';
import { OutsideLook } from '#contract/outside.ts';
import { SIGNATURE_HEADER, sign } from '#contract/signature.ts';
import { AppError, notFound } from '../errors.ts';
import type { Services } from '../services.ts';

const TIMEOUT_MS = 3_000;
/** Two playlists of somebody who is slow. */
const LOOK_TIMEOUT_MS = 18_000;
/** A media process that was killed is back within seconds; what it must know is said again until then. */
const ATTEMPTS = 20;
const RETRY_MS = 1_500;
/** Every console asks for the stream's health every two seconds; media is asked once a second for all of them. */
const STATUS_AGE_MS = 1_000;

/** Media said no. */
export class MediaRefusal extends Error {
  readonly status: number;

  constructor(name: string, status: number) {
    super(`media answered ${status} to ${name}`);
    this.status = status;
  }
}

export type MediaClient = ReturnType<typeof createMediaClient>;

/** Signed calls to the media process. */
export function createMediaClient({ config, secrets, clock, logger }: Services) {
  let status: { at: number; answer: Promise<StatusResponse | null> } | null = null;
  let videos: { at: number; answer: Promise<VideosStatus | null> } | null = null;
  let closed = false;

  async function post(name: string, body: object, timeoutMs = TIMEOUT_MS): Promise<unknown> {
    if (!config.mediaUrl) throw new Error('no media process');
    const path = `/control/${name}`;
    const text = JSON.stringify(body);
    const answer = await fetch(new URL(path, config.mediaUrl), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [SIGNATURE_HEADER]: sign(secrets.hooks, path, text, Date.now()),
      },
      body: text,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!answer.ok) throw new MediaRefusal(name, answer.status);
    return answer.status === 204 ? null : answer.json();
  }

  /** Says it until media has heard it, or is given up. Never throws. */
  async function insist(name: string, body: object | (() => object)): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS && !closed; attempt++) {
      try {
        await post(name, typeof body === 'function' ? body() : body);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) logger.error({ err: error, name }, 'media was not told');
        else await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }

  /** Asks at most once a second. */
  function ask(): Promise<StatusResponse | null> {
    const now = clock();
    if (!status || now - status.at > STATUS_AGE_MS) {
      const answer = post('status', {}).then(
        (body) => StatusResponse.parse(body),
        () => null,
      );
      status = { at: now, answer };
    }
    return status.answer;
  }

  return {
    /** The session's publisher, if there is one, goes on into this broadcast. */
    retarget: (request: z.infer<typeof RetargetRequest>) => insist('retarget', request),
    end: (request: z.infer<typeof EndRequest>) => insist('end', request),
    trim: (request: z.infer<typeof TrimRequest>) => insist('trim', request),
    captions: (request: CaptionsRequest) => insist('captions', request),
    remove: (request: z.infer<typeof DeleteRequest>) => insist('delete', request),
    /** @throws when media is away */
    film: async (request: z.infer<typeof FilmRequest>) => FilmStatus.parse(await post('film', request)),
    /** The session's stream key was replaced just now. */
    dismiss(sessionId: string): Promise<void> {
      const replacedAt = performance.now();
      return insist('dismiss', (): DismissRequest => {
        return { sessionId, agoMs: Math.round(performance.now() - replacedAt) };
      });
    },
    deny: (request: z.infer<typeof DenyRequest>) => insist('deny', request),
    /** Another publisher goes on air. @throws AppError `not-found` when there is none such, `media-unavailable` */
    async take(request: z.infer<typeof TakeRequest>): Promise<void> {
      try {
        await post('take', request);
      } catch (error) {
        if (error instanceof MediaRefusal && error.status === 404) throw notFound();
        logger.warn({ err: error }, 'media did not switch');
        throw new AppError('media-unavailable');
      }
      status = null;
    },
    /** An outside stream is looked after. Said again and again, so that once in vain does no harm: never throws. */
    async watch(request: z.infer<typeof WatchRequest>): Promise<void> {
      await post('watch', request).catch((error: unknown) => logger.warn({ err: error }, 'media does not look after'));
    },
    /** What an outside address leads to. @throws AppError `media-unavailable` */
    async look(request: z.infer<typeof LookRequest>): Promise<OutsideLook> {
      try {
        return OutsideLook.parse(await post('look', request, LOOK_TIMEOUT_MS));
      } catch (error) {
        logger.warn({ err: error }, 'media did not look');
        throw new AppError('media-unavailable');
      }
    },
    /** Open broadcasts as media sees them; empty while media is away. */
    async status(): Promise<BroadcastStatus[]> {
      return (await ask())?.broadcasts ?? [];
    },
    /** What is sent to viewers; null while media is away. */
    async egress(): Promise<EgressStatus | null> {
      return (await ask())?.egress ?? null;
    },
    /** @throws MediaRefusal with 507 when its disk is full; another error while it is away */
    expectVideo: (request: ExpectRequest) => post('videos/expect', request),
    /** @throws MediaRefusal with 404 when there is nothing to check; another error while it is away */
    checkVideo: (request: VideoRequest) => post('videos/check', request),
    removeVideo: (request: VideoRequest) => insist('videos/remove', request),
    planPlayout(request: PlanRequest): Promise<void> {
      videos = null;
      return insist('playouts/plan', request);
    },
    endPlayout(request: EndPlayoutRequest): Promise<void> {
      videos = null;
      return insist('playouts/end', request);
    },
    /** Uploads, conversions and what is planned or playing, as media sees it; null while media is away. */
    videosStatus(): Promise<VideosStatus | null> {
      const now = clock();
      if (!videos || now - videos.at > STATUS_AGE_MS) {
        const answer = post('videos/status', {}).then(
          (body) => VideosStatus.parse(body),
          () => null,
        );
        videos = { at: now, answer };
      }
      return videos.answer;
    },
    close() {
      closed = true;
    },
  };
}
