import jwt from 'jsonwebtoken';
import type { z } from 'zod';
import { type FileEvent, UnusableReason, type UploadClaims } from '#contract/media-videos.ts';
import type { Video, videoEndpoints } from '#contract/videos.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Target } from '../accounts/policy.ts';
import { type Actor, audit } from '../audit.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { hmacKey } from '../keys.ts';
import { type MediaClient, MediaRefusal } from '../live/media-client.ts';
import type { Services } from '../services.ts';

export interface VideoNeeds {
  media: Pick<MediaClient, 'expectVideo' | 'checkVideo' | 'removeVideo' | 'videosStatus'>;
  /** Sessions in which these videos are to be played or are playing, by video. */
  plannedFor(videoIds: string[]): Promise<ReadonlyMap<string, Video['plannedFor']>>;
}

/** Who does it: for the audit, and for people to read. */
export interface Officer {
  actor: Actor;
  name: string;
}

type VideoInput = z.output<(typeof videoEndpoints)['POST /videos']['body']>;
type VideoEvent = Extract<FileEvent, { videoId: string }>;
type VideoRow = Prisma.VideoGetPayload<{ omit: { poster: true } }>;

/** Longer than a piece takes; whoever still uploads gets another. */
const TOKEN_SECONDS = 3_600;
/** More than an officer looks through. */
const LISTED = 200;

export type Videos = ReturnType<typeof createVideos>;

/** Prepared videos: what is known of them here, while their bytes are the media process's. */
export function createVideos({ db, clock, config, secrets }: Services, { media, plannedFor }: VideoNeeds) {
  const { prisma } = db;

  async function list(): Promise<Video[]> {
    const [rows, posters, status] = await Promise.all([
      prisma.video.findMany({ orderBy: { createdAt: 'desc' }, take: LISTED, omit: { poster: true } }),
      prisma.video.findMany({ where: { poster: { not: null } }, select: { id: true } }),
      media.videosStatus(),
    ]);
    const planned = await plannedFor(rows.map(({ id }) => id));
    const withPoster = new Set(posters.map(({ id }) => id));
    return rows.map((row) => {
      const seen = status?.videos.find(({ videoId }) => videoId === row.id);
      return {
        ...viewOf(row),
        received: row.state === 'uploading' ? (seen?.received ?? 0) : Number(row.bytes),
        percent: row.state === 'checking' ? (seen?.percent ?? null) : null,
        hasPoster: withPoster.has(row.id),
        plannedFor: planned.get(row.id) ?? [],
      };
    });
  }

  /** @throws AppError `video-too-large`, `video-disk-full`, `media-unavailable` */
  async function begin({ name, bytes, fileModifiedAt }: VideoInput, { actor, name: officer }: Officer) {
    if (bytes > config.videoLimitBytes) {
      throw new AppError('video-too-large', { limit: `${+(config.videoLimitBytes / 1024 ** 3).toFixed(1)} GB` });
    }
    const id = newId();
    await media.expectVideo({ videoId: id, bytes }).catch((error: unknown) => {
      throw new AppError(
        error instanceof MediaRefusal && error.status === 507 ? 'video-disk-full' : 'media-unavailable',
      );
    });
    const now = clock();
    await prisma.$transaction(async (tx) => {
      await tx.video.create({
        data: {
          id,
          name,
          bytes,
          fileModifiedAt: new Date(fileModifiedAt),
          uploadedBy: officer,
          createdAt: new Date(now),
        },
      });
      await audit(tx, actor, now, 'video:upload', { kind: 'video', id }, { name, bytes });
    });
    return { id, uploadToken: tokenFor(id) };
  }

  /** @throws AppError `video-uploaded` when there is nothing to go on with */
  async function goOn(id: string) {
    const row = await prisma.video.findUnique({ where: { id }, select: { state: true } });
    if (!row) throw notFound();
    if (row.state !== 'uploading') throw new AppError('video-uploaded');
    return { uploadToken: tokenFor(id) };
  }

  /** Has an upload checked again that failed for want of room. @throws AppError `video-not-retryable`, `media-unavailable` */
  async function checkAgain(id: string, actor: Actor): Promise<void> {
    await media.checkVideo({ videoId: id }).catch((error: unknown) => {
      throw new AppError(error instanceof MediaRefusal ? 'video-not-retryable' : 'media-unavailable');
    });
    await prisma.$transaction(async (tx) => {
      await tx.video.updateMany({ where: { id, state: 'unusable' }, data: { state: 'checking', reason: null } });
      await audit(tx, actor, clock(), 'video:check', { kind: 'video', id });
    });
  }

  async function poster(id: string): Promise<Buffer> {
    const row = await prisma.video.findUnique({ where: { id }, select: { poster: true } });
    if (!row?.poster) throw notFound();
    return Buffer.from(row.poster);
  }

  /** @throws AppError `video-in-use` while it is to be played or playing */
  async function remove(id: string, actor: Actor): Promise<void> {
    await prisma.$transaction(async (tx) => {
      await lockVideo(tx, id);
      const row = await tx.video.findUnique({
        where: { id },
        select: { name: true, state: true, playouts: { where: { endedAt: null }, select: { id: true } } },
      });
      if (!row) throw notFound();
      if (row.playouts.length > 0) throw new AppError('video-in-use');
      await tx.video.delete({ where: { id } });
      await audit(tx, actor, clock(), 'video:delete', { kind: 'video', id }, { name: row.name, state: row.state });
    });
    void media.removeVideo({ videoId: id });
  }

  /** Takes in what media found; what comes again changes nothing. @throws AppError `not-found` for a deleted video */
  async function record(event: VideoEvent): Promise<void> {
    const { videoId: id } = event;
    const known = await prisma.video.findUnique({ where: { id }, select: { state: true } });
    if (!known) throw notFound();
    await prisma.video.updateMany({ where: { id, state: { not: 'ready' } }, data: changeOf(event) });
  }

  async function locate(id: string): Promise<Target | null> {
    return (await prisma.video.count({ where: { id } })) > 0 ? {} : null;
  }

  function tokenFor(videoId: string): string {
    const exp = Math.floor(clock() / 1_000) + TOKEN_SECONDS;
    const claims: UploadClaims = { aud: 'upload', vid: videoId, exp };
    return jwt.sign(claims, hmacKey(secrets.hooks), { algorithm: 'HS256' });
  }

  return { list, begin, goOn, checkAgain, poster, remove, record, locate, limitBytes: config.videoLimitBytes };
}

/** Holds a video's row, so that it is not deleted while it is planned for a session, and the other way round. */
export async function lockVideo(tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`select 1 as locked from video where id = ${id}::uuid for update`;
}

function changeOf(event: VideoEvent): Prisma.VideoUpdateManyMutationInput {
  switch (event.type) {
    case 'video-uploaded':
      return { state: 'checking', reason: null };
    case 'video-unusable':
      return { state: 'unusable', reason: event.reason };
    case 'video-ready': {
      const { durationMs, width, height, framesPerSecond, hasSound } = event.facts;
      const poster = event.poster === null ? null : Uint8Array.from(Buffer.from(event.poster, 'base64'));
      return { state: 'ready', reason: null, durationMs, width, height, framesPerSecond, hasSound, poster };
    }
  }
}

function viewOf(row: VideoRow) {
  const { id, name, state, durationMs, width, height, framesPerSecond, hasSound, uploadedBy } = row;
  return {
    ...{ id, name, state, durationMs, width, height, framesPerSecond, hasSound, uploadedBy },
    bytes: Number(row.bytes),
    fileModifiedAt: row.fileModifiedAt.getTime(),
    reason: row.reason === null ? null : UnusableReason.parse(row.reason),
    createdAt: row.createdAt.toISOString(),
  };
}
