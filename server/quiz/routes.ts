import type { quizEndpoints } from '#contract/quiz.ts';
import type { Principal } from '../accounts/principal.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import type { Quiz } from './service.ts';

export function quizRoutes(quiz: Quiz): Handlers<typeof quizEndpoints> {
  return {
    'GET /courses/:courseId/questions': ({ params }) => quiz.listQuestions(params.courseId),
    'POST /courses/:courseId/questions': ({ params, body, actor }) => quiz.addQuestion(params.courseId, body, actor),
    'PUT /questions/:questionId': ({ params, body, actor }) => quiz.replaceQuestion(params.questionId, body, actor),
    'DELETE /questions/:questionId': ({ params, actor }) => quiz.retireQuestion(params.questionId, actor),

    'POST /sessions/:sessionId/live-questions': ({ params, body, actor }) =>
      quiz.openQuestion(params.sessionId, body.questionId, body.seconds, actor),
    'GET /sessions/:sessionId/live-questions': ({ params }) => quiz.listLiveQuestions(params.sessionId),
    'POST /live-questions/:liveQuestionId/close': ({ params, actor }) =>
      quiz.closeQuestion(params.liveQuestionId, actor),

    'GET /sessions/:sessionId/paper': ({ params }) => quiz.readPaper(params.sessionId),
    'PUT /sessions/:sessionId/paper': ({ params, body, actor }) => quiz.writePaper(params.sessionId, body, actor),

    'GET /sessions/:sessionId/my-paper': ({ params, principal }) =>
      quiz.myPaper(params.sessionId, learnerOf(principal)),
    'POST /sessions/:sessionId/my-paper/attempts': ({ params, principal }) =>
      quiz.beginAttempt(params.sessionId, learnerOf(principal)),
    'POST /attempts/:attemptId/submit': ({ params, body }) => quiz.submitAttempt(params.attemptId, body.answers),
  };
}

/** Only people of a roster pass the policy of these calls. */
function learnerOf(principal: Principal): string {
  if (principal.personId === null) throw new AppError('forbidden');
  return principal.personId;
}
