import express, { type Router } from 'express';
import { AuthoriseRequest, MediaEvent } from '#contract/media.ts';
import { SIGNATURE_HEADER, verifySignature } from '#contract/signature.ts';
import { AppError } from '../errors.ts';
import { parse } from '../http.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';

/** `/internal/media`: what the media process asks and reports. Only a body signed with the hooks' secret gets an answer. */
export function mediaHooks(
  { secrets }: Pick<Services, 'secrets'>,
  broadcasts: Broadcasts,
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
    const { streamKey } = parse(AuthoriseRequest, json(req.body));
    res.json(await broadcasts.authorise(streamKey));
  });
  router.post('/event', async (req, res) => {
    const event = parse(MediaEvent, json(req.body));
    await broadcasts.record(event);
    afterEvent(event);
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
