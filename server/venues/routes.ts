import type { venueEndpoints } from '#contract/venues.ts';
import type { Handlers } from '../http.ts';
import type { Venues } from './service.ts';

export function venueRoutes(venues: Venues): Handlers<typeof venueEndpoints> {
  return {
    'GET /sessions/:sessionId/venue': ({ params, visibility }) => venues.read(params.sessionId, visibility),
    'PUT /sessions/:sessionId/venue': ({ params, body, actor }) => venues.plan(params.sessionId, body, actor),
    'GET /sessions/:sessionId/enrolments': ({ params, query, visibility }) =>
      venues.enrolled(params.sessionId, query, visibility),
    'GET /sessions/:sessionId/enrolment-candidates': ({ params, query, visibility }) =>
      venues.candidates(params.sessionId, query.q, visibility),
    'POST /sessions/:sessionId/enrolments': ({ params, body, visibility, actor }) =>
      venues.enrol(params.sessionId, body.personIds, visibility, actor),
    'POST /sessions/:sessionId/enrolments/withdraw': ({ params, body, visibility, actor }) =>
      venues.withdraw(params.sessionId, body.personId, visibility, actor),
    'GET /sessions/:sessionId/door': ({ params }) => venues.door(params.sessionId),
    'GET /sessions/:sessionId/visits': ({ params, visibility }) => venues.visits(params.sessionId, visibility),
    'POST /sessions/:sessionId/visits': ({ params, body, actor }) => venues.signByHand(params.sessionId, body, actor),
    'POST /door/scans': ({ body, principal }) => venues.scan(body.door, body.code, principal.personId),
    'POST /door/people': ({ body }) => venues.find(body.ticket, body.q),
    'POST /door/signs': ({ body: { ticket, ...sign } }) => venues.sign(ticket, sign),
  };
}
