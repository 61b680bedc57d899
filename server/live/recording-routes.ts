import type { recordingEndpoints } from '#contract/recordings.ts';
import type { Handlers } from '../http.ts';
import type { CaptionsService } from './captions.ts';
import type { Recordings } from './recordings.ts';

export function recordingRoutes(
  recordings: Recordings,
  captions: CaptionsService,
): Handlers<typeof recordingEndpoints> {
  return {
    'GET /sessions/:sessionId/recording': ({ params }) => recordings.read(params.sessionId),
    'POST /sessions/:sessionId/marks': ({ params, body, actor }) => recordings.mark(params.sessionId, body, actor),
    'PATCH /marks/:markId': ({ params, body, actor }) => recordings.changeMark(params.markId, body, actor),
    'DELETE /marks/:markId': ({ params, actor }) => recordings.removeMark(params.markId, actor),
    'PUT /sessions/:sessionId/recording/trim': ({ params, body, actor }) =>
      recordings.trim(params.sessionId, body, actor),
    'POST /sessions/:sessionId/recording/film': ({ params, actor }) => recordings.makeFilm(params.sessionId, actor),
    'POST /sessions/:sessionId/recording/film/link': ({ params, principal, actor }) =>
      recordings.filmLink(params.sessionId, principal.personId ?? principal.accountId ?? '', actor),
    'PUT /sessions/:sessionId/recording/captions': async ({ params, query, body, actor }) => {
      await captions.put(params.sessionId, query.language, Buffer.isBuffer(body) ? body : Buffer.alloc(0), actor);
      return recordings.read(params.sessionId);
    },
    'DELETE /sessions/:sessionId/recording/captions': async ({ params, query, actor }) => {
      await captions.remove(params.sessionId, query.language, actor);
      return recordings.read(params.sessionId);
    },
    'DELETE /sessions/:sessionId/recording': async ({ params, actor }) => {
      await recordings.remove(params.sessionId, actor);
      return recordings.read(params.sessionId);
    },
  };
}
