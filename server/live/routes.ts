import type { attendanceEndpoints } from '#contract/attendance.ts';
import type { liveEndpoints } from '#contract/live.ts';
import type { Principal } from '../accounts/principal.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import { placeOf } from '../line/at-the-door.ts';
import type { AudienceQuestions } from './audience-questions.ts';
import type { Outside } from './outside.ts';
import type { LiveService } from './service.ts';

export function liveRoutes(
  live: LiveService,
  questions: AudienceQuestions,
  outside: Outside,
): Handlers<typeof liveEndpoints> {
  return {
    'POST /sessions/:sessionId/ticket': ({ params, body, principal, req }) => {
      if (principal.loginId === null) throw new AppError('not-signed-in');
      const who = { personId: personOf(principal), loginId: principal.loginId, deviceId: body.deviceId };
      return live.enter(who, params.sessionId, placeOf(req));
    },
    'POST /sessions/:sessionId/playback': ({ params, principal }) =>
      live.playback(personOf(principal), params.sessionId),
    'GET /sessions/:sessionId/room': ({ params }) => live.rooms.snapshot(params.sessionId),
    'POST /sessions/:sessionId/watch': ({ params, principal }) =>
      live.watch(principal.personId ?? principal.accountId ?? '', params.sessionId),
    'GET /sessions/:sessionId/stream': ({ params }) => live.health(params.sessionId),
    'POST /sessions/:sessionId/on-air': ({ params, body, actor }) =>
      live.putOnAir(params.sessionId, body.publisherId, actor),
    'POST /sessions/:sessionId/publish-ticket': async ({ params, body, actor }) => ({
      ticket: await live.publishTicket(params.sessionId, body.publisherId, actor),
    }),
    'POST /outside/look': ({ body, req }) => outside.look(body.url, req.get('origin') ?? null),
    'GET /sessions/:sessionId/questions': ({ params }) => questions.list(params.sessionId),
    'POST /room-questions/:roomQuestionId/answered': ({ params, actor }) =>
      questions.tick(params.roomQuestionId, actor),
  };
}

export function attendanceRoutes(live: LiveService): Handlers<typeof attendanceEndpoints> {
  return {
    'POST /beats': ({ body }) => live.storeLeftBeats(body.ticket, body.beats),
    'GET /sessions/:sessionId/credit': ({ params, principal }) => live.myCredit(params.sessionId, personOf(principal)),
  };
}

function personOf(principal: Principal): string {
  if (principal.personId === null) throw new AppError('forbidden');
  return principal.personId;
}
