import { randomBytes } from 'node:crypto';
import { newId } from '#server/ids.ts';
import { newShortCode } from '#server/organisations/secrets.ts';
import type { TestApp } from './app.ts';
import type { District } from './district.ts';

interface ClassOf {
  title: string;
  /** The one unit that is invited. */
  unitId: string;
  personId: string;
  instructorAccountId: string | null;
}

/** A course whose one session is live, with one of everything: a chapter, a bank question, open in the room, asked, and in a paper, a prepared video, and a shared screen. */
export async function seedClass(app: TestApp, { title, unitId, personId, instructorAccountId }: ClassOf) {
  const { prisma, sealing } = app;
  const now = new Date(app.clock());
  const ids = {
    courseId: newId(),
    sessionId: newId(),
    questionId: newId(),
    liveQuestionId: newId(),
    roomQuestionId: newId(),
    markId: newId(),
    attemptId: newId(),
    videoId: newId(),
    screenId: newId(),
  };
  const { courseId, sessionId, questionId } = ids;
  await prisma.course.create({
    data: { id: courseId, title, audience: { create: { id: newId(), unitIds: [unitId] } } },
  });
  await prisma.session.create({
    data: {
      id: sessionId,
      courseId,
      number: 1,
      topic: title,
      instructorAccountId,
      startsAt: now,
      plannedMinutes: 60,
      state: 'live',
      startedAt: now,
      streamKeyHash: Uint8Array.from(randomBytes(32)),
      streamKeyCipher: sealing.seal(newId()),
    },
  });
  await prisma.question.create({
    data: { id: questionId, courseId, kind: 'true_false', stem: '先断电后检修', options: ['对', '错'], answer: [0] },
  });
  await prisma.liveQuestion.create({
    data: {
      id: ids.liveQuestionId,
      sessionId,
      questionId,
      openedPdt: now.getTime(),
      durationMs: 30_000,
      openedAt: now,
    },
  });
  await prisma.roomQuestion.create({
    data: { id: ids.roomQuestionId, sessionId, personId, unitName: title, personName: '甲', text: '?', askedAt: now },
  });
  const chapter = { id: ids.markId, sessionId, at: now.getTime(), label: '开场', createdAt: now };
  await prisma.sessionMark.create({ data: chapter });
  const paper = { id: newId(), sessionId, title, publishedAt: now, questions: { create: { position: 1, questionId } } };
  await prisma.paper.create({ data: paper });
  await prisma.attempt.create({ data: { id: ids.attemptId, paperId: paper.id, personId, number: 1, startedAt: now } });
  await prisma.video.create({
    data: {
      id: ids.videoId,
      name: `${title}.mp4`,
      state: 'ready',
      bytes: 1_000,
      fileModifiedAt: now,
      durationMs: 60_000,
      poster: Uint8Array.of(1),
      uploadedBy: '局管理员',
      createdAt: now,
    },
  });
  await prisma.screen.create({
    data: {
      ...{ id: ids.screenId, sessionId, unitId, convenorId: personId, openedAt: now },
      shortCode: newShortCode(),
      secret: Uint8Array.from(randomBytes(32)),
    },
  });
  return ids;
}

/** Such a class for the district's first unit, given by its instructor. */
export function seedFirstClass(app: TestApp, { unitA, personA, accounts }: District) {
  const instructorAccountId = accounts.instructor.id;
  return seedClass(app, { title: '开工第一课', unitId: unitA.id, personId: personA.id, instructorAccountId });
}
