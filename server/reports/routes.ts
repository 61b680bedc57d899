import type { Request } from 'express';
import type { reportEndpoints } from '#contract/reports.ts';
import type { Handlers } from '../http.ts';
import type { createExports } from './exports.ts';
import type { Reports } from './service.ts';

export function reportRoutes(
  reports: Reports,
  exports: ReturnType<typeof createExports>,
  publicUrl: string | undefined,
): Handlers<typeof reportEndpoints> {
  /** Where people find us: as it is set, or as this request did. */
  const originOf = (req: Request) => publicUrl ?? `${req.protocol}://${req.get('host')}`;
  return {
    'GET /sessions/:sessionId/report': ({ params, visibility }) => reports.sessionReport(params.sessionId, visibility),
    'GET /courses/:courseId/report': ({ params, visibility }) => reports.courseReport(params.courseId, visibility),
    'GET /sessions/:sessionId/missing': ({ params, visibility }) => reports.missing(params.sessionId, visibility),
    'GET /sessions/:sessionId/arrivals': ({ params, visibility }) => reports.arrivals(params.sessionId, visibility),
    'GET /sessions/:sessionId/people': ({ params, query, visibility }) =>
      reports.people(params.sessionId, query, visibility),

    'GET /sessions/:sessionId/export/attendance': ({ params, query, visibility, actor, req }) =>
      exports.sessionAttendance(params.sessionId, query.format, visibility, actor, originOf(req)),
    'GET /sessions/:sessionId/export/counts': ({ params, visibility, actor, req }) =>
      exports.sessionCounts(params.sessionId, visibility, actor, originOf(req)),
    'GET /sessions/:sessionId/export/missing': ({ params, query, visibility, actor }) =>
      exports.missing(params.sessionId, query.format, visibility, actor),
    'GET /courses/:courseId/export/attendance': ({ params, query, visibility, actor, req }) =>
      exports.courseAttendance(params.courseId, query.format, visibility, actor, originOf(req)),
    'GET /courses/:courseId/export/counts': ({ params, visibility, actor, req }) =>
      exports.courseCounts(params.courseId, visibility, actor, originOf(req)),
  };
}
