import type { reportEndpoints } from '#contract/reports.ts';
import type { Handlers } from '../http.ts';
import type { createExports } from './exports.ts';
import type { Reports } from './service.ts';

export function reportRoutes(
  reports: Reports,
  exports: ReturnType<typeof createExports>,
): Handlers<typeof reportEndpoints> {
  return {
    'GET /sessions/:sessionId/report': ({ params, visibility }) => reports.sessionReport(params.sessionId, visibility),
    'GET /courses/:courseId/report': ({ params, visibility }) => reports.courseReport(params.courseId, visibility),
    'GET /sessions/:sessionId/missing': ({ params, visibility, actor }) =>
      reports.missing(params.sessionId, visibility, actor),
    'GET /sessions/:sessionId/arrivals': ({ params, visibility }) => reports.arrivals(params.sessionId, visibility),
    'GET /sessions/:sessionId/people': ({ params, query, visibility }) =>
      reports.people(params.sessionId, query, visibility),

    'GET /sessions/:sessionId/export/attendance': ({ params, query, visibility, actor }) =>
      exports.sessionAttendance(params.sessionId, query.format, visibility, actor),
    'GET /sessions/:sessionId/export/missing': ({ params, query, visibility, actor }) =>
      exports.missing(params.sessionId, query.format, visibility, actor),
    'GET /courses/:courseId/export/attendance': ({ params, query, visibility, actor }) =>
      exports.courseAttendance(params.courseId, query.format, visibility, actor),
  };
}
