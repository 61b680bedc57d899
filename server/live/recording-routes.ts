import type { recordingEndpoints } from '#contract/recordings.ts';
import type { Handlers } from '../http.ts';
import type { Recordings } from './recordings.ts';

export function recordingRoutes(recordings: Recordings): Handlers<typeof recordingEndpoints> {
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
    'DELETE /sessions/:sessionId/recording': async ({ params, actor }) => {
      await recordings.remove(params.sessionId, actor);
      return recordings.read(params.sessionId);
    },
  };
}
