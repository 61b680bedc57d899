import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { archiveEndpoints } from '#contract/archives.ts';
import type { Actor } from '../audit.ts';
import type { FileAnswer, Handlers } from '../http.ts';
import { rangeOf } from './range.ts';
import type { Archives } from './service.ts';

/** `publicUrl`: where people find us; without it, where this request did. */
export function archiveRoutes(archives: Archives, publicUrl: string | undefined): Handlers<typeof archiveEndpoints> {
  const originOf = (req: Request) => publicUrl ?? `${req.protocol}://${req.get('host')}`;

  /** Downloads that were cut off go on where they were: by Range, and If-Range with the file's digest. */
  async function send(id: string, actor: Actor, req: Request, res: Response): Promise<void> {
    const { name, type, size, etag } = await archives.file(id, actor);
    res.attachment(name).type(type);
    res.set({ 'Cache-Control': 'private, no-store', 'Accept-Ranges': 'bytes', ETag: etag });
    const same = [undefined, etag].includes(req.get('if-range'));
    const range = same ? rangeOf(req.get('range'), size) : null;
    if (range === 'unsatisfiable') {
      res.status(416).set('Content-Range', `bytes */${size}`).end();
      return;
    }
    const { from, to } = range ?? { from: 0, to: size };
    if (range) res.status(206).set('Content-Range', `bytes ${from}-${to - 1}/${size}`);
    res.set('Content-Length', String(to - from));
    await pipeline(archives.content(id, { from, to }), res);
  }

  return {
    'POST /courses/:courseId/exports': ({ params, body, visibility, actor, req }) =>
      archives.ask({ kind: 'course', subjectId: params.courseId, ...body, visibility, origin: originOf(req) }, actor),
    'POST /sessions/:sessionId/exports': ({ params, body, visibility, actor, req }) =>
      archives.ask({ kind: 'session', subjectId: params.sessionId, ...body, visibility, origin: originOf(req) }, actor),
    'POST /units/:unitId/exports': ({ params, body, visibility, actor, req }) =>
      archives.ask({ kind: 'unit', subjectId: params.unitId, ...body, visibility, origin: originOf(req) }, actor),
    'POST /people/:personId/exports': ({ params, body, visibility, actor, req }) =>
      archives.ask(
        { kind: 'person', subjectId: params.personId, ...body, full: false, visibility, origin: originOf(req) },
        actor,
      ),
    'GET /exports': ({ actor }) => archives.mine(actor),
    'GET /exports/:exportId/file': async ({ params, actor, req, res }) => {
      await send(params.exportId, actor, req, res);
      // It is sent: nothing is left for the caller of this.
      return undefined as unknown as FileAnswer;
    },
  };
}
