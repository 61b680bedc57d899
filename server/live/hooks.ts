import express, { type Router } from 'express';
import { AuthoriseRequest, type MediaEvent } from '#contract/media.ts';
import { AuthoriseFileRequest, type AuthoriseFileResponse, type FileEvent, HookEvent } from '#contract/media-videos.ts';
import { SIGNATURE_HEADER, verifySignature } from '#contract/signature.ts';
import { AppError } from '../errors.ts';
import { parse } from '../http.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';

/** What is asked and reported of prepared videos, which are another feature's. */
export interface FileHooks {
  authorise(request: AuthoriseFileRequest): Promise<AuthoriseFileResponse>;
  /** @throws AppError `not-found` for a video or playout that is not there (any more) */
  record(event: FileEvent): Promise<void>;
}

/** `/internal/media`: what the media process asks and reports. Only a body signed with the hooks' secret gets an answer. */
export function mediaHooks(
  { secrets }: Pick<Services, 'secrets'>,
  broadcasts: Broadcasts,
  files: FileHooks,
  afterEvent: (event: MediaEvent) => void,
): Router {
  const router = express.Router();
  router.use(express.text({ type: () => true, limit: '64kb' }), (req, _res, next) => {
    const body = typeof req.body === 'string' ? req.body : '';
    // Both processes run on hosts of ours, so the real clock is what they share.
    if (!verifySignature(secrets.hooks, req.originalUrl, body, req.get(SIGNATURE_HEADER), Date.now())) {
      throw new AppError('forbidden');
    }
    next();
  });
  router.post('/authorise', async (req, res) => {
    const { credential } = parse(AuthoriseRequest, json(req.body));
    res.json(await broadcasts.authorise(credential));
  });
  router.post('/authorise-file', async (req, res) => {
    res.json(await files.authorise(parse(AuthoriseFileRequest, json(req.body))));
  });
  router.post('/event', async (req, res) => {
    const event = parse(HookEvent, json(req.body));
    if ('broadcastId' in event) {
      await broadcasts.record(event);
      afterEvent(event);
    } else await files.record(event);
    res.status(204).end();
  });
  return router;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('bad-json');
  }
}
