import type { z } from 'zod';
import type { courseEndpoints, StreamKey } from '#contract/courses.ts';
import { srtAddress } from '#contract/srt.ts';
import type { Principal } from '../accounts/principal.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import type { Courses, Viewer } from './service.ts';

/**
 * @param ports where publishers connect, on the host by which the officer reached us
 * @param secret of the hooks, which the media process has too
 */
export function courseRoutes(
  courses: Courses,
  { rtmpPort, rtmpsPort, srtPort }: { rtmpPort: number; rtmpsPort: number | undefined; srtPort: number | undefined },
  secret: string,
): Handlers<typeof courseEndpoints> {
  const waysIn = (host: string, key: string): z.infer<typeof StreamKey> => ({
    server: `rtmp://${host}:${rtmpPort}/live`,
    secureServer: rtmpsPort === undefined ? null : `rtmps://${host}:${rtmpsPort}/live`,
    srtAddress: srtPort === undefined ? null : srtAddress(secret, key, host, srtPort),
    key,
  });

  return {
    'GET /courses': ({ principal, query }) => courses.listCourses(viewerOf(principal), query.archived ?? false),
    'POST /courses': ({ body, actor }) => {
      const { template, firstStartsAt, ...input } = body;
      if (template === 'cloud-classroom' && firstStartsAt === undefined) {
        throw new AppError('bad-request', { fields: 'firstStartsAt' });
      }
      return courses.createCourse(input, template === 'cloud-classroom' ? (firstStartsAt ?? null) : null, actor);
    },
    'GET /courses/:courseId': ({ params, principal }) => courses.readCourse(params.courseId, viewerOf(principal)),
    'PATCH /courses/:courseId': ({ params, body, actor }) => courses.updateCourse(params.courseId, body, actor),
    'POST /courses/:courseId/archive': ({ params, actor }) => courses.archiveCourse(params.courseId, actor),
    'PUT /courses/:courseId/audience': ({ params, body, actor }) =>
      courses.setAudience(params.courseId, body.rules, actor),
    'POST /courses/:courseId/audience/count': ({ body }) => courses.countAudience(body.rules),

    'POST /courses/:courseId/sessions': ({ params, body, actor }) => courses.addSession(params.courseId, body, actor),
    'GET /sessions/:sessionId': ({ params, principal }) =>
      courses.readSession(params.sessionId, runsCourses(principal)),
    'PATCH /sessions/:sessionId': ({ params, body, actor }) => courses.updateSession(params.sessionId, body, actor),
    'DELETE /sessions/:sessionId': ({ params, actor }) => courses.deleteSession(params.sessionId, actor),
    'POST /sessions/:sessionId/state': async ({ params, body, actor }) => {
      await courses.changeState(params.sessionId, body.to, actor);
      return courses.readSession(params.sessionId, true);
    },
    'POST /sessions/:sessionId/delivery': ({ params, body, actor }) =>
      courses.chooseDelivery(params.sessionId, body.choice, actor),
    'GET /sessions/:sessionId/stream-key': async ({ params, req }) =>
      waysIn(req.hostname, await courses.streamKey(params.sessionId)),
    'POST /sessions/:sessionId/stream-key': async ({ params, req, actor }) =>
      waysIn(req.hostname, await courses.rotateStreamKey(params.sessionId, actor)),

    'GET /my/sessions': async ({ principal }) =>
      principal.personId === null ? [] : courses.mySessions(principal.personId),
  };
}

function runsCourses({ grants }: Principal): boolean {
  return grants.some(({ role }) => role === 'bureau' || role === 'supervisor' || role === 'instructor');
}

function viewerOf(principal: Principal): Viewer {
  const holds = (role: string) => principal.grants.some((grant) => grant.role === role);
  return {
    all: holds('bureau') || holds('supervisor'),
    accountId: holds('instructor') ? principal.accountId : null,
    personId: principal.personId,
    unitIds: principal.grants.flatMap((grant) => (grant.role === 'enterprise' ? (grant.unitId ?? []) : [])),
  };
}
