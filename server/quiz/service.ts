import type { Target } from '../accounts/policy.ts';
import type { Courses } from '../courses/service.ts';
import type { Services } from '../services.ts';
import { createAnswers } from './answers.ts';
import { createAttempts } from './attempts.ts';
import { createBank } from './bank.ts';
import { createLiveQuestions } from './live-questions.ts';
import { createPapers } from './papers.ts';

export type Quiz = ReturnType<typeof createQuiz>;

/** What quiz asks of courses. */
export type QuizNeeds = Pick<Courses, 'sessionForRoom' | 'bumpRevision' | 'locateCourse' | 'locateSession'>;

/** Questions in the room, and the paper after class. Register `transition` with courses. */
export function createQuiz(services: Services, courses: QuizNeeds) {
  const bank = createBank(services, courses);
  const liveQuestions = createLiveQuestions(services, courses);
  const answers = createAnswers(services);
  const papers = createPapers(services, courses);
  const attempts = createAttempts(services, courses);

  async function locateLiveQuestion(liveQuestionId: string): Promise<Target | null> {
    const row = await services.db.prisma.liveQuestion.findUnique({
      where: { id: liveQuestionId },
      select: { sessionId: true },
    });
    return row && courses.locateSession(row.sessionId);
  }

  return {
    listQuestions: bank.list,
    addQuestion: bank.add,
    replaceQuestion: bank.replace,
    retireQuestion: bank.retire,
    locateQuestion: bank.locate,

    openQuestion: liveQuestions.open,
    closeQuestion: liveQuestions.close,
    readLiveQuestion: liveQuestions.read,
    listLiveQuestions: liveQuestions.list,
    locateLiveQuestion,
    current: liveQuestions.current,
    transition: liveQuestions.transition,
    /** After a start: sees to the questions that are open. */
    resume: liveQuestions.resume,

    answer: answers.answer,
    answeredBy: answers.answeredBy,
    answerTimes: answers.answerTimes,

    readPaper: papers.read,
    writePaper: papers.write,
    publishedPapers: papers.publishedPapers,

    myPaper: attempts.myPaper,
    beginAttempt: attempts.begin,
    submitAttempt: attempts.submit,
    paperResultsOf: attempts.paperResultsOf,
    locateAttempt: attempts.locate,

    /** Stores the answers that are waiting. */
    async close(): Promise<void> {
      liveQuestions.stop();
      await answers.close();
    },
  };
}
