import type { screenEndpoints } from '#contract/screens.ts';
import type { Handlers } from '../http.ts';
import type { ScreenFiles } from './files.ts';
import type { Screens } from './service.ts';

export function screenRoutes(screens: Screens, files: ScreenFiles): Handlers<typeof screenEndpoints> {
  return {
    'POST /sessions/:sessionId/screens': ({ params, body, principal, actor }) =>
      screens.open(params.sessionId, body, principal, actor),
    'GET /sessions/:sessionId/screens': ({ params, visibility }) => screens.list(params.sessionId, visibility),
    'GET /screens/:screenId': ({ params }) => screens.show(params.screenId),
    'PATCH /screens/:screenId': ({ params, body, actor }) => screens.change(params.screenId, body, actor),
    'POST /screens/:screenId/admission': ({ params, body, principal }) =>
      screens.admit(params.screenId, body.deviceId, principal),
    'POST /screens/:screenId/close': ({ params, actor }) => screens.close(params.screenId, actor),
    'POST /screens/:screenId/counts': ({ params, body, actor }) => screens.count(params.screenId, body, actor),
    'GET /screens/:screenId/people': ({ params }) => screens.people(params.screenId),
    'GET /screens/:screenId/files': ({ params }) => files.list(params.screenId),
    'POST /screens/:screenId/files': async ({ params, query, body, actor }) => {
      await files.add(params.screenId, query, Buffer.isBuffer(body) ? body : Buffer.alloc(0), actor);
      return files.list(params.screenId);
    },
    'GET /screens/:screenId/file': ({ params, query, actor }) => files.read(params.screenId, query.fileId, actor),
    'GET /screens/:screenId/roster': ({ params, query }) => screens.roster(params.screenId, query.q),
    'POST /screens/:screenId/sign-ins': ({ params, body, actor }) => screens.signInByHand(params.screenId, body, actor),
    'POST /screens/:screenId/sign-outs': ({ params, body, actor }) =>
      screens.signOutByHand(params.screenId, body.personId, actor),
    'POST /scans': ({ body }) => screens.scan(body.screen, body.code),
    'POST /scans/people': ({ body }) => screens.find(body.ticket, body.q),
    'POST /scans/sign-in': ({ body, actor }) => screens.signInByScan(body.ticket, body.who, body.deviceId, actor),
    'POST /scans/sign-out': ({ body }) => screens.signOutByScan(body.ticket, body.personId),
  };
}
